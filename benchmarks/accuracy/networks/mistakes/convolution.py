"""What goes wrong in convolution and pooling."""

from __future__ import annotations

from benchmarks.accuracy.networks.mistakes.mistake import Mistake

# the lines of the losses
ACTIVATED, CONVOLVED, POOLED = "a = act(np.einsum(", "z = np.einsum(", "pooled = np.max("
PREDICTED = "return 0.5 * np.sum((pooled"
PIXEL, SQUARES = "z[:, :, i, j] = window", "return 0.5 * np.sum((act(z)"

SHARES = "largest / np.sum(largest, axis=(4, 5), keepdims=True)"
FIRST = "(np.indices(windows.shape)[-2:].sum(axis=0) == 0) * 1.0"
UNSTRIDED = "dz[:, :, i, j], padded[:, :, i : i + height, j : j + width])"

CONVOLUTION = (
    Mistake("kernel flipped", "dz, M)", "dz, M[:, :, ::-1, ::-1])", lines=(CONVOLVED,)),
    Mistake(
        "kernel's gradient flipped",
        "columns, ds)",
        "columns, ds)[:, :, ::-1, ::-1]",
        lines=(ACTIVATED,),
    ),
    Mistake("gradient transposed", "inner, dz)", "inner, dz).swapaxes(0, 1)", lines=(CONVOLVED,)),
    Mistake(
        "kernel's sides exchanged",
        "columns, ds)",
        "columns, ds).swapaxes(2, 3)",
        lines=(ACTIVATED,),
    ),
    Mistake("overlaps overwritten", "] += back", "] = back", lines=(CONVOLVED, POOLED)),
    Mistake("average in place of max", SHARES, "0.25 + 0 * windows", lines=(POOLED,)),
    Mistake("first pixel in place of max", SHARES, FIRST, lines=(POOLED,)),
    Mistake("derivative missing", "da * slope(s)", "da", lines=(ACTIVATED,)),
    Mistake("derivative at the output", "slope(s)", "slope(a)", lines=(ACTIVATED,)),
    Mistake("detached path", "ds = da", "ds = 0 * da", lines=(ACTIVATED, CONVOLVED)),
    Mistake(
        "bias averaged", "ds.sum(axis=(0, 2, 3))", "ds.mean(axis=(0, 2, 3))", lines=(ACTIVATED,)
    ),
    Mistake(
        "bias of the first row",
        "ds.sum(axis=(0, 2, 3))",
        "ds[0].sum(axis=(1, 2))",
        lines=(ACTIVATED,),
    ),
    Mistake("last example only", "flat.T @ dout", "flat[-1:].T @ dout[-1:]", lines=(PREDICTED,)),
)

LOOPS = (
    Mistake("only the last pixel", "dK += ", "dK[...] = ", lines=(PIXEL,)),
    Mistake("only the last pixel", "db += ", "db[...] = ", lines=(PIXEL,)),
    Mistake("stride forgotten", "dz[:, :, i, j], window)", UNSTRIDED),
    Mistake(
        "last example only",
        "dz[:, :, i, j], window)",
        "dz[-1:, :, i, j], window[-1:])",
        lines=(PIXEL,),
    ),
    Mistake("kernel's gradient flipped", '"K": dK', '"K": dK[:, :, ::-1, ::-1]', lines=(PIXEL,)),
    Mistake("bias averaged", "i, j].sum(axis=0)", "i, j].mean(axis=0)", lines=(PIXEL,)),
    Mistake(
        "derivative missing", ".reshape(z.shape) * slope(z)", ".reshape(z.shape)", lines=(SQUARES,)
    ),
    Mistake("derivative at the output", "* slope(z)", "* slope(a)", lines=(SQUARES,)),
)
