"""The search: which of the hypotheses give the gradient that was written by hand."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.diagnosis import functions, losses, numbers, paths, products, sums
from crosscheck.diagnosis.hypothesis import together
from crosscheck.diagnosis.reverse import Change
from crosscheck.verdict import (
    FLOOR,
    MIDPOINT,
    Verdict,
    float32_noise,
    judge,
    max_or_nan,
    norm,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from crosscheck.diagnosis.hypothesis import Hypothesis
    from crosscheck.diagnosis.reverse import Array, Gradients, Run
    from crosscheck.diagnosis.steps import Step

COARSE = 1e-3  # of the disagreement: what leaves more of it at the first point is dropped there
SPECIAL = (-1.0, -2.0, 1.0, -0.5)  # cut, sign, twice, half: sizes to try where none can be fitted


@dataclass(frozen=True)
class Case:
    """One point: the program's run in either precision, and the gradients by hand, by leaf."""

    double: Run
    single: Run
    hand: Mapping[int, Array]
    unit: float = 1.0


@dataclass(frozen=True)
class Fit:
    """A hypothesis that gives the gradient by hand, and its size."""

    hypothesis: Hypothesis
    size: float


class OutOfTimeError(Exception):
    """The budget is spent."""


@dataclass(frozen=True)
class Search:
    """The search among all hypotheses, until `deadline` by the monotonic clock."""

    cases: Sequence[Case]
    steps: Sequence[Step]
    wrong: Sequence[int]  # leaves, the first in the backward pass first
    deadline: float

    def singles(self) -> list[Fit]:
        """Return the hypotheses that give every gradient by hand, at every point."""
        return [fit for fit in self._fits(Change(), self.wrong) if self._holds([fit])]

    def pairs(self) -> list[tuple[Fit, Fit]]:
        """Return the pairs that do, the first of each explaining what goes wrong first."""
        found = []
        first = self.wrong[:1]
        for fit in self._fits(Change(), first):
            if fit.hypothesis.mutated is None:
                base = fit.hypothesis.change(fit.size)
                others = self._fits(base, self.wrong)
                found += [(fit, other) for other in others if self._holds([fit, other])]
        return found

    def hypotheses(self) -> Iterator[Hypothesis]:
        """Yield all hypotheses, the commonest mistakes first."""
        run, steps = self.cases[0].double, self.steps
        where = [step.nodes for step in steps if run.values[step.nodes[0]].ndim]
        leaves = [run.leaves[k] for k in self.wrong]
        yield from chain(
            numbers.whole(run, leaves),
            paths.factors(run, steps),
            together(functions.activations(run, steps)),
            products.operands(run, steps),
            together(products.updated(run, steps)),
            together(sums.rows(run, steps)),
            together(sums.broadcasts(run, steps)),
            functions.closed_softmax(run, steps),
            functions.closed_sigmoid(run, steps),
            functions.closed_normalisation(run, steps),
            sums.maxima(run, steps),
            paths.passes(run, steps),
            paths.overlaps(run, steps),
            paths.cuts(run, steps),
            losses.others(run, steps),
            losses.rounded(run, steps),
            products.exchanged(run, steps),
            functions.elsewhere(run, steps),
            sums.upstreams(run, steps),
            numbers.clipped(run, where),
        )

    @cached_property
    def slack(self) -> dict[int, float]:
        """How far off each gradient may be at the first point to be looked at again."""
        case = self.cases[0]
        double, single = (run.gradients(Change()) for run in (case.double, case.single))
        scale = max_or_nan(0.0, *map(norm, double.values()))
        slack = {}
        for k, hand in case.hand.items():
            right = double.get(k, np.zeros(hand.shape))
            off = norm(hand - right if hand.shape == right.shape else hand)
            noise = float32_noise({"it": single.get(k, right)}, {"it": right})
            slack[k] = max_or_nan(MIDPOINT * noise, FLOOR * scale, COARSE * off)
        return slack

    def _is_near(self, gradient: Array, k: int) -> bool:
        """Return whether a gradient is the one by hand, coarsely, at the first point."""
        hand = self.cases[0].hand[k]
        return gradient.shape == hand.shape and norm(gradient - hand) <= self.slack[k]

    def _fits(self, base: Change, wanted: Sequence[int]) -> Iterator[Fit]:
        """Yield what gives the wanted gradients, coarsely, at the first point, on top of `base`.

        Each is tried on the smallest gradient that is still wrong, and then on all of them.
        """
        whole = self.cases[0].double
        start = whole.gradients(base)
        off = [k for k in wanted if not self._is_near(start[k], k)]
        if not off:
            return
        probe = min(off, key=lambda k: self.cases[0].hand[k].size)
        part = whole.watching([probe])
        for hypothesis in self.hypotheses():
            if time.monotonic() > self.deadline:
                raise OutOfTimeError
            if base.meets(hypothesis.change(1.0)) or (base != Change() and hypothesis.mutated):
                continue
            for size in self._sizes(hypothesis, base, part, start[probe], probe):
                got = hypothesis.gradients(whole, base, size)
                if all(self._is_near(got[k], k) for k in wanted):
                    yield Fit(hypothesis, size)
                    break

    def _sizes(
        self, hypothesis: Hypothesis, base: Change, part: Run, start: Array, probe: int
    ) -> Iterator[float]:
        """Yield the sizes at which a hypothesis gives one gradient."""
        hand = self.cases[0].hand[probe]
        once = hypothesis.gradients(part, base, 1.0)[probe]
        if not hypothesis.sized:
            if self._is_near(once, probe):
                yield 1.0
            return
        if hand.shape != start.shape or norm(once - start) <= self.slack[probe]:
            return
        along = np.ravel(once - start)
        size = float(along @ np.ravel(hand - start) / (along @ along))
        if self._is_near(start + size * (once - start), probe):
            yield _rounded(size)
            return
        for size in SPECIAL:
            if self._is_near(hypothesis.gradients(part, base, size)[probe], probe):
                yield size

    def _holds(self, fits: Sequence[Fit]) -> bool:
        """Return whether the fits give every gradient by hand to rounding, at every point.

        As ever no point may disagree, and half of them must be able to tell. At one of them the
        right gradient must be further off than the rounding of what is assumed could explain.
        """
        *before, last = fits
        base = Change()
        for fit in before:
            base |= fit.hypothesis.change(fit.size)

        @functools.cache
        def got(i: int) -> tuple[Gradients, Gradients]:
            double, single = (
                last.hypothesis.gradients(run, base, last.size)
                for run in (self.cases[i].double, self.cases[i].single)
            )
            return double, single

        def noise(i: int, k: int) -> float:
            double, single = got(i)
            return float32_noise({"it": single[k]}, {"it": double[k]})

        def noisiest(i: int, k: int) -> float:
            size = norm(got(i)[0][k])
            each = [noise(j, k) / (norm(got(j)[0][k]) or 1.0) for j in range(len(self.cases))]
            return size * max_or_nan(*each)

        agreeing, telling = 0, False
        for i, case in enumerate(self.cases):
            double, _ = got(i)
            scale = max_or_nan(*map(norm, double.values()))
            verdicts = set()
            for k, right in double.items():
                again = functools.partial(noisiest, i, k)
                judgement = judge(case.hand[k], {"it": right}, noise(i, k), scale, again, case.unit)
                verdicts.add(judgement.verdict)
                telling |= k in self.wrong and _tells(case, k, judgement.tolerance)
            if Verdict.DISAGREE in verdicts:
                return False
            agreeing += verdicts == {Verdict.AGREE}
        return telling and 2 * agreeing >= len(self.cases)


def _tells(case: Case, k: int, tolerance: float) -> bool:
    """Return whether a point tells a gradient by hand from the right one."""
    hand, true = case.hand[k], case.double.bar(case.double.leaves[k])
    return hand.shape != true.shape or norm(hand - true) > 16 * tolerance


def _rounded(size: float) -> float:
    """Return the number that was meant, if one is near: of few digits, or one over a whole one."""
    factor = 1 + size
    nearest = [float(round(factor)), float(f"{factor:.6g}")]
    nearest += [1 / round(1 / factor)] if 0 < abs(factor) < 1 else []
    for near in nearest:
        if abs(near - factor) <= 1e-9 * max(abs(factor), abs(size)):
            return near - 1
    short = float(f"{size:.6g}")
    return short if abs(short - size) <= 1e-9 * abs(size) else size
