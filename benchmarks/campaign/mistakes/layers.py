"""What goes wrong in normalisation, recurrence and attention."""

from __future__ import annotations

from benchmarks.campaign.mistakes.mistake import Mistake

INVERSE = "1 / np.sqrt(np.mean(centred**2, axis=axis, keepdims=True) + EPS)"
OUTSIDE = "1 / (np.sqrt(np.mean(centred**2, axis=axis, keepdims=True)) + EPS)"
VARIANCE = "n * np.mean(dn * n, axis=axis, keepdims=True)"
UNBIASED = f"{VARIANCE} * z.shape[axis] / (z.shape[axis] - 1)"
JACOBIAN = "p * (dp - np.sum(dp * p, axis=-1, keepdims=True))"
ROOT = f"{JACOBIAN} / np.sqrt(Wq.shape[1])"

NORMALISED = (
    Mistake("mean path missing", "dn - through_mean", "dn"),
    Mistake("variance path missing", " - through_variance)", ")"),
    Mistake("eps outside the root", INVERSE, OUTSIDE),
    Mistake("unbiased variance", VARIANCE, UNBIASED),
    Mistake("normalised over the wrong axis", "mean(dn, axis=axis", "mean(dn, axis=1 - axis"),
    Mistake("scale missing", "ds * gamma", "ds"),
    Mistake("scale's gradient not normalised", "(ds * n).sum", "(ds * centred).sum"),
    Mistake("inverse deviation missing", "inverse * (dn", "(dn"),
    Mistake("derivative missing", "dout @ W2.T * slope(s)", "dout @ W2.T"),
    Mistake("derivative at the output", "slope(s)", "slope(a)"),
    Mistake("bias averaged", '"beta": ds.sum', '"beta": ds.mean'),
)

RECURRENT = (
    Mistake("off by one step", "h[:, t].T @ dz", "h[:, t + 1].T @ dz"),
    Mistake("truncated", "dh = dz @ Wh.T", "dh = dz @ Wh.T * (t > 1)"),
    Mistake("truncated", "dh = dz @ Wh.T", "dh = 0 * dz @ Wh.T"),
    Mistake("shared weight counted once", '"Wh"] +=', '"Wh"] ='),
    Mistake("shared weight counted once", '"Wx"] +=', '"Wx"] ='),
    Mistake("shared bias counted once", '"b"] +=', '"b"] ='),
    Mistake("only one step of the output", '"V"] +=', '"V"] ='),
    Mistake("upstream overwritten", "dh = dh + dout", "dh = dout"),
    Mistake("derivative missing", "dh * slope(z[:, t])", "dh"),
    Mistake("derivative at the output", "slope(z[:, t])", "slope(h[:, t + 1])"),
    Mistake("weight not transposed", "dz @ Wh.T", "dz @ Wh"),
    Mistake("last example only", "X[:, t].T @ dz", "X[-1:, t].T @ dz[-1:]"),
)

ATTENTION = (
    Mistake("1/√d missing", ROOT, JACOBIAN),
    Mistake("1/√d twice", ROOT, f"{JACOBIAN} / Wq.shape[1]"),
    Mistake("softmax diagonal only", JACOBIAN, "p * (1 - p) * dp"),
    Mistake("softmax over the wrong axis", "dp * p, axis=-1", "dp * p, axis=-2"),
    Mistake("softmax forgotten", JACOBIAN, "dp"),
    Mistake("gradient transposed", "dk = ds.transpose(0, 2, 1)", "dk = ds"),
    Mistake("attention not transposed", "dv = p.transpose(0, 2, 1)", "dv = p"),
    Mistake("a of another layer", "X, dv", "o, dv"),
    Mistake("last example only", "X, dq", "X[-1:], dq[-1:]"),
)
