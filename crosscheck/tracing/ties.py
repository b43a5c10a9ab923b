"""Comparisons of equal numbers: NumPy's own answer, or as if one were a little larger.

`x * (x > 0)` and `np.where(x > 0, x, 0)` have a kink that the recorded program does not show: the
comparison's outcome is a constant there. Recorded once more with the ties decided the other way,
the program has the slope of the kink's other side.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np

Side: TypeAlias = Literal[-1, 0, 1]  # whether the left one counts as smaller, equal or larger

# The outcome where the left one is larger, and where it is smaller.
OUTCOMES: dict[str, tuple[Any, Any]] = {
    "greater": (True, False),
    "greater_equal": (True, False),
    "less": (False, True),
    "less_equal": (False, True),
    "sign": (1.0, -1.0),
    "heaviside": (1.0, 0.0),
}


def decided(name: str, exact: Any, operands: Any, side: Side) -> Any:
    """The outcome of a ufunc in which equal numbers, or zeros of a step, are decided by `side`."""
    if name not in OUTCOMES:
        return exact
    left, right = operands if name not in {"sign", "heaviside"} else (operands[0], 0.0)
    outcome = OUTCOMES[name][side < 0]
    return np.where(np.equal(left, right), outcome, exact).astype(exact.dtype)[()]
