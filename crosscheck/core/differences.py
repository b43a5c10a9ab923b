"""Central differences of order 8 of any function, with an estimate of their own error.

The weights are those of the 9-point stencil (Fornberg, Generation of finite difference formulas on
arbitrarily spaced grids, Math. Comp. 51, 1988). Several steps are tried; of two neighbouring ones
that differ least, their gap is what the estimate may be off by.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.core.norms import norm

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck.core.types import Array

FIRST = (4 / 5, -1 / 5, 4 / 105, -1 / 280)
SECOND = (8 / 5, -1 / 5, 8 / 315, -1 / 560)
MIDDLE = -205 / 72
STEPS = (0.05, 0.02, 0.008, 0.003, 1e-3)  # of the way; four of them are gone to either side


@dataclass(frozen=True)
class Estimate:
    """A derivative along a way: its value, and how much two steps differ about it."""

    value: Array
    gap: float


def along(f: Callable[[float], Any], order: int = 1) -> Estimate:
    """Return the derivative at 0 of a function of one number.

    Args:
        f: returns an array, or a number.
        order: 1 or 2.

    Returns:
        The estimate; its gap is inf where no step gives finite numbers.

    >>> float(abs(along(np.exp).value - 1)) < 1e-12
    True

    """
    middle = np.asarray(f(0.0), dtype=np.float64) if order > 1 else np.zeros(())
    found = [_difference(f, middle, step, order) for step in STEPS]
    best = Estimate(found[0], inf)
    for one, other in pairwise(found):
        gap = norm(one - other) if one.shape == other.shape else inf
        if gap < best.gap:  # nan is not
            best = Estimate(other, float(gap))
    return best


def _difference(f: Callable[[float], Any], middle: Array, step: float, order: int) -> Array:
    total = np.zeros(())
    with np.errstate(all="ignore"):
        for k, (first, second) in enumerate(zip(FIRST, SECOND, strict=True), 1):
            up, down = (np.asarray(f(s * k * step), dtype=np.float64) for s in (1, -1))
            total = total + (first * (up - down) if order == 1 else second * (up + down))
        if order > 1:
            total = total + MIDDLE * middle
        return np.asarray(total / step**order)
