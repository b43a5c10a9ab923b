"""Every central difference of a loss, and what may be concluded from one.

It decides about no hand-written gradient. It says where to look, and it tells oracles that do not
differentiate this very loss: what leaves a recording is refused by its line, but a loss can also
read a parameter through comparisons alone, as a search by bisection does, and then every framework
says that nothing depends on it. Where the loss itself has another slope, such oracles are no judges
of it, and whoever agrees or disagrees with them is neither right nor wrong.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.core.norms import norm
from crosscheck.core.types import Point

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crosscheck.core.types import Array

    Loss = Callable[[Point], Array]

STEP = 2.0**-13  # of the way to another point, which is a tenth of each parameter's size
SMALL_STEP = 1e-5  # of the largest entry of one parameter
DIRECTIONS = 3
SMALLEST = 1e-7  # of a slope that may contradict
RESOLUTION = 1e-4  # of a slope: truncation, and kinks beside the point, explain less
ROUNDING = 1e-13  # of the loss
STEADY = 8  # a slope that another step changes by so little of the gap is no accident


def slope(loss: Loss, point: Point, way: Mapping[str, Array], step: float) -> float:
    """Return the central difference of a loss along a way, in units of the way's length.

    Args:
        loss: a function of a point that returns one number.
        point: where; its data stay.
        way: by parameter, an array of its shape; what has none stays.
        step: how far to go along the way, to either side.

    Returns:
        (loss(point + step·way) − loss(point − step·way)) / (2·step)

    """

    def moved(step: float) -> Point:
        params = {path: np.asarray(a + step * way.get(path, 0)) for path, a in point.params.items()}
        return Point(params, point.data)

    with np.errstate(all="ignore"):
        up, down = float(loss(moved(step))), float(loss(moved(-step)))
    return (up - down) / (2 * step)


def contradicts(
    loss: Loss, point: Point, way: Mapping[str, Array], grads: Mapping[str, Array], rounding: float
) -> bool:
    """Return whether the loss has another slope along a way than its gradients say.

    `rounding` is that of the loss. A contradiction must be larger than rounding explains, and
    steady: truncation changes with the square of the step, and a kink with the step, so a quarter
    of the step, and four times the step, change it by an eighth at most.
    """
    expected = sum(float(np.vdot(grads[path], part)) for path, part in way.items())
    found = slope(loss, point, way, STEP)
    gap = abs(found - expected)
    if not isfinite(gap) or gap <= SMALLEST * max(abs(found), abs(expected)):
        return False
    return all(
        gap > rounding / step and STEADY * abs(slope(loss, point, way, step) - found) <= gap
        for step in (STEP / 4, 4 * STEP)
    )


def is_doubtful(loss: Loss, point: Point, grads: Mapping[str, Array]) -> bool:
    """Return whether a gradient is worth an oracle's look: it differs from central differences.

    They see a mistake of one part in ten thousand, and take kinks and rounding for one, too.
    """
    rng = np.random.default_rng(0)
    for path, leaf in point.params.items():
        for _ in range(DIRECTIONS):
            way = {path: rng.standard_normal(leaf.shape)}
            step = SMALL_STEP * (norm(leaf) or 1.0)
            found = slope(loss, point, way, step)
            expected = float(np.sum(grads[path] * way[path]))
            size = abs(float(loss(point)))
            explained = RESOLUTION * max(abs(found), abs(expected)) + ROUNDING * size / step
            if not abs(found - expected) <= explained:  # nan, too
                return True
    return False
