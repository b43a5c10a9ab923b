"""What a hypothesis is: a small, named change to the reverse pass."""

from __future__ import annotations

import functools
import operator
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crosscheck.diagnosis.backward import Change, run, total

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from crosscheck.diagnosis.backward import Array, EdgeVjp, Gradients, Parts, Run
    from crosscheck.diagnosis.source_steps import Step
    from crosscheck.ir.program import Program


def always(change: Change) -> Callable[[float], Change]:
    """Return a change as a function of a size, whatever that is."""
    return lambda _: change


RARE = {"upstream", "gradient of another value"}
NEVER = always(Change())


@dataclass(frozen=True)
class Kind:
    """A kind of mistake, and all that is said of it.

    `name`: a key for programs, which stays. `sentence` and `fix`: format strings, of the fields of
    `wording.Facts`. `implies`: the names of the kinds that are nothing else where this one fits:
    the same change, described at another place.
    """

    name: str
    sentence: str
    fix: str = ""
    implies: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """A mistake, as a change of the reverse pass, or of the program that is differentiated.

    `nodes`: where. `change`: a function of the mistake's size, 0 for none. A mistake that comes in
    sizes (a factor, a learning rate) is `sized`, and some sizes are `positive`; any other has size
    1. `mutated`: the program that is differentiated, where it is not the user's. `detail`: for the
    sentence. `of`: the primitives of the function that is differentiated. `members`: where one
    mistake is made at several places, the same at each of them.
    """

    kind: Kind
    nodes: tuple[int, ...]
    change: Callable[[float], Change] = NEVER
    sized: bool = False
    positive: bool = False
    mutated: Callable[[Program], Program] | None = None
    detail: str = ""
    of: tuple[str, ...] = ()
    members: tuple[Hypothesis, ...] = ()

    @property
    def is_loose(self) -> bool:
        """Whether there are so many of its kind that another mistake on top proves little."""
        return self.mutated is not None or "{other}" in self.kind.sentence

    @property
    def is_rare(self) -> bool:
        """Whether there are so many of its kind that it explains nothing on top of another one."""
        return self.kind.name in RARE

    def gradients(self, correct: Run, base: Change, size: float) -> Gradients:
        """Return the gradients with this mistake, on top of another change."""
        differentiated = correct
        if self.mutated is not None:
            program = self.mutated(correct.program)
            differentiated = run(program, correct.given, correct.watched, correct.meter)
        return differentiated.gradients(base | self.change(size))


def together(found: Iterable[Hypothesis]) -> Iterator[Hypothesis]:
    """Yield hypotheses, and those of one kind also as one, of one size: at all places, or but one.

    Those of one function are also taken as one, where there are others.
    """
    groups: dict[tuple[object, ...], list[Hypothesis]] = defaultdict(list)
    for hypothesis in found:
        yield hypothesis
        kind, detail = hypothesis.kind, hypothesis.detail
        for key in dict.fromkeys([(), hypothesis.of]):
            groups[kind, detail, key].append(hypothesis)
    for some in groups.values():
        # An activation is several nested functions: of those at one place the whole one counts.
        members = tuple({member.nodes[0]: member for member in some}.values())
        # The last layer often has a formula of its own.
        for made in (members, members[:-1]):
            if len(made) > 1:
                nodes = tuple(member.nodes[0] for member in made)
                change = functools.partial(_everywhere, made)
                yield replace(made[0], nodes=nodes, change=change, members=made)


def _everywhere(members: Sequence[Hypothesis], size: float) -> Change:
    return functools.reduce(operator.or_, (member.change(size) for member in members))


def results_first(steps: Sequence[Step]) -> list[Step]:
    """Return the steps, those first whose values are what their expressions return."""
    last = {step.place: step for step in steps}
    return sorted(steps, key=lambda step: last[step.place] is not step)


def on_edge(nodes: Iterable[int], k: int, edge_vjp: EdgeVjp) -> Change:
    """Return the change that replaces each node's VJP by its input k."""
    return Change(edges={(n, k): edge_vjp for n in nodes})


def on_cotangent(nodes: Iterable[int], turn: EdgeVjp) -> Change:
    """Return the change in which each node's cotangent becomes `turn(run, node, cotangent)`."""

    def combine(run: Run, n: int, parts: Parts) -> Array:
        return turn(run, n, total(run, n, parts))

    return Change(combines=dict.fromkeys(nodes, combine))
