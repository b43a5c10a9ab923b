"""The search, gradient by gradient: which hypotheses reproduce the actual one.

Each incorrect gradient is explained by itself: by one hypothesis, or by one on top of what explains
another gradient. A hypothesis need not explain the others: code computes each gradient on its own.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.core.norms import max_or_nan, norm
from crosscheck.core.verdict import FLOOR, MIDPOINT
from crosscheck.diagnosis import parts
from crosscheck.diagnosis.backward import Change
from crosscheck.diagnosis.reproduction import Compared, Fit, Reproduction, both

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from crosscheck.diagnosis.backward import Array, Gradients
    from crosscheck.diagnosis.hypotheses.base import Hypothesis
    from crosscheck.diagnosis.hypotheses.catalogue import Catalogue
    from crosscheck.diagnosis.observation import Observation
    from crosscheck.diagnosis.reproduction import Fits

NONE = Change()
COARSE = 1e-3  # of the disagreement: what leaves more of it at the first point is dropped there
SPECIAL = (-1.0, -2.0, 1.0, -0.5)  # cut, sign, twice, half: sizes to try where none can be fitted
FITTED = 1e-9  # relative: two sizes that were fitted and differ by less are the same
ALIKE = 1e-6  # relative: two gradients that differ by less are the same
PLACES = 8  # of one change: more are not looked at


class OutOfBudgetError(Exception):
    """The budget is spent."""


@dataclass(frozen=True)
class Search:
    """The search among all hypotheses, until `budget` operations are done.

    Attributes:
        options: By wrong leaf, in the order of the backward pass, what reproduces its gradient: one
            fit, or some that act together. It grows while `run` runs.
        conflicts: Which other leaves a fit alone changes without reproducing their gradients.

    """

    observations: Sequence[Observation]
    catalogue: Catalogue
    wrong: Sequence[int]  # leaves, the first in the backward pass first
    budget: float

    @cached_property
    def options(self) -> dict[int, list[Fits]]:
        """What reproduces each wrong gradient."""
        return {k: [] for k in self.wrong}

    @cached_property
    def conflicts(self) -> dict[Fit, frozenset[int]]:
        """What else each fit would change."""
        return {}

    def singles(self) -> None:
        """Look for one hypothesis for each gradient, or for several; raise OutOfBudgetError."""
        for fit, near in self._near((), self.wrong):
            said = self._compared((fit,), near)
            self.conflicts[fit] = said.conflicting
            for k in said.reproduced if self._may_conflict(fit) or not said.conflicting else ():
                self.options[k].append((fit,))

    def _may_conflict(self, fit: Fit) -> bool:
        """Whether a mistake may be made for one gradient, and not for others that it changes.

        It proves little where there are many of its kind, where it is in no line of the user's, or
        where it is made in one iteration of a loop.
        """
        changed = {*fit.change.places, *fit.change.combines}
        return not fit.hypothesis.is_loose and any(
            step.place and changed.issuperset(step.nodes) for step in self.catalogue.steps
        )

    def _is_same(self, fit: Fit, other: Fit) -> bool:
        """Whether two are a mistake that is made once: of one kind, at one place."""
        return fit.hypothesis.kind == other.hypothesis.kind and self._place(fit) == self._place(
            other
        )

    def _place(self, fit: Fit) -> object:
        n = fit.hypothesis.nodes[0]
        return next((step.place for step in self.catalogue.steps if n in step.nodes), ())

    def combinations(self, leaves: Collection[int]) -> None:
        """Look for several that act together on each of some gradients; raise OutOfBudgetError.

        One of them explains another gradient, or a part of this one, or all of it but a factor.
        """
        missing = [*leaves]
        for bases in (self._known, self._partly):
            left = len(missing) + 1
            while len(missing) < left:
                left = len(missing)
                missing = [k for k in missing if not self._combines(k, bases(k))]

    def keep(self, observations: Sequence[Observation]) -> None:
        """Drop the options that one of some more points contradicts."""
        for k, options in self.options.items():
            said = {fits: Reproduction(observations, fits) for fits in options}
            self.options[k] = [fits for fits in options if not said[fits].is_contradicted(k)]

    def _compared(self, fits: Fits, leaves: Collection[int]) -> Compared:
        try:
            return Reproduction(self.observations, fits).compared(leaves)
        except Exception:  # noqa: BLE001 - the others can still be tried
            self.catalogue.failed.add(fits[-1].hypothesis)
            return Compared(frozenset(), frozenset())

    def _combines(self, k: int, bases: Iterable[Fits]) -> bool:
        """Look for what gives one gradient on top of something else."""
        for alike in self._effects(k, bases):
            for fit, _ in self._near(alike[0], [k]):
                for base in alike[:PLACES]:
                    again = fit.hypothesis.is_rare or any(self._is_same(fit, o) for o in base)
                    if not (again or both(base).meets(fit.change)):
                        together = (*base, fit)
                        if self._compared(together, [k]).reproduced:
                            self.options[k].append(together)
        return bool(self.options[k])

    def _effects(self, k: int, bases: Iterable[Fits]) -> list[list[Fits]]:
        """Return what changes a gradient, those together that change it alike."""
        run = self.catalogue.run
        effects: dict[bytes, list[Fits]] = defaultdict(list)
        expected = run.gradients(NONE)[k]
        size = norm(expected) or 1.0
        for fits in bases:
            change = both(fits)
            if k in run.reached(change) and not any(fit.mutates for fit in fits):
                effect = run.gradients(change)[k]
                if effect.shape == expected.shape and norm(effect - expected) > ALIKE * size:
                    effects[np.rint(effect / size / ALIKE).astype(int).tobytes()].append(fits)
        return list(effects.values())

    def _known(self, _: int) -> Iterable[Fits]:
        """Return what explains other gradients."""
        return dict.fromkeys(fits for other in self.options.values() for fits in other)

    def _partly(self, k: int) -> Iterator[Fits]:
        """Yield what gives a part of one gradient: another hypothesis is on top."""
        actual, correct = self.observations[0].by_leaf[k], self.catalogue.run.gradients(NONE)[k]
        for hypothesis in self.catalogue.hypotheses(self.wrong):
            if hypothesis.is_loose or hypothesis in self.catalogue.failed:
                continue
            if self._reached(hypothesis, NONE, [k]):
                once = self.catalogue.once(hypothesis)[k]
                if once.shape != actual.shape or once.shape != correct.shape or once.size < 2:  # noqa: PLR2004
                    continue
                slack = self.slack[k]
                if hypothesis.sized:
                    for size in parts.sizes(correct, once, actual, slack):
                        yield (Fit(hypothesis, _rounded(size)),)
                elif parts.is_part(correct, once, actual, slack):
                    yield (Fit(hypothesis, 1.0),)

    @cached_property
    def slack(self) -> dict[int, float]:
        """How far off each gradient may be at the first point, to be checked at all points."""
        data, actuals = self.observations[0].data, self.observations[0].by_leaf
        scale = max_or_nan(0.0, *map(norm, data.expected))
        slack = {}
        for k in self.wrong:
            actual, expected = actuals[k], data.expected[k]
            off = norm(actual - expected if actual.shape == expected.shape else actual)
            slack[k] = max_or_nan(MIDPOINT * data.noise[k], FLOOR * scale, COARSE * off)
        return slack

    def _is_near(self, gradient: Array, k: int) -> bool:
        actual = self.observations[0].by_leaf[k]
        return gradient.shape == actual.shape and norm(gradient - actual) <= self.slack[k]

    def _near(self, before: Fits, wanted: Collection[int]) -> Iterator[tuple[Fit, list[int]]]:
        """Yield what gives some of the wanted gradients, coarsely, at the first point."""
        base = both(before)
        start = self.catalogue.run.gradients(base)
        off = [k for k in wanted if not self._is_near(start[k], k)]
        for hypothesis in self.catalogue.hypotheses(self.wrong) if off else ():
            self._hurry()
            try:
                reached = self._reached(hypothesis, base, off)
                sizes = self._sizes(hypothesis, base, start, reached) if reached else {}
                for size, near in sizes.items():
                    yield Fit(hypothesis, size), near
            except Exception:  # noqa: BLE001 - the others can still be tried
                self.catalogue.failed.add(hypothesis)

    def _reached(self, hypothesis: Hypothesis, base: Change, off: Sequence[int]) -> list[int]:
        """Return which of some gradients a hypothesis may change, beside another change."""
        if hypothesis.mutated is not None:
            return [*off] if base == NONE else []
        change = hypothesis.change(1.0)
        reached = frozenset() if base.meets(change) else self.catalogue.run.reached(change)
        return [k for k in off if k in reached]

    def _hurry(self) -> None:
        meters = (o.data.double.meter for o in self.observations)
        if sum(meter.spent for meter in meters) > self.budget:
            raise OutOfBudgetError

    def _sizes(
        self, hypothesis: Hypothesis, base: Change, start: Gradients, leaves: Sequence[int]
    ) -> dict[float, list[int]]:
        """Return the sizes at which a hypothesis gives some of the gradients, and which."""
        gradients = functools.partial(hypothesis.gradients, self.catalogue.run, base)
        once = self.catalogue.once(hypothesis) if base == NONE else gradients(1.0)
        if not hypothesis.sized:
            near = [k for k in leaves if self._is_near(once[k], k)]
            return {1.0: near} if near else {}
        sizes: dict[float, list[int]] = defaultdict(list)
        for k in leaves:
            actual = self.observations[0].by_leaf[k]
            along = np.ravel(once[k] - start[k])
            if actual.shape == start[k].shape and norm(along) > self.slack[k]:
                size = float(along @ np.ravel(actual - start[k]) / (along @ along))
                if self._is_near(start[k] + size * (once[k] - start[k]), k):
                    size = _rounded(size)
                    known = (other for other in sizes if abs(other - size) <= FITTED * abs(size))
                    sizes[next(known, size)].append(k)
        # A path that a loop takes several times has powers of the size: not linear in it.
        change = hypothesis.change(1.0)
        if len(change.edges) + len(change.combines) > 1:
            for size in (*sizes, *SPECIAL):
                got = gradients(size)
                sizes[size] = [k for k in leaves if self._is_near(got[k], k)]
        return {s: near for s, near in sizes.items() if near and (s > 0 or not hypothesis.positive)}


def _rounded(size: float) -> float:
    """Return a number of few digits, or the reciprocal of an integer, where one is that near."""
    factor = 1 + size
    nearest = [float(round(factor)), float(f"{factor:.6g}")]
    nearest += [1 / round(1 / factor)] if 0 < abs(factor) < 1 else []
    for near in nearest:
        if abs(near - factor) <= FITTED * max(abs(factor), abs(size)):
            return near - 1
    short = float(f"{size:.6g}")
    return short if abs(short - size) <= FITTED * abs(size) else size
