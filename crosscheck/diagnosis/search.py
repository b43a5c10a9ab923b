"""The search: which of the hypotheses reproduce the actual gradient."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.core.norms import max_or_nan, norm
from crosscheck.core.verdict import FLOOR, MIDPOINT, Verdict, float32_noise, judge
from crosscheck.diagnosis.backward import Change

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crosscheck.diagnosis.backward import Array, Gradients, Run
    from crosscheck.diagnosis.hypotheses.base import Hypothesis
    from crosscheck.diagnosis.hypotheses.catalogue import Catalogue
    from crosscheck.diagnosis.observation import Observation

NONE = Change()
COARSE = 1e-3  # of the disagreement: what leaves more of it at the first point is dropped there
SPECIAL = (-1.0, -2.0, 1.0, -0.5)  # cut, sign, twice, half: sizes to try where none can be fitted


@dataclass(frozen=True)
class Fit:
    """A hypothesis that reproduces the actual gradient, and its size."""

    hypothesis: Hypothesis
    size: float


class OutOfTimeError(Exception):
    """The budget is spent."""


@dataclass(frozen=True)
class Search:
    """The search among all hypotheses, until `deadline` by the monotonic clock."""

    observations: Sequence[Observation]
    catalogue: Catalogue
    wrong: Sequence[int]  # leaves, the first in the backward pass first
    deadline: float

    def singles(self) -> Iterator[Fit]:
        """Yield the hypotheses that reproduce every actual gradient, at every point."""
        return (fit for fit in self._fits(NONE, self.wrong) if self._holds([fit]))

    def pairs(self) -> Iterator[tuple[Fit, Fit]]:
        """Yield the pairs that do, the first of each explaining the first incorrect gradient.

        What is done to several gradients alike is none of them: to one of them it would be undone.
        """
        for fit in self._fits(NONE, self.wrong[:1]):
            if fit.hypothesis.mutated is None and not self._is_shared(fit.hypothesis):
                base = fit.hypothesis.change(fit.size)
                for other in self._fits(base, self.wrong):
                    if self._holds([fit, other]):
                        yield fit, other

    def _is_shared(self, hypothesis: Hypothesis) -> bool:
        leaves = set(self.catalogue.run.leaves.values())
        return len(hypothesis.nodes) > 1 and leaves.issuperset(hypothesis.nodes)

    @cached_property
    def slack(self) -> list[float]:
        """How far off each gradient may be at the first point, to be checked at all points."""
        data, actuals = self.observations[0].data, self.observations[0].by_leaf
        scale = max_or_nan(0.0, *map(norm, data.expected))
        slack = []
        for actual, expected, noise in zip(actuals, data.expected, data.noise, strict=True):
            off = norm(actual - expected if actual.shape == expected.shape else actual)
            slack.append(max_or_nan(MIDPOINT * noise, FLOOR * scale, COARSE * off))
        return slack

    def _is_near(self, gradient: Array, k: int) -> bool:
        actual = self.observations[0].by_leaf[k]
        return gradient.shape == actual.shape and norm(gradient - actual) <= self.slack[k]

    def _fits(self, base: Change, wanted: Sequence[int]) -> Iterator[Fit]:
        """Yield what gives the wanted gradients, coarsely, at the first point, on top of `base`.

        Each is tried on the smallest gradient that is still wrong, and then on all of them.
        """
        whole = self.catalogue.run
        start = whole.gradients(base)
        off = [k for k in wanted if not self._is_near(start[k], k)]
        if not off:
            return
        probe = min(off, key=lambda k: self.observations[0].by_leaf[k].size)
        part = whole.watching([probe])
        for hypothesis in self.catalogue.hypotheses(self.wrong):
            self._hurry()
            try:
                if not self._may_explain(hypothesis, base, off):
                    continue
                for size in self._sizes(hypothesis, base, part, start[probe], probe):
                    if hypothesis.positive and size <= 0:
                        continue
                    got = hypothesis.gradients(whole, base, size)
                    if all(self._is_near(got[k], k) for k in wanted):
                        yield Fit(hypothesis, size)
                        break
            except Exception:  # noqa: BLE001 - the others can still be tried
                self.catalogue.failed.add(hypothesis)

    def _may_explain(self, hypothesis: Hypothesis, base: Change, off: Sequence[int]) -> bool:
        """Return whether a hypothesis fits beside another change, and reaches what is off."""
        change = hypothesis.change(1.0)
        if hypothesis.mutated is not None:
            return base == NONE
        return not base.meets(change) and self.catalogue.run.reached(change).issuperset(off)

    def _hurry(self) -> None:
        if time.monotonic() > self.deadline:
            raise OutOfTimeError

    def _sizes(
        self, hypothesis: Hypothesis, base: Change, part: Run, start: Array, probe: int
    ) -> Iterator[float]:
        """Yield the sizes at which a hypothesis gives one gradient."""
        actual = self.observations[0].by_leaf[probe]
        if base == NONE:
            once = self.catalogue.once(hypothesis, part, probe)
        else:
            once = hypothesis.gradients(part, base, 1.0)[probe]
        if not hypothesis.sized:
            if self._is_near(once, probe):
                yield 1.0
            return
        if actual.shape != start.shape or norm(once - start) <= self.slack[probe]:
            return
        along = np.ravel(once - start)
        size = float(along @ np.ravel(actual - start) / (along @ along))
        if self._is_near(start + size * (once - start), probe):
            yield _rounded(size)
        # A path that a loop takes several times has powers of the size: not linear in it.
        for size in SPECIAL:
            if self._is_near(hypothesis.gradients(part, base, size)[probe], probe):
                yield size

    def _holds(self, fits: Sequence[Fit]) -> bool:
        """Return whether the fits reproduce every actual gradient to rounding, at every point.

        As in the verdict no point may disagree, and half of them must agree. At one of them the
        correct gradient must be further off than the rounding error of the assumed one.
        """
        *before, last = fits
        base = Change()
        for fit in before:
            base |= fit.hypothesis.change(fit.size)

        @functools.cache
        def got(i: int) -> tuple[Gradients, Gradients]:
            double, single = (
                last.hypothesis.gradients(run, base, last.size)
                for run in (self.observations[i].data.double, self.observations[i].data.single)
            )
            return double, single

        def noise(i: int, k: int) -> float:
            double, single = got(i)
            return float32_noise({"it": single[k]}, {"it": double[k]})

        def noisiest(i: int, k: int) -> float:
            size = norm(got(i)[0][k])
            each = [
                noise(j, k) / (norm(got(j)[0][k]) or 1.0) for j in range(len(self.observations))
            ]
            return size * max_or_nan(*each)

        agreeing, telling = 0, False
        for i, observation in enumerate(self.observations):
            self._hurry()
            double, _ = got(i)
            scale = max_or_nan(*map(norm, double.values()))
            verdicts = set()
            for k, assumed in double.items():
                # What the hypothesis leaves unchanged was judged in the certificate.
                if k not in self.wrong and _is_unchanged(observation, k, assumed, scale):
                    continue
                again = functools.partial(noisiest, i, k)
                judgement = judge(
                    observation.by_leaf[k],
                    {"it": assumed},
                    noise(i, k),
                    scale,
                    again,
                    observation.data.unit,
                )
                verdicts.add(judgement.verdict)
                telling |= k in self.wrong and _tells(observation, k, judgement.tolerance)
            if Verdict.DISAGREE in verdicts:
                return False
            agreeing += verdicts <= {Verdict.AGREE}
        return telling and 2 * agreeing >= len(self.observations)


def _is_unchanged(observation: Observation, k: int, got: Array, scale: float) -> bool:
    expected = observation.data.expected[k]
    rounding = FLOOR * max_or_nan(scale, observation.data.unit)
    return got.shape == expected.shape and norm(got - expected) <= rounding


def _tells(observation: Observation, k: int, tolerance: float) -> bool:
    actual, expected = observation.by_leaf[k], observation.data.expected[k]
    return actual.shape != expected.shape or norm(actual - expected) > 16 * tolerance


def _rounded(size: float) -> float:
    """Return a number of few digits, or the reciprocal of an integer, where one is that near."""
    factor = 1 + size
    nearest = [float(round(factor)), float(f"{factor:.6g}")]
    nearest += [1 / round(1 / factor)] if 0 < abs(factor) < 1 else []
    for near in nearest:
        if abs(near - factor) <= 1e-9 * max(abs(factor), abs(size)):
            return near - 1
    short = float(f"{size:.6g}")
    return short if abs(short - size) <= 1e-9 * abs(size) else size
