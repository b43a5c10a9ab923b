"""Try a reading by central differences of order 8: whether the derivative fits the function."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.core.differences import Estimate, along
from crosscheck.core.norms import norm
from crosscheck.discover.readings import VECTOR

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crosscheck.core.types import Array
    from crosscheck.discover.readings import Reading

    Way = Mapping[str, Array]

COORDINATES = 48  # of each parameter that are gone along by themselves, where there are more
DIRECTIONS = 3
CLOSE = 1e-6  # relative error up to which differences and a derivative are the same
CERTAIN = 100  # times its own gap: from there on an error of a difference contradicts
REACH = 0.1  # of a parameter's size: how far a step of 1 goes


@dataclass(frozen=True)
class Trial:
    """How far a derivative is from central differences, over all ways that were gone.

    Attributes:
        error: the largest relative error.
        gap: the largest relative gap between differences of two steps.
        wrong: along how many ways a steady difference contradicts.

    """

    error: float
    gap: float
    wrong: int

    @property
    def fits(self) -> bool:
        """Whether the derivative is the function's, as far as differences tell."""
        return self.error <= CLOSE and self.gap <= CLOSE

    @property
    def word(self) -> str:
        """What differences say, in a word."""
        return "fit" if self.fits else "differ" if self.differs else ""

    @property
    def differs(self) -> bool:
        """Whether it is not, for certain."""
        return self.wrong > 0 and self.error > CERTAIN * self.gap


def tried(reading: Reading, *, thorough: bool = False, seed: int = 0) -> Trial:
    """Return how a reading does at its own parameters.

    Args:
        reading: the function and its derivative.
        thorough: whether to go along coordinates as well, not along random directions alone.
        seed: of the directions.

    Returns:
        The trial.

    """
    params = dict(reading.params)
    expected = None
    if reading.kind != "hessp":
        expected = reading.g(**{name: x.copy() for name, x in params.items()})
    rng = np.random.default_rng(seed)
    ways = [*_directions(params, rng), *(_coordinates(params, rng) if thorough else ())]
    rows = [_along(reading, params, way, expected) for way in ways]
    size = max((row[2] for row in rows), default=0.0)
    error = gap = 0.0
    wrong = 0
    for away, unsteady, own in rows:
        # A way along which almost nothing changes is measured by the others.
        scale = max(own, 1e-3 * size)
        relative, steady = _over(away, scale), _over(unsteady, scale)
        error, gap = max(error, relative), max(gap, steady)
        wrong += relative > max(CLOSE, CERTAIN * steady)
    return Trial(error, gap, wrong)


def _along(
    reading: Reading, params: Mapping[str, Array], way: Way, expected: Any
) -> tuple[float, float, float]:
    """Return the distance of the derivative along a way from differences, their gap, their size."""
    second = reading.kind in {"hessian", "hessp", "curvature"}

    def moved(t: float) -> Any:
        return reading.f(**{n: np.asarray(x + t * way.get(n, 0.0)) for n, x in params.items()})

    if reading.kind == "hessp":
        return _product_along(reading, params, way)
    estimate = along(moved, 2 if second else 1)
    predicted = np.asarray(_predicted(reading.kind, expected, way), dtype=np.float64)
    if predicted.size != estimate.value.size:
        return inf, inf, 0.0
    value = estimate.value.reshape(predicted.shape)
    return _row(value, predicted, estimate.gap)


def _row(value: Array, predicted: Array, gap: float) -> tuple[float, float, float]:
    """Return distance, gap and size; what is not finite fits nothing."""
    if not (np.isfinite(value).all() and np.isfinite(predicted).all()):
        return inf, inf, 0.0
    return float(norm(value - predicted)), gap, float(max(norm(value), norm(predicted)))


def _product_along(
    reading: Reading, params: Mapping[str, Array], way: Way
) -> tuple[float, float, float]:
    """Return the same of a Hessian-vector product: uᵀHv, from second differences along u ± v."""
    ((name, u),) = way.items()
    v = np.asarray(REACH * _sizes(params[name]) * np.random.default_rng(1).uniform(-1, 1, u.shape))

    def second(w: Array) -> Estimate:
        return along(lambda t: reading.f(**{name: params[name] + t * w}), 2)

    sums = second(u + v), second(u - v)
    product = reading.g(**{name: params[name].copy(), VECTOR: v})
    value = float(sums[0].value.reshape(()) - sums[1].value.reshape(())) / 4
    predicted = float(np.vdot(u, np.asarray(product)))
    return _row(np.asarray(value), np.asarray(predicted), sums[0].gap + sums[1].gap)


def _predicted(kind: str, expected: Any, way: Way) -> Any:
    """Return what a derivative says of the change along a way."""
    if kind == "gradient":
        return sum(np.vdot(np.asarray(expected[name]), part) for name, part in way.items())
    (part,) = way.values()
    if kind == "elementwise":
        return np.asarray(expected) * part
    if kind == "curvature":
        return np.asarray(expected) * part**2
    matrix = np.asarray(getattr(expected, "toarray", lambda: expected)())
    product = matrix.reshape(-1, part.size) @ part.reshape(-1)
    return part.reshape(-1) @ product if kind == "hessian" else product


def _directions(params: Mapping[str, Array], rng: np.random.Generator) -> Iterator[Way]:
    """Yield random ways, each along one parameter."""
    for name, x in params.items():
        for _ in range(DIRECTIONS):
            # In units of each entry's own size: small ones stay on their side of 0.
            yield {name: REACH * _sizes(x) * rng.choice([-1.0, 1.0], x.shape) * rng.random(x.shape)}


def _coordinates(params: Mapping[str, Array], rng: np.random.Generator) -> Iterator[Way]:
    """Yield ways along single entries: all of them, or some that are drawn."""
    for name, x in params.items():
        chosen = rng.permutation(x.size)[:COORDINATES] if x.size > COORDINATES else range(x.size)
        sizes = _sizes(x)
        for i in chosen:
            way = np.zeros(x.shape)
            way.flat[i] = REACH * sizes.flat[i]
            yield {name: way}


def _sizes(x: Array) -> Array:
    """Return the size of each entry; of one that is 0, that of the largest, or 1."""
    largest = float(norm(x)) or 1.0
    return np.asarray(np.where(x == 0, largest, np.abs(x)))


def _over(part: float, whole: float) -> float:
    return 0.0 if part == 0 else part / whole if whole > 0 and part < inf else inf
