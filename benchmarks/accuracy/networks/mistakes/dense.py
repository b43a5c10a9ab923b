"""What goes wrong in dense networks, dropout, residual blocks and tied weights."""

from __future__ import annotations

from benchmarks.accuracy.networks.mistakes.mistake import Mistake

# the lines of the losses
FIRST, SECOND, COST = "a1 = act(X", "a2 = act(a1", "return COSTS[cost][0](a2"
DROPPED1, DROPPED2, DROPPED_COST = "h1 = act(", "h2 = act(", "return COSTS[cost][0](h2"
BLOCK, WHOLE = "r = h + act(", "return 0.5 * np.sum((act("

D3 = "d3 = COSTS[cost][1](z3, Y)"
TWICE = "\n    p = softmax(z3)\n    d3 = p * (d3 - (d3 * p).sum(axis=1, keepdims=True))"
AXIS = "d3 = (np.exp(z3) / np.exp(z3).sum(axis=0) - Y) / len(Y)"
UPDATED3 = "d3 @ (W3 - 0.1 * a2.T @ d3).T"
UPDATED2 = "d2 @ (W2 - 0.01 * a1.T @ d2).T"
ROUNDED = 'z1 = (X @ W1 + b1).astype("f4").astype("f8")'
CLIPPED = "slope(z1)\n    d1 = d1.clip(-0.01, 0.01)\n"

DENSE = (
    Mistake("derivative missing", "d3 @ W3.T * slope(z2)", "d3 @ W3.T", lines=(SECOND,)),
    Mistake("derivative missing", "d2 @ W2.T * slope(z1)", "d2 @ W2.T", lines=(FIRST,)),
    Mistake("derivative at the output", "slope(z2)", "slope(a2)", lines=(SECOND,)),
    Mistake("derivative at the output", "slope(z1)", "slope(a1)", lines=(FIRST,)),
    Mistake("derivative of another layer", "slope(z1)", "slope(z2)", lines=(FIRST,)),
    Mistake("weight already updated", "d3 @ W3.T", UPDATED3, lines=(COST,), size=0.1),
    Mistake("weight already updated", "d2 @ W2.T", UPDATED2, lines=(SECOND,), size=0.01),
    Mistake("weight not transposed", "d2 @ W2.T", "d2 @ W2", lines=(SECOND,)),
    Mistake("gradient transposed", "a1.T @ d2", "d2.T @ a1", lines=(SECOND,)),
    Mistake("bias averaged", "d1.sum(axis=0)", "d1.mean(axis=0)", lines=(FIRST,)),
    Mistake("bias of the first row", "d2.sum(axis=0)", "d2[0]", lines=(SECOND,)),
    Mistake("bias summed over everything", "d2.sum(axis=0)", "d2.sum() + 0 * b2", lines=(SECOND,)),
    Mistake("bias zero", "d1.sum(axis=0)", "0 * b1", lines=(FIRST,)),
    Mistake("detached path", "d1 = d2", "d1 = 0 * d2", lines=(FIRST, SECOND)),
    Mistake("last example only", "X.T @ d1", "X[-1:].T @ d1[-1:]", lines=(FIRST,)),
    Mistake("first example missing", "a2.T @ d3", "a2[1:].T @ d3[1:]", lines=(COST,)),
    Mistake("z in place of a", "a2.T @ d3", "z2.T @ d3", lines=(COST,)),
    Mistake("a of another layer", "a1.T @ d2", "a2.T @ d2", lines=(SECOND,)),
    Mistake("1/N missing", D3, f"{D3} * len(X)", lines=(COST,)),
    Mistake("divided by N·K", D3, f"{D3} / Y.shape[1]", lines=(COST,)),
    Mistake("target's sign", "(z3, Y)", "(z3, -Y)", lines=(COST,)),
    Mistake("float32 inside", "z1 = X @ W1 + b1", ROUNDED, lines=(FIRST,)),
    Mistake("delta clipped", "slope(z1)\n", CLIPPED, lines=(FIRST,)),
    Mistake("integer truncation", "X.T @ d1", "X.T.astype(int) @ d1", lines=(FIRST,)),
    Mistake("softmax differentiated twice", D3, D3 + TWICE, "cross-entropy", lines=(COST,)),
    Mistake("softmax diagonal only", D3, f"{D3} * Y", "cross-entropy", lines=(COST,)),
    Mistake("softmax over the wrong axis", D3, AXIS, "cross-entropy", lines=(COST,)),
    Mistake("softmax forgotten", D3, "d3 = (z3 - Y) / len(Y)", "cross-entropy", lines=(COST,)),
    Mistake("sigmoid forgotten", D3, "d3 = (z3 - Y) / len(Y)", "binary", lines=(COST,)),
)

DROPOUT = (
    Mistake("dropout mask missing", "W3.T * mask2", "W3.T", lines=(DROPPED2,)),
    Mistake("dropout mask missing", "W2.T * mask1", "W2.T", lines=(DROPPED1,)),
    Mistake("dropout mask of another layer", "W2.T * mask1", "W2.T * mask2", lines=(DROPPED1,)),
    Mistake("dropout mask drawn again", "W3.T * mask2", "W3.T * np.roll(mask2, 1)"),
    Mistake(
        "dropout not scaled", "W3.T * mask2", "W3.T * (noise2 > 0)", lines=(DROPPED2,), size=0.5
    ),
    Mistake(
        "dropout scaled twice", "W2.T * mask1", "W2.T * mask1 / KEEP", lines=(DROPPED1,), size=0.5
    ),
    Mistake("dropout in the delta only", "h1 = act(z1) * mask1", "h1 = act(z1)"),
    Mistake("a of another layer", "h2.T @ dout", "act(z2).T @ dout", lines=(DROPPED_COST,)),
    Mistake("derivative missing", "mask2 * slope(z2)", "mask2", lines=(DROPPED2,)),
    Mistake("derivative after dropout", "slope(z1)", "slope(h1)", lines=(DROPPED1,)),
    Mistake("bias averaged", "d2.sum(axis=0)", "d2.mean(axis=0)", lines=(DROPPED2,)),
)

RESIDUAL = (
    Mistake("detached path", "dh = dr + dz", "dh = 0 * dr + dz", lines=(BLOCK,)),
    Mistake("detached path", "dh = dr + dz @ W1.T", "dh = dr", lines=(BLOCK,)),
    Mistake("skip path twice", "dh = dr + dz", "dh = 2 * dr + dz", lines=(BLOCK,)),
    Mistake("derivative missing", "dr @ W2.T * slope(z)", "dr @ W2.T", lines=(BLOCK,)),
    Mistake("derivative at the output", "slope(z)", "slope(a)", lines=(BLOCK,)),
    Mistake("a of another layer", "r.T @ dout", "(r - h).T @ dout"),
    Mistake("bias averaged", "dr.sum(axis=0)", "dr.mean(axis=0)", lines=(BLOCK,)),
)

TIED = (
    Mistake("shared weight counted once", "X.T @ dz + dout.T @ a", "X.T @ dz", lines=(WHOLE,)),
    Mistake("shared weight counted once", "X.T @ dz + dout.T @ a", "dout.T @ a", lines=(WHOLE,)),
    Mistake("derivative missing", "dout @ W * slope(z)", "dout @ W", lines=(WHOLE,)),
    Mistake("derivative at the output", "slope(z)", "slope(a)", lines=(WHOLE,)),
    Mistake("bias of the first row", "dz.sum(axis=0)", "dz[0]", lines=(WHOLE,)),
)

LAYER, DECAY, SQUARES = "out = act(X", "decay = 0.5", "fit = 0.5"
LOGARITHM, SUM = "fit = -np.sum", "return fit + decay"

PENALISED = (
    Mistake("weight decay left out", " + RATE * W1", "", lines=(DECAY,)),
    Mistake("weight decay left out", " + RATE * W2", "", lines=(DECAY,)),
    Mistake("weight decay left out", "RATE, TINY = 0.02", "RATE, TINY = 0", lines=(DECAY, SUM)),
    Mistake("weight decay twice", "RATE * W2", "2 * RATE * W2", lines=(DECAY,)),
    Mistake("½ left out", "dout = out - Y", "dout = 2 * (out - Y)", "squared", lines=(SQUARES,)),
    Mistake(
        "mean in place of a sum",
        "dout = out - Y",
        "dout = (out - Y) / len(X)",
        "squared",
        lines=(SQUARES,),
    ),
    Mistake("ε of the logarithm left out", "(p + TINY)", "p", "logarithm", lines=(LOGARITHM,)),
    Mistake("derivative missing", " * slope(z)", "", lines=(LAYER,)),
    Mistake("bias of the first row", "dz.sum(axis=0)", "dz[0]", lines=(LAYER,)),
    Mistake("bias summed over everything", "dz.sum(axis=0)", "dz.sum() + 0 * b1", lines=(LAYER,)),
)
