"""From incorrect gradients to the mistakes, and to the lines that they are on.

A hypothesis is a small change to the reverse pass of the user's own computation. One under which
that pass reproduces an actual gradient, to rounding and at every point, is an explanation of it.
Each gradient is explained by itself, and then as few causes as possible for all of them are taken;
the mistake has a name where there is one such choice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.core.norms import norm
from crosscheck.diagnosis.comparing import comparable, compared, differs
from crosscheck.diagnosis.diagnosis import Diagnosis, undiagnosed
from crosscheck.diagnosis.hypotheses.numerical import NUMERICAL, numerical
from crosscheck.diagnosis.hypotheses.observed import CLIPPING, OBSERVED, stacked
from crosscheck.diagnosis.joining import joined
from crosscheck.diagnosis.search import OutOfBudgetError, Search
from crosscheck.diagnosis.shapes import misshapen
from crosscheck.diagnosis.wording import Cause, Context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from crosscheck.diagnosis.backward import Run
    from crosscheck.diagnosis.diagnosis import Explanation
    from crosscheck.diagnosis.hypotheses.base import Kind
    from crosscheck.diagnosis.observation import Observation
    from crosscheck.diagnosis.reproduction import Fits
    from crosscheck.diagnosis.shapes import Misshapen, Turn

    More = Callable[[], Sequence[Observation]]

OPERATIONS = 30_000  # of a reverse pass, in NumPy, that one core does in a second


# Overflow at a point is no reason to warn: that point is left out.
@np.errstate(all="ignore")
def diagnose(
    observations: Sequence[Observation],
    wrong: Sequence[str],
    lengths: Mapping[int, Sequence[str]],
    budget: float,
    more: More = tuple,
) -> Diagnosis:
    """Return what explains incorrect gradients.

    Args:
        observations: The recorded loss and the actual gradients, by point; the first recording
            tells the origins of its nodes. Points whose program is another than the first's are
            left out: their branches went elsewhere.
        wrong: The parameters whose gradients are incorrect, one at least.
        lengths: All axes that have a length, in words, by the length.
        budget: The work after which the search ends, in seconds that it takes on one core: counted
            in operations, so that a busy machine gives the same answer.
        more: Returns observations at further points, to tell two explanations apart.

    """
    if not observations:
        return undiagnosed(wrong, "the loss is finite at no point")
    names = list(observations[0].actual)
    leaves = [names.index(name) for name in wrong]
    points = comparable(observations, leaves)
    catalogue = points[0].data.catalogue(observations[0].data.recording.origins)
    run = catalogue.run
    order = sorted(leaves, key=lambda k: -_depth(run, k))
    search = Search(points, catalogue, [k for k in order if k in run.leaves], budget * OPERATIONS)
    context = Context(run, catalogue.steps, names, lengths)
    found = Explaining(search, order, context)
    complete = True
    try:
        found.look()
    except OutOfBudgetError:
        complete = False
    explanations = found.explanations()
    if len(explanations) > 1:
        further = [o for o in comparable([observations[0], *more()], leaves) if o not in points]
        search.keep(further)
        points += further
        explanations = found.explanations()
    return Diagnosis(
        tuple(explanations),
        names[order[0]],
        differs(points[0], order[0]),
        len(points),
        complete,
        len(catalogue.failed),
        tuple(names[k] for k in order),
    )


def _depth(run: Run, k: int) -> int:
    """Return how late in the forward pass a parameter is used, and how early in the backward."""
    return max(run.consumers[run.leaves[k]], default=0) if k in run.leaves else -1


def merged(causes: Sequence[Cause]) -> Explanation:
    """Return causes, those that are said alike of several gradients as one."""
    found: dict[Cause, tuple[str, ...]] = {}
    for cause in causes:
        bare = replace(cause, gradients=())
        found[bare] = tuple(dict.fromkeys((*found.get(bare, ()), *cause.gradients)))
    return tuple(replace(cause, gradients=names) for cause, names in found.items())


@dataclass(frozen=True)
class Explaining:
    """What explains each of the wrong gradients, in the order of the backward pass."""

    search: Search
    wrong: Sequence[int]
    context: Context

    @cached_property
    def seen(self) -> dict[int, Cause]:
        """What is observed in a gradient, but cannot be computed, by leaf."""
        return {}

    def look(self) -> None:
        """Look for explanations of every gradient; raise OutOfBudgetError."""
        search = self.search
        search.singles()
        rest = [k for k in search.wrong if not search.options[k]]
        self.seen.update(self._together(rest))
        for k in (k for k in rest if k not in self.seen):
            self.seen.update((k, cause) for cause in self._observed(k))
        search.combinations([k for k in rest if k not in self.seen])

    def explanations(self) -> list[Explanation]:
        """Return the choices of the fewest causes; none where a gradient has no explanation."""
        options = {k: o for k, o in self.search.options.items() if o or k not in self.seen}
        if len({*options, *self.seen}) < len(self.wrong):
            return []
        found: dict[frozenset[object], Explanation] = {}
        for parts in joined(options, self.search.conflicts) if options else [[]]:
            causes = [c for part in parts for c in self.context.causes(part.fits, part.leaves)]
            key = frozenset((c.kind, c.places, c.size, c.sentence) for c in causes)
            found.setdefault(key, merged([*causes, *self.seen.values()]))
        return [causes for causes in found.values() if causes]

    def _observed(self, k: int) -> Iterator[Cause]:
        """Yield what is observed in one gradient at every point, if anything is."""
        each = [compared(observation, k) for observation in self.search.observations]
        if any(actual.shape != expected.shape for actual, expected, *_ in each):
            yield from self._misshapen(k)
            return
        quotient = numerical(self.search.observations, k)
        if quotient:
            yield self._seen_as(NUMERICAL, k, quotient)
            return
        for kind, (fits, shows) in OBSERVED.items():
            if all(fits(*one) for one in each) and shows(each):
                yield self._seen_as(kind, k)
                return

    def _seen_as(self, kind: Kind, k: int, detail: str = "") -> Cause:
        sentence, names = kind.sentence.format(detail=detail), (self.context.names[k],)
        return Cause(kind.name, sentence, (), 1.0, fix=kind.fix, gradients=names)

    def _together(self, leaves: Sequence[int]) -> Iterator[tuple[int, Cause]]:
        """Yield what is observed in all gradients as in one: they are clipped together."""
        each = [
            stacked([compared(observation, k) for k in leaves])
            for observation in self.search.observations
        ]
        for kind, (fits, shows) in CLIPPING.items() if len(leaves) > 1 else ():
            if all(one and fits(*one) for one in each) and shows([one for one in each if one]):
                yield from ((k, self._seen_as(kind, k)) for k in leaves)
                return

    def _misshapen(self, k: int) -> Iterator[Cause]:
        """Yield what a wrong shape says; what else is wrong goes to the options."""
        actual, expected, *_ = compared(self.search.observations[0], k)
        ways = list(misshapen(actual.shape, expected.shape))
        right = [way for way in ways if self._is_all(k, way)]
        for way in right[:1] or ways[:1]:
            values = [] if right or way.repair is None else self._repaired(k, way.repair)
            self.search.options[k] += values
            alone = "the values are correct, their shape is not: " if right and way.repair else ""
            place = self.context.place_of(self.context.run.consumers[self.context.run.leaves[k]][0])
            # A shape may come about in many ways: which it was, only the values tell.
            known = bool(right or values)
            yield Cause(
                way.kind,
                alone + way.sentence if known else way.sentence.partition(":")[0],
                place[:1],
                1.0,
                place[1:],
                way.fix if known else "",
                gradients=(self.context.names[k],),
                reproduces=known,
            )

    def _repaired(self, k: int, repair: Turn) -> list[Fits]:
        """Return what explains the values of a gradient whose shape is repaired."""
        name = self.context.names[k]
        repaired = [
            replace(o, actual={**o.actual, name: repair(o.by_leaf[k])})
            for o in self.search.observations
        ]
        search = replace(self.search, observations=repaired, wrong=[k])
        search.singles()
        self.search.conflicts.update(search.conflicts)
        return search.options[k]

    def _is_all(self, k: int, way: Misshapen) -> bool:
        """Whether nothing but the shape is wrong."""
        each = [compared(observation, k) for observation in self.search.observations]
        if way.repair is not None:
            return all(norm(way.repair(a) - expected) <= t for a, expected, _, t in each)
        spoil = way.spoil or np.zeros_like
        return all(norm(a - spoil(expected)) <= t * expected.size for a, expected, _, t in each)
