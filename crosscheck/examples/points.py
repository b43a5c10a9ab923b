"""Where an example is judged: points at which a mistake can show.

The document's own numbers are one point, and not a good one: every ReLU of its network is active
there, so that the network without relu' has the same gradient. The other points are sampled.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.core.sampling import FEWEST
from crosscheck.core.types import Point
from crosscheck.errors import NotGenericError

if TYPE_CHECKING:
    from reference.example import Example

KINK_MARGIN = 2.0**-10
TRIES = 1000


def documented(example: Example) -> Point:
    """Return the document's own point."""
    return Point(example.PARAMS, example.DATA)


def draw(example: Example, count: int, seed: int) -> tuple[Point, ...]:
    """Return `count` generic points: standard normal, exact in float32, shapes of the document's.

    Generic: no entry is zero, no two entries of an array are equal, no preactivation is within
    2⁻¹⁰ of a ReLU's kink, and over the set every ReLU is seen both on and off. A set that is not
    is sampled again. The same example, count and seed give the same points.

    Raises ValueError for a count below 8 or a negative seed, and NotGenericError when 1,000 sets
    were not generic or the example's forward pass failed at one.
    """
    if count < FEWEST:
        msg = f"points is {count}; fewer than {FEWEST} do not show every ReLU on and off"
        raise ValueError(msg)
    if seed < 0:
        msg = f"seed is {seed}; a seed is 0 or more"
        raise ValueError(msg)
    rng = np.random.default_rng([seed, zlib.crc32(example.__name__.encode())])
    for _ in range(TRIES):
        points = tuple(_normal(documented(example), rng) for _ in range(count))
        if all(map(distinct, points)) and switches(example, points):
            return points
    msg = f"none of {TRIES} sets of {count} points shows every ReLU on and off"
    raise NotGenericError(msg)


def distinct(point: Point) -> bool:
    """Return whether no entry is zero and no array has two equal entries."""
    arrays = [array for side in point for array in side.values()]
    return all(np.all(a != 0) and np.unique(a).size == a.size for a in arrays)


def switches(example: Example, points: tuple[Point, ...]) -> bool:
    """Return whether the set shows every ReLU both on and off, and none of them near its kink.

    A ReLU is seen only at a point where the example's other layers let a gradient through; at
    half of the points or more, all layers must.
    """
    if not hasattr(example, "preactivations"):
        return True
    try:
        each = [example.preactivations(**point.params, **point.data) for point in points]
    except Exception as error:
        msg = f"preactivations raised {type(error).__name__}: {error}"
        raise NotGenericError(msg) from error
    layers = [np.stack(units) for units in zip(*each, strict=True)]
    if min(float(np.min(np.abs(z))) for z in layers) < KINK_MARGIN:
        return False
    through = [(z > 0).any(axis=1) for z in layers]
    for i, z in enumerate(layers):
        others = np.logical_and.reduce(through[:i] + through[i + 1 :])
        on, off = (z > 0)[others], (z <= 0)[others]
        if not (on.any(axis=0).all() and off.any(axis=0).all()):
            return False
    return 2 * int(np.logical_and.reduce(through).sum()) >= len(points)


def _normal(shapes: Point, rng: np.random.Generator) -> Point:
    """Return a standard normal point with the shapes of another, exact in float32."""
    return Point(
        *({name: rng.standard_normal(a.shape) for name, a in arrays.items()} for arrays in shapes)
    ).representable()
