"""The results of the hand-written code and of the oracles, and the judgement at each point."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace
from itertools import chain
from math import inf, isfinite
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from crosscheck.core.closer_look import FINE, LONG, CloserLook
from crosscheck.core.norms import max_or_nan, norm
from crosscheck.core.residuals import inside
from crosscheck.core.types import Point, Request
from crosscheck.core.verdict import (
    RESOLVED,
    SEEN,
    U32,
    U64,
    Judgement,
    Verdict,
    float32_noise,
    is_rounding,
    judge,
    smaller,
    unjudged,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crosscheck.core.residuals import Part
    from crosscheck.core.types import Array, Dtype, HandWritten, Mask, Oracle, Quantities

    AtOnePoint: TypeAlias = Mapping[str, Quantities]  # oracle -> its quantities
    Everywhere: TypeAlias = Mapping[str, Sequence[Quantities]]  # oracle -> the same at each point


OTHERS = 5  # points at which a result that stands still may move
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
        constants: the size of the numbers in the program of the loss at a point that have an
            effect there; 1 or more.
        parts: by point and quantity, where a part of it disagrees: that part, and the judgement on
            the whole.

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
    constants: Callable[[Point], float] = lambda _: 1.0
    parts: dict[tuple[int, str], tuple[Mask, Judgement]] = field(
        default_factory=dict, compare=False
    )

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
        expected = self.expected(i, quantity)
        if not oracles:
            return unjudged(Verdict.INCONCLUSIVE, oracles, "no oracle has a result")
        if not expected:
            return unjudged(Verdict.DISAGREE, oracles, "no oracle computes it")
        if quantity not in actual:
            reason = f"the hand-written code raised {raised}" if raised else "it is not computed"
            return unjudged(Verdict.DISAGREE, oracles, reason)
        judged = self._judged(i, quantity, actual[quantity], expected)
        if judged.verdict is not Verdict.AGREE and self.precision != judged.precision:
            # A loss that computes in float32 gives nobody more.
            low = self._judged(i, quantity, actual[quantity], expected, self.precision)
            judged = low if low.verdict is Verdict.AGREE else judged
        if judged.verdict is Verdict.AGREE and judged.resolved:
            return self._in_parts(i, quantity, judged)
        return judged

    def _in_parts(self, i: int, quantity: str, whole: Judgement) -> Judgement:
        """Return the judgement on a quantity whose largest entries agree: all of its entries."""
        actual, expected = self.actual[i].quantities[quantity], self.expected(i, quantity)
        judged = whole
        part = smaller(expected, whole.tolerance / (RESOLVED if is_double(whole) else 1.0))
        if part is None:
            return whole
        while is_double(whole) and part is not None:
            found = self._judged(i, quantity, actual, expected, part=part)
            if found.verdict is Verdict.DISAGREE:
                self.parts[i, quantity] = part, _hiding(whole, expected, judged)
                where = np.argwhere(part)[found.worst]
                return replace(found, worst=tuple(map(int, where)), reason=_among(part))
            if found.verdict is Verdict.INCONCLUSIVE or not found.tolerance < judged.tolerance:
                break
            judged, part = found, smaller(expected, found.tolerance / RESOLVED)
        return _hiding(whole, expected, judged)

    def _judged(  # noqa: PLR0913, PLR0917 - one quantity at one point, and how
        self,
        i: int,
        quantity: str,
        actual: Array,
        expected: Mapping[str, Array],
        precision: str = "",
        part: Part = None,
    ) -> Judgement:
        noise = _noise(_at(self.single, i), _at(self.double, self._twins[i]), quantity, part)
        point = self.points[i]
        again: Callable[[], float] | None
        again = functools.partial(self.closer.noise, point, quantity, part)
        if not isfinite(noise) and quantity in (along := self.closer.short_line(point, FINE)):
            # float32 overflows, or rounds to where the loss is infinite, and float64 does not.
            noise, again = along[quantity].oracles * U32 / U64, None
        return judge(
            inside(actual, part),
            {name: inside(array, part) for name, array in expected.items()},
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
        part, whole = self.parts.get((i, quantity), (None, None))
        point, expected = self.points[i], self.expected(i, quantity)
        fine = self.closer.short_line(point, FINE).get(quantity)
        stuck = fine is not None and not fine.responds(part)
        if stuck and whole is None and is_double(judgement):
            actual = self.actual[i].quantities[quantity]
            low = self._judged(i, quantity, actual, expected, "float32")
            if low.verdict is Verdict.AGREE:
                return _hiding(low, expected, low)
        stuck = stuck or (fine is not None and not fine.responds(judgement.worst))
        for other in (point, *(self.points[:OTHERS] if stuck else ())):
            self.closer.short_line(other, LONG)
        jitter = self.closer.jitter(quantity, part)
        if is_rounding(judgement, jitter, self.constants(point) if stuck else 0.0):
            return whole or replace(judgement, verdict=Verdict.INCONCLUSIVE, reason=ROUNDING)
        return judgement

    @functools.cached_property
    def closer(self) -> CloserLook:
        """What is measured again before a mistake is called one."""
        return CloserLook(self.name, self.oracles, self.rerun, self.follow)

    def expected(self, i: int, quantity: str) -> Mapping[str, Array]:
        """Return what every oracle that computes a quantity gives at point i, in float64."""
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


def _noise(single: AtOnePoint, double: AtOnePoint, quantity: str, part: Part = None) -> float:
    return float32_noise(
        {name: inside(found[quantity], part) for name, found in single.items()},
        {name: inside(found[quantity], part) for name, found in double.items()},
    )


def _hiding(whole: Judgement, expected: Mapping[str, Array], judged: Judgement) -> Judgement:
    """Return the judgement on a whole with the entries in which a mistake could hide.

    `judged` is that on its smallest part that agrees.
    """
    least = SEEN if is_double(whole) else 1.0
    hidden = smaller(expected, judged.tolerance / least)
    return whole if hidden is None else replace(whole, hidden=np.flatnonzero(hidden))


def is_double(judgement: Judgement) -> bool:
    """Return whether the hand-written code is judged in float64."""
    return judgement.precision == "float64"


def _among(part: Mask) -> str:
    return f"one of the {np.count_nonzero(part)} smallest of {part.size} entries"


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
