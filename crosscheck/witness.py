"""Is the oracles' gradient the derivative of the loss as NumPy computes it? Arithmetic is asked.

What leaves the recording is refused by its line; but a loss can also read a parameter through
comparisons alone, as a search by bisection does, and then every framework says that nothing depends
on it. So the slope along one direction is taken from the plain loss itself, as a central
difference. It decides about no gradient by hand: where it contradicts the oracles they are no
judges of this loss, and whoever agrees or disagrees with them is neither right nor wrong.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.quantities import Point
from crosscheck.verdict import U32, U64

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crosscheck.evidence import Evidence
    from crosscheck.written import Written
    from reference.example import Array

CONTRADICTED = (
    "central differences of the loss itself contradict the oracles: it depends on its parameters "
    "in a way that no framework differentiates, such as a search by comparisons; hand such a loss "
    "in with rebuilt="
)
TRIED = 3  # points that must all contradict
STEP = 2.0**-13  # of the way to another drawn point, which is a tenth of each parameter's size
SEEN = 1e-4  # of the slope: kinks beside the point explain less
ROUNDING = 64  # of the loss's own rounding, as float32 shows it
STEADY = 8  # a slope that another step changes by so little of the gap is no accident


def contradicted(written: Written, evidence: Evidence, oracle: str, noise: Sequence[float]) -> bool:
    """Return whether the plain loss has other slopes than an oracle at the drawn points.

    `noise`: the float32 noise of the loss at each point of the evidence.
    """
    drawn = range(1, min(TRIED, len(evidence.points) - 1) + 1)
    return all(
        _contradicts(
            written,
            evidence.points[i],
            _way(evidence.points[i], evidence.points[0]),
            evidence.double[oracle][i],
            ROUNDING * noise[i] * U64 / U32,
        )
        for i in drawn
    )


def _way(start: Point, end: Point) -> dict[str, Array]:
    """Return the way from one point to another."""
    return {path: end.params[path] - array for path, array in start.params.items()}


def _contradicts(
    written: Written,
    point: Point,
    way: Mapping[str, Array],
    said: Mapping[str, Array],
    rounding: float,
) -> bool:
    """Return whether the slope along a way is another by the loss than by the gradients `said`."""

    def difference(step: float) -> float:
        ends = [
            {path: array + sign * step * way[path] for path, array in point.params.items()}
            for sign in (1, -1)
        ]
        with np.errstate(all="ignore"):
            up, down = (float(written.loss_at(Point(end, point.data))) for end in ends)
        return (up - down) / (2 * step)

    slope = sum(float(np.vdot(said[f"grad {path}"], part)) for path, part in way.items())
    seen = difference(STEP)
    gap = abs(seen - slope)
    if not isfinite(gap) or gap <= SEEN * max(abs(seen), abs(slope)) + rounding / STEP:
        return False
    return STEADY * abs(difference(STEP / 4) - seen) <= gap
