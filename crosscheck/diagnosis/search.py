"""The search: which of the hypotheses give the gradient that was written by hand."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.diagnosis import functions, losses, numbers, paths, products, sums
from crosscheck.diagnosis.hypothesis import Hypothesis, together
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
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from crosscheck.diagnosis.reverse import Array, Run
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


NOTHING = Hypothesis("nothing", ())


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
                found += [
                    (fit, other)
                    for other in self._fits(base, self.wrong)
                    if other.hypothesis.mutated is None and self._holds([fit, other])
                ]
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
    def slack(self) -> list[float]:
        """How far off each gradient may be at the first point to be looked at again."""
        case = self.cases[0]
        double, single = (
            _gradients(NOTHING, run, Change(), 0.0, case.hand) for run in (case.double, case.single)
        )
        scale = max_or_nan(*map(norm, double))
        return [
            max_or_nan(
                MIDPOINT * float32_noise({"it": one}, {"it": two}),
                FLOOR * scale,
                COARSE * norm(hand - two if hand.shape == two.shape else hand),
            )
            for one, two, hand in zip(single, double, case.hand.values(), strict=True)
        ]

    def _reproduces(
        self, got: Sequence[Array], hand: Mapping[int, Array], wanted: Sequence[int]
    ) -> bool:
        """Return whether the wanted gradients come out, coarsely."""
        return all(
            got[k].shape == hand[k].shape and norm(got[k] - hand[k]) <= self.slack[k]
            for k in wanted
        )

    def _fits(self, base: Change, wanted: Sequence[int]) -> Iterator[Fit]:
        """Yield what fits the wanted leaves, coarsely and at the first point, on top of `base`."""
        case = self.cases[0]
        start = _gradients(NOTHING, case.double, base, 0.0, case.hand)
        for hypothesis in self.hypotheses():
            if time.monotonic() > self.deadline:
                raise OutOfTimeError
            change = hypothesis.change(1.0)
            if base.meets(change):
                continue
            with np.errstate(all="ignore"):
                spoiled = _gradients(hypothesis, case.double, base, 1.0, case.hand)
                if self._reproduces(spoiled, dict(enumerate(start)), range(len(start))):
                    continue
                if not hypothesis.sized:
                    if self._reproduces(spoiled, case.hand, wanted):
                        yield Fit(hypothesis, 1.0)
                    continue
                yield from self._sized(hypothesis, base, start, spoiled, wanted)

    def _sized(
        self,
        hypothesis: Hypothesis,
        base: Change,
        start: Sequence[Array],
        spoiled: Sequence[Array],
        wanted: Sequence[int],
    ) -> Iterator[Fit]:
        """Yield a hypothesis at the size that fits, if one does."""
        case = self.cases[0]
        pairs = [
            (np.ravel(spoiled[k] - start[k]), np.ravel(case.hand[k] - start[k]))
            for k in wanted
            if case.hand[k].shape == start[k].shape
        ]
        if not pairs:
            return
        along, away = (np.concatenate(side) for side in zip(*pairs, strict=True))
        size = float(along @ away / (along @ along)) if along.any() else 0.0
        linear = [g + size * (s - g) for g, s in zip(start, spoiled, strict=True)]
        sizes = [_rounded(size)] if self._reproduces(linear, case.hand, wanted) else SPECIAL
        for one in sizes:
            got = _gradients(hypothesis, case.double, base, one, case.hand)
            if one and self._reproduces(got, case.hand, wanted):
                yield Fit(hypothesis, one)
                return

    def _holds(self, fits: Sequence[Fit]) -> bool:
        """Return whether the fits give every gradient by hand to rounding, at every point.

        As ever no point may disagree, and half of them must be able to tell. At one of them the
        right gradient must be further off than the rounding of what is assumed could explain.
        """
        *before, last = fits
        base = Change()
        for fit in before:
            base |= fit.hypothesis.change(fit.size)
        with np.errstate(all="ignore"):
            got = [
                [
                    _gradients(last.hypothesis, run, base, last.size, case.hand)
                    for run in (case.double, case.single)
                ]
                for case in self.cases
            ]
        agreeing, telling = 0, False
        for case, (double, single) in zip(self.cases, got, strict=True):
            scale = max_or_nan(*map(norm, double))
            verdicts = set()
            for k, hand in case.hand.items():
                noise = float32_noise({"it": single[k]}, {"it": double[k]})
                again = _noise_elsewhere(got, k, norm(double[k]))
                judgement = judge(hand, {"it": double[k]}, noise, scale, again, case.unit)
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


def _noise_elsewhere(
    got: Sequence[Sequence[Sequence[Array]]], k: int, size: float
) -> Callable[[], float]:
    """Return what measures a gradient's noise at all points, for one of a size."""

    def measure() -> float:
        noises = [
            float32_noise({"it": single[k]}, {"it": double[k]}) / (norm(double[k]) or 1.0)
            for double, single in got
        ]
        return size * max_or_nan(*noises)

    return measure


def _gradients(
    hypothesis: Hypothesis, run: Run, base: Change, size: float, hand: Mapping[int, Array]
) -> list[Array]:
    """Return the gradients that a hypothesis gives on top of a change; zero for unused leaves."""
    if hypothesis.mutated is None:
        got = run.gradients(base | hypothesis.change(size), len(hand))
    else:
        got = hypothesis.gradients(run, size, len(hand))
    return [np.zeros_like(hand[k]) if g is None else g for k, g in enumerate(got)]


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
