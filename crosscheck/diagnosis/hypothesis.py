"""What a hypothesis is: a small, named change to the reverse pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosscheck.diagnosis.reverse import Change, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from crosscheck.diagnosis.reverse import Array, Parts, Run
    from crosscheck.tracing.program import Program

    Spoil = Callable[[Run, int, Array], Array]


def unchanged(_: float) -> Change:
    """Return no change."""
    return Change()


@dataclass(frozen=True)
class Hypothesis:
    """A mistake, as a change of the reverse pass, or of the program that it goes through.

    `kind`: what the mistake is, wherever it is made; two hypotheses of one kind that have the same
    effect are one. `nodes`: where. `change`: of a size, 0 for none. A mistake that comes in sizes
    (a factor, a learning rate) is `sized`, any other is whole at 1. `mutated`: the program that is
    differentiated, where it is not the reader's. `detail`: what belongs to the kind's sentence.
    """

    kind: str
    nodes: tuple[int, ...]
    change: Callable[[float], Change] = unchanged
    sized: bool = False
    mutated: Callable[[Program], Program] | None = None
    detail: str = ""

    def gradients(self, truth: Run, size: float, count: int) -> list[Array | None]:
        """Return the gradients of `count` leaves that this mistake gives."""
        spoiled = truth if self.mutated is None else run(self.mutated(truth.program), truth.given)
        return spoiled.gradients(self.change(size), count)


def on_edge(nodes: Iterable[int], k: int, spoil: Spoil) -> Change:
    """Return the change in which each node hands `spoil(run, node, cotangent)` to its input k."""

    def at(n: int) -> Callable[[Run, Array], Mapping[int, Array]]:
        def pull(run: Run, ybar: Array) -> Mapping[int, Array]:
            handed: dict[int, Array] = {}
            for j, i in enumerate(run.nodes[n].inputs):
                if run.tracked[i]:
                    part = spoil(run, n, ybar) if j == k else run.pull(n, j, ybar)
                    handed[i] = handed[i] + part if i in handed else part
            return handed

        return pull

    return Change(pulls={n: at(n) for n in nodes})


def on_value(nodes: Iterable[int], spoil: Spoil) -> Change:
    """Return the change in which the cotangent of each node becomes `spoil(run, node, cotangent)`."""

    def at(n: int) -> Callable[[Run, Parts], Array]:
        return lambda run, parts: spoil(run, n, total(run, n, parts))

    return Change(combines={n: at(n) for n in nodes})


def total(run: Run, n: int, parts: Parts) -> Array:
    """Return the sum of the contributions to a node's cotangent."""
    if not parts:
        return run.zeros(n)
    return sum((part for _, part in parts[1:]), start=parts[0][1])
