"""What goes wrong in normalisation, recurrence and attention."""

from __future__ import annotations

from benchmarks.accuracy.networks.mistakes.mistake import Mistake

# the lines of the losses
CENTRED, DIVIDED, OUT = "centred = z -", "n = centred /", "return COSTS[cost][0](act(gamma"
STEP, EACH = "h[:, t + 1] = act(", "total = total + COSTS"
PROJECTED, SCORES, HIDDEN = "q, k, v = X @ Wq", "scores = q @ k", "scores = scores + HIDDEN"
EMBEDDING, PASS = "E = np.sin(", "h = act(E"
ATTENDED = "return 0.5 * np.sum((softmax(scores)"

INVERSE = "1 / np.sqrt(np.mean(centred**2, axis=axis, keepdims=True) + EPS)"
OUTSIDE = "1 / (np.sqrt(np.mean(centred**2, axis=axis, keepdims=True)) + EPS)"
VARIANCE = "n * np.mean(dn * n, axis=axis, keepdims=True)"
UNBIASED = f"{VARIANCE} * z.shape[axis] / (z.shape[axis] - 1)"
JACOBIAN = "p * (dp - np.sum(dp * p, axis=-1, keepdims=True))"
ROOT = f"{JACOBIAN} / np.sqrt(Wq.shape[1])"

NORMALISED = (
    Mistake("mean path missing", "dn - through_mean", "dn", lines=(CENTRED, DIVIDED)),
    Mistake("variance path missing", " - through_variance)", ")", lines=(DIVIDED,)),
    Mistake("eps outside the root", INVERSE, OUTSIDE, lines=(DIVIDED,)),
    Mistake("unbiased variance", VARIANCE, UNBIASED, lines=(DIVIDED,)),
    Mistake(
        "normalised over the wrong axis",
        "mean(dn, axis=axis",
        "mean(dn, axis=1 - axis",
        lines=(CENTRED, DIVIDED),
    ),
    Mistake("scale missing", "ds * gamma", "ds", lines=(OUT,)),
    Mistake("scale's gradient not normalised", "(ds * n).sum", "(ds * centred).sum", lines=(OUT,)),
    Mistake("inverse deviation missing", "inverse * (dn", "(dn", lines=(DIVIDED,)),
    Mistake("derivative missing", "dout @ W2.T * slope(s)", "dout @ W2.T", lines=(OUT,)),
    Mistake("derivative at the output", "slope(s)", "slope(a)", lines=(OUT,)),
    Mistake("bias averaged", '"beta": ds.sum', '"beta": ds.mean', lines=(OUT,)),
)

RECURRENT = (
    Mistake("off by one step", "h[:, t].T @ dz", "h[:, t + 1].T @ dz", lines=(STEP,)),
    Mistake("truncated", "dh = dz @ Wh.T", "dh = dz @ Wh.T * (t > 1)", lines=(STEP,)),
    Mistake("truncated", "dh = dz @ Wh.T", "dh = 0 * dz @ Wh.T", lines=(STEP,)),
    Mistake("shared weight counted once", '"Wh"] +=', '"Wh"] =', lines=(STEP,)),
    Mistake("shared weight counted once", '"Wx"] +=', '"Wx"] =', lines=(STEP,)),
    Mistake("shared bias counted once", '"b"] +=', '"b"] =', lines=(STEP,)),
    Mistake("only one step of the output", '"V"] +=', '"V"] =', lines=(EACH,)),
    Mistake("upstream overwritten", "dh = dh + dout", "dh = dout", lines=(STEP, EACH)),
    Mistake("derivative missing", "dh * slope(z[:, t])", "dh", lines=(STEP,)),
    Mistake("derivative at the output", "slope(z[:, t])", "slope(h[:, t + 1])", lines=(STEP,)),
    Mistake("weight not transposed", "dz @ Wh.T", "dz @ Wh", lines=(STEP,)),
    Mistake("last example only", "X[:, t].T @ dz", "X[-1:, t].T @ dz[-1:]", lines=(STEP,)),
)

ATTENTION = (
    Mistake("1/√d missing", ROOT, JACOBIAN, lines=(SCORES,)),
    Mistake("1/√d twice", ROOT, f"{JACOBIAN} / Wq.shape[1]", lines=(SCORES, HIDDEN, ATTENDED)),
    Mistake("softmax diagonal only", JACOBIAN, "p * (1 - p) * dp", lines=(ATTENDED,)),
    Mistake("softmax over the wrong axis", "dp * p, axis=-1", "dp * p, axis=-2", lines=(ATTENDED,)),
    Mistake("softmax forgotten", JACOBIAN, "dp", lines=(ATTENDED,)),
    Mistake("gradient transposed", "dk = ds.transpose(0, 2, 1)", "dk = ds", lines=(SCORES,)),
    Mistake("attention not transposed", "dv = p.transpose(0, 2, 1)", "dv = p", lines=(ATTENDED,)),
    Mistake("a of another layer", "X, dv", "o, dv", lines=(PROJECTED,)),
    Mistake("last example only", "X, dq", "X[-1:], dq[-1:]", lines=(PROJECTED,)),
)

EMBEDDED = (
    Mistake("input's gradient missing", "dE[:, t] = dz @ Wx.T", "pass", lines=(EMBEDDING, PASS)),
    Mistake("stale cache", "slope(z[t])", "slope(z[-1])", lines=(PASS,)),
    Mistake("stale operand", "h[t].T @ dz", "h[-2].T @ dz", lines=(PASS,)),
    Mistake("stale operand", "E[:, t].T @ dz", "E[:, -1].T @ dz", lines=(PASS,)),
    Mistake("off by one step", "h[t].T @ dz", "h[t + 1].T @ dz", lines=(PASS,)),
    Mistake("truncated", "dh = dz @ Wh.T", "dh = dz @ Wh.T * (t > 1)", lines=(PASS,)),
    Mistake("shared weight counted once", "dWh += ", "dWh = ", lines=(PASS,)),
    Mistake("shared bias counted once", "db += ", "db = ", lines=(PASS,)),
    Mistake("derivative missing", " * np.cos(X @ We)", "", lines=(EMBEDDING,)),
    Mistake("derivative missing", " * slope(z[t])", "", lines=(PASS,)),
)
