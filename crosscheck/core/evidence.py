"""What every author said of one example, and the judgement that it allows at each point."""

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

    Answers: TypeAlias = Mapping[str, Quantities]  # oracle -> its quantities at one point
    Everywhere: TypeAlias = Mapping[str, Sequence[Quantities]]  # oracle -> the same at each point


@dataclass(frozen=True)
class Evidence:
    """What every author said of one example, at the document's point and the drawn ones.

    `actual`: at each point what the hand-written code computed, or raised. `double`: the
    oracles' quantities in float64, at each point and last at the document's rounded to float32.
    `single`: in float32, at each point rounded. `oracles`: whom to ask again about `name`.
    `rerun`: the hand-written code itself, to be run again in either precision. `unit`: the
    size of what goes in beside the point, 1 or more. `measured`: the
    noise near the points where it was asked for, which costs more than all the rest.
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
        """Return every quantity that any author has, in the hand's order."""
        results = [actual.quantities for actual in self.actual]
        results += [everywhere[0] for everywhere in self.double.values()]
        return list(dict.fromkeys(chain(*results)))

    def judgement(self, i: int, quantity: str) -> Judgement:
        """Return the judgement on one quantity at point i."""
        (actual, raised), results = self.actual[i], _at(self.double, i)
        knowing = {
            name: results[quantity] for name, results in results.items() if quantity in results
        }
        if not results:
            return unjudged(Verdict.INCONCLUSIVE, results, "no oracle answered")
        if not knowing:
            return unjudged(Verdict.DISAGREE, results, "computed by hand, unknown to the oracles")
        if quantity not in actual:
            return unjudged(Verdict.DISAGREE, results, f"by hand: {raised or 'not computed'}")
        # Only the document's point is not exact in float32: its rounded twin comes last.
        noise = _noise(_at(self.single, i), _at(self.double, i if i > 0 else -1), quantity)
        return judge(
            actual[quantity],
            knowing,
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
        """Return the largest float32 noise of a quantity near point i, the hand's own included.

        nan where it cannot be measured any more, for an oracle that answered before is gone.
        """
        if i not in self.measured:
            self.measured[i] = self._measured_near(self.points[i])
        return self.measured[i].get(quantity, nan)

    def _measured_near(self, point: Point) -> dict[str, float]:
        """Return the largest noise of every quantity near a point; empty if an oracle is gone."""
        near = nearby(point)
        asked = [Request(self.name, near, "float64"), Request(self.name, near, "float32")]
        try:
            results = {name: ask(asked) for name, ask in self.oracles.items()}
        except OracleUnavailableError:
            return {}
        double, single = ({name: results[k] for name, results in results.items()} for k in (0, 1))
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

    The points after the first are drawn, and exact in float32 as they are.
    """
    rounded = points[0].representable()
    double, single = (*points, rounded), (rounded, *points[1:])
    return [Request(name, double, "float64"), Request(name, single, "float32")]


def _at(everywhere: Everywhere, i: int) -> Answers:
    """Return what the oracles said at point i."""
    return {name: results[i] for name, results in everywhere.items()}


def _noise(single: Answers, double: Answers, quantity: str) -> float:
    """Return the float32 noise of one quantity at one point."""
    return float32_noise(
        {name: results[quantity] for name, results in single.items()},
        {name: results[quantity] for name, results in double.items()},
    )


def _size(results: Answers, kind: str) -> float:
    """Return the largest entry of all quantities whose names start so."""
    return max_or_nan(
        *(
            norm(a)
            for results in results.values()
            for name, a in results.items()
            if name.startswith(kind)
        )
    )
