"""The results of the hand-written code and of the oracles, and the judgement at each point."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from itertools import chain
from math import nan
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from crosscheck.core.norms import distance, max_or_nan, norm
from crosscheck.core.sampling import nearby
from crosscheck.core.types import Point, Request
from crosscheck.core.verdict import Judgement, Verdict, float32_noise, judge, unjudged
from crosscheck.errors import OracleUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crosscheck.core.types import Dtype, HandWritten, Oracle, Quantities

    AtOnePoint: TypeAlias = Mapping[str, Quantities]  # oracle -> its quantities
    Everywhere: TypeAlias = Mapping[str, Sequence[Quantities]]  # oracle -> the same at each point


@dataclass(frozen=True)
class Evidence:
    """What was computed of one loss, at the given point and the sampled ones.

    Attributes:
        name: what is judged.
        points: the given one first.
        actual: at each point what the hand-written code computed, or raised.
        double: the oracles' quantities in float64, at each point, and last at the given one
            rounded to float32.
        single: the oracles' quantities in float32, at each point, rounded.
        oracles: whom to ask again.
        rerun: the hand-written code itself, to be run again in either precision.
        unit: the size of what goes in beside the point, 1 or more.
        measured: the noise near the points where it was asked for, which costs more than all else.

    """

    name: str
    points: tuple[Point, ...]
    actual: Sequence[HandWritten]
    double: Everywhere
    single: Everywhere
    oracles: Mapping[str, Oracle]
    rerun: Callable[[Point, Dtype], HandWritten]
    unit: float = 1.0
    measured: dict[int, dict[str, float]] = field(default_factory=dict, compare=False)

    def quantities(self) -> list[str]:
        """Return every quantity that anybody computes, in the order of the hand-written code."""
        results = [actual.quantities for actual in self.actual]
        results += [everywhere[0] for everywhere in self.double.values()]
        return list(dict.fromkeys(chain(*results)))

    def judgement(self, i: int, quantity: str) -> Judgement:
        """Return the judgement on one quantity at point i."""
        (actual, raised), oracles = self.actual[i], _at(self.double, i)
        expected = {name: found[quantity] for name, found in oracles.items() if quantity in found}
        if not oracles:
            return unjudged(Verdict.INCONCLUSIVE, oracles, "no oracle has a result")
        if not expected:
            return unjudged(Verdict.DISAGREE, oracles, "no oracle computes it")
        if quantity not in actual:
            reason = f"the hand-written code raised {raised}" if raised else "it is not computed"
            return unjudged(Verdict.DISAGREE, oracles, reason)
        # Only the given point is not exact in float32: its rounded twin comes last.
        noise = _noise(_at(self.single, i), _at(self.double, i if i > 0 else -1), quantity)
        return judge(
            actual[quantity],
            expected,
            noise,
            self._scale(i, quantity),
            lambda: self.noise_nearby(i, quantity),
            self._units[i],
        )

    def _scale(self, i: int, quantity: str) -> float:
        """Return the size under the tolerance's floor: all gradients share the largest."""
        if quantity.startswith("grad "):
            return self._largest[i]
        return _size(_at(self.double, i), quantity)

    @functools.cached_property
    def _largest(self) -> list[float]:
        """The largest entry of any gradient at each point."""
        return [_size(_at(self.double, i), "grad ") for i in range(len(self.points))]

    @functools.cached_property
    def _units(self) -> list[float]:
        """The size of what goes in at each point, 1 or more."""
        entries = [[a for side in point for a in side.values()] for point in self.points]
        return [max_or_nan(self.unit, *map(norm, arrays)) for arrays in entries]

    def noise_nearby(self, i: int, quantity: str) -> float:
        """Return the largest float32 noise of a quantity near point i, the code's own included.

        nan where it cannot be measured any more: an oracle is gone.
        """
        if i not in self.measured:
            self.measured[i] = self._measured_near(self.points[i])
        return self.measured[i].get(quantity, nan)

    def _measured_near(self, point: Point) -> dict[str, float]:
        near = nearby(point)
        asked = [Request(self.name, near, "float64"), Request(self.name, near, "float32")]
        try:
            results = {name: ask(asked) for name, ask in self.oracles.items()}
        except OracleUnavailableError:
            return {}
        double, single = ({name: found[k] for name, found in results.items()} for k in (0, 1))
        own = [self._own_noise(at) for at in near]
        quantities = dict.fromkeys(chain.from_iterable(_at(double, 0).values()))
        return {
            quantity: max_or_nan(
                *(_noise(_at(single, k), _at(double, k), quantity) for k in range(len(near))),
                *(noise.get(quantity, 0.0) for noise in own),
            )
            for quantity in quantities
        }

    def _own_noise(self, point: Point) -> dict[str, float]:
        """Return what float32 rounding does to each hand-written quantity at a point.

        Nothing where the code does not run in float32; 0 where it computes in float64 all the same.
        """
        with np.errstate(all="ignore"):  # what overflows is noise without bound
            single = self.rerun(point, "float32").quantities
            double = self.rerun(point, "float64").quantities
            return {
                quantity: distance(single[quantity], double[quantity])
                for quantity in single.keys() & double.keys()
                if single[quantity].shape == double[quantity].shape
            }


def requests(name: str, points: tuple[Point, ...]) -> list[Request]:
    """Return what the oracles are asked about one example: `double` and `single` of Evidence.

    The points after the first are sampled, and exact in float32 as they are.
    """
    rounded = points[0].representable()
    double, single = (*points, rounded), (rounded, *points[1:])
    return [Request(name, double, "float64"), Request(name, single, "float32")]


def _at(everywhere: Everywhere, i: int) -> AtOnePoint:
    return {name: found[i] for name, found in everywhere.items()}


def _noise(single: AtOnePoint, double: AtOnePoint, quantity: str) -> float:
    return float32_noise(
        {name: found[quantity] for name, found in single.items()},
        {name: found[quantity] for name, found in double.items()},
    )


def _size(results: AtOnePoint, kind: str) -> float:
    """Return the largest entry of all quantities whose names start so."""
    return max_or_nan(
        *(
            norm(a)
            for found in results.values()
            for name, a in found.items()
            if name.startswith(kind)
        )
    )
