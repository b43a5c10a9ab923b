"""A quick look at a gradient, in NumPy alone: whether to certify it in full.

Central differences in random directions see a mistake of one part in ten thousand, and see kinks
and rounding as mistakes, too. So they decide nothing; they only say where to look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crosscheck.conduct import attempt
from crosscheck.quantities import Point
from crosscheck.trees import flatten
from crosscheck.verdict import norm

if TYPE_CHECKING:
    from crosscheck.written import Written

SHAPE, NUMBERS = "its shape", "its numbers"
STEP = 1e-5
DIRECTIONS = 3
SEEN = 1e-4  # of the derivative
ROUNDING = 1e-13  # of the loss


def doubt(written: Written) -> str:
    """Return what seems wrong with a gradient: what it raises, its shape or its numbers; or "".

    The loss has been run at these parameters and does not raise.
    """
    point = Point(
        {k: np.asarray(v, dtype=float) for k, v in flatten(dict(written.params)).items()}, {}
    )
    gradient, raised = attempt(lambda: written.gradient_at(written.arguments(point)))
    if raised:
        return raised
    if any(gradient[path].shape != leaf.shape for path, leaf in point.params.items()):
        return SHAPE
    rng = np.random.default_rng(0)
    for path, leaf in point.params.items():
        for _ in range(DIRECTIONS):
            move = rng.standard_normal(leaf.shape)
            h = STEP * (norm(leaf) or 1.0)
            up, down = (
                float(written.loss_at(Point({**point.params, path: leaf + sign * h * move}, {})))
                for sign in (1, -1)
            )
            rise, slope = (up - down) / (2 * h), float(np.sum(gradient[path] * move))
            explained = SEEN * max(abs(rise), abs(slope)) + ROUNDING * abs(up) / h
            if not abs(rise - slope) <= explained:  # nan, too
                return NUMBERS
    return ""
