"""Whether some mistakes together reproduce an actual gradient, to rounding and at every point."""

from __future__ import annotations

import functools
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from crosscheck.core.norms import max_or_nan, norm
from crosscheck.core.verdict import FLOOR, Verdict, float32_noise, judge
from crosscheck.diagnosis.backward import Change

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from crosscheck.core.verdict import Judgement
    from crosscheck.diagnosis.backward import Array, Gradients
    from crosscheck.diagnosis.hypotheses.base import Hypothesis
    from crosscheck.diagnosis.observation import Observation


@dataclass(frozen=True)
class Fit:
    """A hypothesis that reproduces an actual gradient, and its size."""

    hypothesis: Hypothesis
    size: float

    @property
    def change(self) -> Change:
        """Its change of the reverse pass."""
        return self.hypothesis.change(self.size)

    @property
    def mutates(self) -> bool:
        """Whether it differentiates another program."""
        return self.hypothesis.mutated is not None


Fits = tuple[Fit, ...]  # that act together, each on top of those before


def both(fits: Fits) -> Change:
    """Return the change that some fits are together."""
    return functools.reduce(operator.or_, (fit.change for fit in fits), Change())


class Compared(NamedTuple):
    """Which leaves' gradients are reproduced, and which others are changed without being so."""

    reproduced: frozenset[int]
    conflicting: frozenset[int]


@dataclass(frozen=True, eq=False)
class Reproduction:
    """The gradients under some fits, beside the actual ones; `wrong` are the incorrect ones."""

    observations: Sequence[Observation]
    wrong: Sequence[int]
    fits: Fits

    def compared(self, leaves: Collection[int]) -> Compared:
        """Return what of the gradients of some wrong leaves is reproduced.

        As in the verdict no point may disagree, and half of them must agree. At one of them the
        correct gradient must be further off than the rounding error of the assumed one.
        """
        agreeing = dict.fromkeys(leaves, 0)
        telling: set[int] = set()
        for i, observation in enumerate(self.observations):
            for k in tuple(agreeing):
                judgement = self._judged(i, k)
                if judgement.verdict is Verdict.DISAGREE:
                    del agreeing[k]
                    continue
                agreeing[k] += judgement.verdict is Verdict.AGREE
                if _tells(observation, k, judgement.tolerance):
                    telling.add(k)
            if not agreeing:
                return Compared(frozenset(), frozenset())
        half = len(self.observations) / 2
        found = frozenset(k for k, n in agreeing.items() if n >= half and k in telling)
        return Compared(found, self._conflicting(found) if found else found)

    def is_contradicted(self, k: int) -> bool:
        """Whether one gradient is another one at a point."""
        points = range(len(self.observations))
        return any(self._judged(i, k).verdict is Verdict.DISAGREE for i in points)

    def _conflicting(self, reproduced: Collection[int]) -> frozenset[int]:
        """Return the leaves whose gradients differ, if only at one point, and not as they should.

        What the fits leave unchanged was judged in the certificate.
        """
        found: set[int] = set()
        for i, observation in enumerate(self.observations):
            scale = self._scale(i)
            for k, got in self._got(i)[0].items():
                if (
                    k not in reproduced
                    and k not in found
                    and not _is_unchanged(observation, k, got, scale)
                    and (k in self.wrong or self._judged(i, k).verdict is Verdict.DISAGREE)
                ):
                    found.add(k)
        return frozenset(found)

    @functools.cached_property
    def _gradients(self) -> dict[int, tuple[Gradients, Gradients]]:
        return {}

    def _got(self, i: int) -> tuple[Gradients, Gradients]:
        """Return the gradients at a point in float64 and in float32."""
        if i not in self._gradients:
            *before, last = self.fits
            base, data = both(tuple(before)), self.observations[i].data
            self._gradients[i] = (
                last.hypothesis.gradients(data.double, base, last.size),
                last.hypothesis.gradients(data.single, base, last.size),
            )
        return self._gradients[i]

    def _scale(self, i: int) -> float:
        return max_or_nan(*map(norm, self._got(i)[0].values()))

    def _judged(self, i: int, k: int) -> Judgement:
        observation, assumed = self.observations[i], self._got(i)[0][k]
        again = functools.partial(self._noisiest, i, k)
        scale, unit = self._scale(i), observation.data.unit
        actual = observation.by_leaf[k]
        return judge(actual, {"it": assumed}, self._noise(i, k), scale, again, unit)

    def _noise(self, i: int, k: int) -> float:
        double, single = self._got(i)
        return float32_noise({"it": single[k]}, {"it": double[k]})

    def _noisiest(self, i: int, k: int) -> float:
        each = [
            self._noise(j, k) / (norm(self._got(j)[0][k]) or 1.0)
            for j in range(len(self.observations))
        ]
        return norm(self._got(i)[0][k]) * max_or_nan(*each)


def _is_unchanged(observation: Observation, k: int, got: Array, scale: float) -> bool:
    expected = observation.data.expected[k]
    rounding = FLOOR * max_or_nan(scale, observation.data.unit)
    return got.shape == expected.shape and norm(got - expected) <= rounding


def _tells(observation: Observation, k: int, tolerance: float) -> bool:
    actual, expected = observation.by_leaf[k], observation.data.expected[k]
    return actual.shape != expected.shape or norm(actual - expected) > 16 * tolerance
