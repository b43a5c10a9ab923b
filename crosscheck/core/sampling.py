"""Every sampled point: where, how far from a given one, and from which stream of numbers.

Each caller has a stream of its own beside the user's seed: parameters are often drawn from
`default_rng(seed)` themselves, and points that repeat them hide mistakes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crosscheck.core.norms import norm
from crosscheck.core.types import Point

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crosscheck.core.types import Array

FEWEST = 8  # points beside the given one
AROUND, COTANGENT, FURTHER = 1, 2, 3  # streams
SPREAD = 0.1  # how far a sampled point is from the given one, relative to each parameter's size
FAR = 1.0  # the same, where mistakes are to differ from each other
NEAR = 2.0**-20  # far beyond rounding, and near enough for a smooth gradient to stay


def moved(array: Array, rng: np.random.Generator, spread: float = SPREAD) -> Array:
    """Return the array with every entry moved by `spread` of its largest, zeros included."""
    noise = rng.standard_normal(array.shape)
    noise *= spread * (norm(array) or 1.0)
    noise += array
    return noise


def around(given: Point, seed: int) -> Iterator[Point]:
    """Yield points around a given one without end, not exact in float32; the data stay.

    A gradient that rounds to float32 inside would be exact at points that are.
    """
    yield from _sampled(given, np.random.default_rng([seed, AROUND]), SPREAD)


def further(given: Point, seed: int) -> Iterator[Point]:
    """Yield points further away from a given one without end, exact in float32; the data stay."""
    return map(Point.representable, _sampled(given, np.random.default_rng([seed, FURTHER]), FAR))


def _sampled(given: Point, rng: np.random.Generator, spread: float) -> Iterator[Point]:
    while True:
        params = {path: moved(array, rng, spread) for path, array in given.params.items()}
        yield Point(params, given.data)


def nearby(point: Point, count: int = 8) -> tuple[Point, ...]:
    """Return `count` points with every float moved by +2 % or −2 %, exact in float32."""
    rng = np.random.default_rng(0)

    def shaken(array: Array) -> Array:
        if array.dtype.kind != "f":
            return array  # a label, a mask
        return array * (1 + 0.02 * rng.choice([-1.0, 1.0], size=array.shape))

    return tuple(
        Point(
            *({name: shaken(a) for name, a in arrays.items()} for arrays in point)
        ).representable()
        for _ in range(count)
    )


def line(point: Point, step: float) -> tuple[Point, ...]:
    """Return 9 points on a short line through a point, itself in the middle.

    Every entry moves by a multiple of `step` of itself, up or down at random; zeros stay.
    """
    rng = np.random.default_rng(0)
    signs = {name: rng.choice([-1.0, 1.0], size=a.shape) for name, a in point.params.items()}

    def at(m: int) -> Point:
        steps = {k: np.asarray(a * (1 + m * step * signs[k])) for k, a in point.params.items()}
        return Point(steps, point.data)

    return tuple(map(at, range(-4, 5)))


def beside(point: Point) -> Point:
    """Return a point a thousandth beside another, for what must not be an accident of that one."""
    rng = np.random.default_rng(0)
    params = {
        path: np.asarray(a * (1 + 1e-3 * rng.standard_normal(a.shape)))
        for path, a in point.params.items()
    }
    return Point(params, point.data)


def opposite(given: Point, pairs: int) -> Iterator[Point]:
    """Yield points very near a given one, two at a time on opposite sides of it."""
    rng = np.random.default_rng(0)
    for _ in range(pairs):
        steps = {
            name: NEAR * (norm(a) or 1.0) * rng.standard_normal(a.shape)
            for name, a in given.params.items()
        }
        for sign in (1, -1):
            yield Point({k: a + sign * steps[k] for k, a in given.params.items()}, given.data)


def mover(run: int, seed: int) -> Callable[[Array], Array]:
    """Return a function that moves the values of a run of a program, alike for each run and seed.

    Near their own values in odd runs, where a loss stays defined, and far from them in even ones,
    where a ReLU is seen both on and off. The numbers are exact in float32.
    """
    rng = np.random.default_rng([seed, run])

    def move(array: Array) -> Array:
        noise = (norm(array) or 1.0) * rng.standard_normal(array.shape)
        result = array + SPREAD * noise if run % 2 else noise
        return np.asarray(result, dtype=np.float32).astype(np.float64)

    return move
