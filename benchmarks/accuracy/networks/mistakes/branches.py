"""What goes wrong in branches that are rarely taken, and on structures."""

from __future__ import annotations

from benchmarks.accuracy.networks.mistakes.mistake import Mistake

INSIDE, LINEAR, MASK = "np.abs(r) <= delta, r, ", "delta * np.sign(r)", "((z > 0) & (z < top))"

BRANCHING = (
    Mistake("upper bound forgotten", MASK, "(z > 0)"),
    Mistake("upper bound 3% off", MASK, "((z > 0) & (z < 1.03 * top))"),
    Mistake("lower bound forgotten", MASK, "(z < top)"),
    Mistake("linear part forgotten", LINEAR, "r"),
    Mistake("linear part without δ", LINEAR, "np.sign(r)"),
    Mistake("threshold 3% off", INSIDE, "np.abs(r) <= 1.03 * delta, r, "),
    Mistake("penalty's branch forgotten", "if squares > top:", "if squares > 1e300:"),
    Mistake("penalty without its branch", "if squares > top:", "if True:"),
)

STRUCTURED = (
    Mistake("½ forgotten", "0.5 * np.linalg.inv(S).T", "np.linalg.inv(S).T"),
    Mistake("inverse forgotten", "np.linalg.inv(S).T", "S.T"),
    Mistake("S not symmetrised", "(S + S.T)", "(2 * S)"),
    Mistake("triangle kept whole", "np.tril(X.T @ dscaled)", "X.T @ dscaled"),
    Mistake("diagonal cut", "np.tril(X.T @ dscaled)", "np.tril(X.T @ dscaled, -1)"),
    Mistake("sum of a row forgotten", "-Y / P + ", "-Y / P + 0 * "),
    Mistake("inverse not transposed", "np.linalg.inv(S).T", "np.linalg.inv(S)"),
)
