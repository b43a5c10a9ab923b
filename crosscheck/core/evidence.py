"""The results of the hand-written code and of the oracles, and the judgement at each point."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace
from itertools import chain
from math import inf, isfinite, nan
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from crosscheck.core.norms import distance, max_or_nan, norm
from crosscheck.core.residuals import ShortLine, residuals
from crosscheck.core.sampling import line, nearby
from crosscheck.core.types import Point, Request
from crosscheck.core.verdict import (
    U32,
    U64,
    Judgement,
    Verdict,
    float32_noise,
    is_rounding,
    judge,
    unjudged,
)
from crosscheck.errors import OracleUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crosscheck.core.types import Array, Dtype, HandWritten, Oracle, Quantities

    AtOnePoint: TypeAlias = Mapping[str, Quantities]  # oracle -> its quantities
    Everywhere: TypeAlias = Mapping[str, Sequence[Quantities]]  # oracle -> the same at each point


FINE, LONG = 2.0**-32, 2.0**-9  # steps of a short line, relative to each entry
ROUNDING = "the error changes from one point to the next as rounding does"


@dataclass(frozen=True)
class Evidence:
    """What was computed of one loss, at the given point and the sampled ones.

    Attributes:
        name: what is judged.
        points: the given one first.
        actual: at each point what the hand-written code computed, or raised.
        double: the oracles' quantities in float64, at each point, and then at the rounded twins of
            those that float32 does not represent.
        single: the oracles' quantities in float32, at each point, rounded.
        oracles: whom to ask again.
        rerun: the hand-written code itself, to be run again in either precision.
        unit: the size of what goes in beside the point, 1 or more.
        added: how many of the last points were added to cover a branch.
        precision: the lowest in which the loss computes.
        follow: told of points so near to another that the loss takes the same course.
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
    added: int = 0
    precision: str = "float64"
    follow: Callable[[Point, tuple[Point, ...]], None] = lambda *_: None
    measured: dict[int, dict[str, float]] = field(default_factory=dict, compare=False)
    lines: dict[tuple[int, float], ShortLine] = field(default_factory=dict, compare=False)

    def asked(self) -> tuple[Request, Request]:
        """Return what the oracles were asked: `double` and `single`."""
        double, single = requests(self.name, self.points)
        return double, single

    def quantities(self) -> list[str]:
        """Return every quantity that anybody computes, in the order of the hand-written code."""
        results = [actual.quantities for actual in self.actual]
        results += [everywhere[0] for everywhere in self.double.values()]
        return list(dict.fromkeys(chain(*results)))

    def judgement(self, i: int, quantity: str) -> Judgement:
        """Return the judgement on one quantity at point i."""
        (actual, raised), oracles = self.actual[i], _at(self.double, i)
        expected = self._expected(i, quantity)
        if not oracles:
            return unjudged(Verdict.INCONCLUSIVE, oracles, "no oracle has a result")
        if not expected:
            return unjudged(Verdict.DISAGREE, oracles, "no oracle computes it")
        if quantity not in actual:
            reason = f"the hand-written code raised {raised}" if raised else "it is not computed"
            return unjudged(Verdict.DISAGREE, oracles, reason)
        judged = self._judged(i, quantity, actual[quantity], expected)
        if judged.verdict is Verdict.AGREE or self.precision == judged.precision:
            return judged
        # A loss that computes in float32 gives nobody more.
        low = self._judged(i, quantity, actual[quantity], expected, self.precision)
        return low if low.verdict is Verdict.AGREE else judged

    def _judged(
        self,
        i: int,
        quantity: str,
        actual: Array,
        expected: Mapping[str, Array],
        precision: str = "",
    ) -> Judgement:
        noise = _noise(_at(self.single, i), _at(self.double, self._twins[i]), quantity)
        again: Callable[[], float] | None = functools.partial(self.noise_nearby, i, quantity)
        if not isfinite(noise) and quantity in (along := self.short_line(i, FINE)):
            # float32 overflows, or rounds to where the loss is infinite, and float64 does not.
            noise, again = along[quantity].oracles * U32 / U64, None
        return judge(
            actual,
            expected,
            noise,
            self._scale(i, quantity),
            again,
            self._units[i],
            precision,
        )

    def confirmed(self, quantity: str, judgements: Sequence[Judgement]) -> list[Judgement]:
        """Return the judgements after a closer look at each DISAGREE, until one is confirmed.

        The residual is looked at along a short line: rounding is no mistake, and code that does not
        respond to changes below float32 is judged in float32.
        """
        found = list(judgements)
        order = sorted(range(len(found)), key=lambda i: -_excess(found[i]))
        for i in order:
            if found[i].verdict is Verdict.DISAGREE:
                found[i] = self._looked_at(i, quantity, found[i])
                if found[i].verdict is Verdict.DISAGREE:
                    break
        return found

    def _looked_at(self, i: int, quantity: str, judgement: Judgement) -> Judgement:
        """Return the judgement at point i after a look along short lines."""
        if not all(map(isfinite, judgement.errors.values())):
            return judgement
        fine = self.short_line(i, FINE).get(quantity)
        if fine is not None and not fine.responds and judgement.precision == "float64":
            actual, expected = self.actual[i].quantities[quantity], self._expected(i, quantity)
            low = self._judged(i, quantity, actual, expected, "float32")
            if low.verdict is Verdict.AGREE:
                return low
        self.short_line(i, LONG)
        # How a computation rounds is its own; a single line may be smooth by luck.
        known = [found[quantity].jitter for found in self.lines.values() if quantity in found]
        if known and is_rounding(judgement, max_or_nan(*known)):
            return replace(judgement, verdict=Verdict.INCONCLUSIVE, reason=ROUNDING)
        return judgement

    def short_line(self, i: int, step: float) -> ShortLine:
        """Return what the residuals do along a short line through point i; empty if unknown."""
        if (i, step) not in self.lines:
            self.lines[i, step] = self._along(self.points[i], step)
        return self.lines[i, step]

    def _along(self, point: Point, step: float) -> ShortLine:
        where = line(point, step)
        self.follow(point, where)
        with np.errstate(all="ignore"):
            actual = [self.rerun(at, "float64").quantities for at in where]
        try:
            asked = [Request(self.name, where, "float64")]
            oracles = {name: ask(asked)[0] for name, ask in self.oracles.items()}
        except OracleUnavailableError:
            return {}
        quantities = set.intersection(*(set(found) for found in actual))
        return {
            quantity: residuals(
                [found[quantity] for found in actual],
                [[found[quantity] for found in results] for results in oracles.values()],
            )
            for quantity in quantities
            if all(
                quantity in found and found[quantity].shape == own[quantity].shape
                for results in (actual, *oracles.values())
                for own, found in zip(actual, results, strict=True)
            )
        }

    def _expected(self, i: int, quantity: str) -> Mapping[str, Array]:
        oracles = _at(self.double, i)
        return {name: found[quantity] for name, found in oracles.items() if quantity in found}

    @functools.cached_property
    def _twins(self) -> list[int]:
        """Where in `double` the results at each point rounded to float32 stand."""
        rough = _rough(self.points)
        return [
            len(self.points) + rough.index(i) if i in rough else i for i in range(len(self.points))
        ]

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
    """Return what the oracles are asked about one loss: `double` and `single` of Evidence."""
    rounded = {i: points[i].representable() for i in _rough(points)}
    double = (*points, *rounded.values())
    single = tuple(rounded.get(i, point) for i, point in enumerate(points))
    return [Request(name, double, "float64"), Request(name, single, "float32")]


def _rough(points: Sequence[Point]) -> list[int]:
    """Return the points that float32 does not represent."""
    return [i for i, point in enumerate(points) if not point.is_representable]


def _excess(judgement: Judgement) -> float:
    """Return by how much the smallest error exceeds the tolerance."""
    errors = list(judgement.errors.values())
    finite = all(map(isfinite, errors)) and judgement.tolerance > 0
    return min(errors) / judgement.tolerance if finite else inf


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
