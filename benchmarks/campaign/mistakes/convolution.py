"""What goes wrong in convolution and pooling."""

from __future__ import annotations

from benchmarks.campaign.mistakes.mistake import Mistake

SHARES = "largest / np.sum(largest, axis=(4, 5), keepdims=True)"
FIRST = "(np.indices(windows.shape)[-2:].sum(axis=0) == 0) * 1.0"
UNSTRIDED = "dz[:, :, i, j], padded[:, :, i : i + height, j : j + width])"

CONVOLUTION = (
    Mistake("kernel flipped", "dz, M)", "dz, M[:, :, ::-1, ::-1])"),
    Mistake("kernel's gradient flipped", "columns, ds)", "columns, ds)[:, :, ::-1, ::-1]"),
    Mistake("gradient transposed", "inner, dz)", "inner, dz).swapaxes(0, 1)"),
    Mistake("kernel's sides exchanged", "columns, ds)", "columns, ds).swapaxes(2, 3)"),
    Mistake("overlaps overwritten", "] += back", "] = back"),
    Mistake("average in place of max", SHARES, "0.25 + 0 * windows"),
    Mistake("first pixel in place of max", SHARES, FIRST),
    Mistake("derivative missing", "da * slope(s)", "da"),
    Mistake("derivative at the output", "slope(s)", "slope(a)"),
    Mistake("detached path", "ds = da", "ds = 0 * da"),
    Mistake("bias averaged", "ds.sum(axis=(0, 2, 3))", "ds.mean(axis=(0, 2, 3))"),
    Mistake("bias of the first row", "ds.sum(axis=(0, 2, 3))", "ds[0].sum(axis=(1, 2))"),
    Mistake("last example only", "flat.T @ dout", "flat[-1:].T @ dout[-1:]"),
)

LOOPS = (
    Mistake("only the last pixel", "dK += ", "dK[...] = "),
    Mistake("only the last pixel", "db += ", "db[...] = "),
    Mistake("stride forgotten", "dz[:, :, i, j], window)", UNSTRIDED),
    Mistake("last example only", "dz[:, :, i, j], window)", "dz[-1:, :, i, j], window[-1:])"),
    Mistake("kernel's gradient flipped", '"K": dK', '"K": dK[:, :, ::-1, ::-1]'),
    Mistake("bias averaged", "i, j].sum(axis=0)", "i, j].mean(axis=0)"),
    Mistake("derivative missing", ".reshape(z.shape) * slope(z)", ".reshape(z.shape)"),
    Mistake("derivative at the output", "* slope(z)", "* slope(a)"),
)
