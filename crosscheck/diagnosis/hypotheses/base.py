"""What a hypothesis is: a small, named change to the reverse pass."""

from __future__ import annotations

import functools
import operator
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosscheck.diagnosis.backward import Change, run, total

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from crosscheck.diagnosis.backward import Array, Gradients, Parts, Run, Spoil
    from crosscheck.ir.program import Program


def always(change: Change) -> Callable[[float], Change]:
    """Return a change as a function of a size that it does not have."""
    return lambda _: change


NEVER = always(Change())


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """A mistake, as a change of the reverse pass, or of the program that it goes through.

    `kind`: what the mistake is, wherever it is made; two hypotheses of one kind that have the same
    effect are one. `nodes`: where. `change`: of a size, 0 for none. A mistake that comes in sizes
    (a factor, a learning rate) is `sized`, any other is whole at 1. `mutated`: the program that is
    differentiated, where it is not the user's. `detail`: what belongs to the kind's sentence.
    `members`: where one mistake is made at several places, the same at each of them alone.
    """

    kind: str
    nodes: tuple[int, ...]
    change: Callable[[float], Change] = NEVER
    sized: bool = False
    mutated: Callable[[Program], Program] | None = None
    detail: str = ""
    members: tuple[Hypothesis, ...] = ()

    def gradients(self, true: Run, base: Change, size: float) -> Gradients:
        """Return the gradients that this mistake gives, beside another change."""
        spoiled = true
        if self.mutated is not None:
            spoiled = run(self.mutated(true.program), true.given, true.watched)
        return spoiled.gradients(base | self.change(size))


def together(found: Iterable[Hypothesis]) -> Iterator[Hypothesis]:
    """Yield hypotheses, and those of one kind that may be made everywhere as one, of one size."""
    groups: dict[tuple[str, str], list[Hypothesis]] = defaultdict(list)
    for hypothesis in found:
        yield hypothesis
        groups[hypothesis.kind, hypothesis.detail].append(hypothesis)
    for (kind, detail), some in groups.items():
        # An activation is several nested functions: of those at one place the whole one counts.
        members = tuple({member.nodes[0]: member for member in some}.values())
        if len(members) > 1:
            nodes = tuple(member.nodes[0] for member in members)
            change = functools.partial(_everywhere, members)
            sized = members[0].sized
            yield Hypothesis(kind, nodes, change, sized, detail=detail, members=members)


def _everywhere(members: Sequence[Hypothesis], size: float) -> Change:
    return functools.reduce(operator.or_, (member.change(size) for member in members))


def on_edge(nodes: Iterable[int], k: int, spoil: Spoil) -> Change:
    """Return the change in which each node hands `spoil(run, node, cotangent)` to its input k."""
    return Change(edges={(n, k): spoil for n in nodes})


def on_value(nodes: Iterable[int], spoil: Spoil) -> Change:
    """Return the change in which each node's cotangent becomes `spoil(run, node, cotangent)`."""

    def combine(run: Run, n: int, parts: Parts) -> Array:
        return spoil(run, n, total(run, n, parts))

    return Change(combines=dict.fromkeys(nodes, combine))
