"""The recorded program in NumPy: its values, and its reverse pass with some VJPs replaced."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.ir.partials import PARTIALS
from crosscheck.ir.reverse_pass import (
    ReversePass,
    added,
    depends,
    node_values,
    node_vjp,
    reverse_pass,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from crosscheck.ir.program import Node, Program

    Array = np.ndarray[Any, Any]
    Gradients = dict[int, Array]  # by the leaf's number
    Parts = list[tuple[int, Array]]  # consumer -> its contribution, the last consumer first
    NodeVjp = Callable[["Run", Array], Mapping[int, Array]]  # cotangent -> contributions, by node
    Combine = Callable[["Run", int, Parts], Array]
    EdgeVjp = Callable[["Run", int, Array], Array]  # node, its cotangent -> a contribution
    EdgeVjps = Mapping[tuple[int, int], EdgeVjp]

EMPTY: Mapping[Any, Any] = {}


@dataclass(frozen=True)
class Change:
    """Which VJPs of a reverse pass are replaced, and by what.

    `edges`: that of one input, by the numbers of the node and the input. `vjps`: all of a node's at
    once, with contributions to any nodes. `combines`: how a node's cotangent is put together.
    """

    edges: Mapping[tuple[int, int], EdgeVjp] = field(default_factory=dict)
    vjps: Mapping[int, NodeVjp] = field(default_factory=dict)
    combines: Mapping[int, Combine] = field(default_factory=dict)

    def __or__(self, other: Change) -> Change:
        """Both changes; where both change the same, the other one's."""
        return Change(
            {**self.edges, **other.edges},
            {**self.vjps, **other.vjps},
            {**self.combines, **other.combines},
        )

    def meets(self, other: Change) -> bool:
        """Whether both change the same node by the same kind of change."""
        return bool(
            self.edges.keys() & other.edges.keys()
            or self.vjps.keys() & other.places
            or self.places & other.vjps.keys()
            or self.combines.keys() & other.combines.keys()
        )

    @property
    def places(self) -> set[int]:
        """The nodes whose VJPs are replaced."""
        return {*self.vjps, *(n for n, _ in self.edges)}


@dataclass
class Meter:
    """The work that a run was, in operations; so many entries of an array are one more."""

    spent: float = 0.0

    ENTRIES = 2000

    def count(self, arrays: Iterable[Array]) -> None:
        """Add what it takes to compute some arrays."""
        for array in arrays:
            self.spent += 1 + array.size / self.ENTRIES


@dataclass(frozen=True)
class Run:
    """A program with one output, and the value of every node, in the precision of its leaves.

    `watched`: the leaves, by number, whose gradients are computed; all of them, if that is None.
    """

    program: Program
    values: tuple[Array, ...]
    watched: frozenset[int] | None = None
    meter: Meter = field(default_factory=Meter, compare=False, repr=False)

    @property
    def nodes(self) -> Sequence[Node]:
        """The primitives, by number."""
        return self.program.structure.nodes

    def inputs(self, n: int) -> list[Array]:
        """Return the values that a node reads."""
        return [self.values[i] for i in self.nodes[n].inputs]

    @cached_property
    def tracked(self) -> tuple[bool, ...]:
        """Whether each node depends on a leaf whose gradient is computed."""
        return depends(self.program, self.watched)

    @cached_property
    def below(self) -> list[frozenset[int]]:
        """The leaves that each node is made of."""
        below: list[frozenset[int]] = []
        for node in self.nodes:
            own = node.static[:1] if node.operation == "leaf" else ()
            below.append(frozenset(own).union(*(below[i] for i in node.inputs)))
        return below

    def reached(self, change: Change) -> frozenset[int]:
        """Return the leaves whose gradients a change can change."""
        ends = [self.nodes[n].inputs[k] for n, k in change.edges]
        return frozenset[int]().union(
            *(self.below[n] for n in (*ends, *change.vjps, *change.combines))
        )

    def _watches(self, leaf: int) -> bool:
        return self.watched is None or leaf in self.watched

    @cached_property
    def leaves(self) -> dict[int, int]:
        """Which node each leaf is, by the leaf's number; a leaf that is not used has none."""
        return {node.static[0]: n for n, node in enumerate(self.nodes) if node.operation == "leaf"}

    @property
    def given(self) -> dict[int, Array]:
        """The leaves that are used, by number."""
        return {k: self.values[n] for k, n in self.leaves.items()}

    def zeros(self, n: int) -> Array:
        """Return a cotangent of zero for a node."""
        return np.zeros_like(self.values[n])

    @cached_property
    def consumers(self) -> dict[int, list[int]]:
        """The nodes that read each node."""
        consumers: dict[int, list[int]] = defaultdict(list)
        for n, node in enumerate(self.nodes):
            for i in dict.fromkeys(node.inputs):
                consumers[i].append(n)
        return consumers

    def passed_from(self, n: int) -> list[int]:
        """Return the nodes that every path from node n to the output passes through."""
        passed: list[int] = []
        frontier = {n}
        while frontier:
            if len(frontier) == 1:
                passed += frontier
            first = min(frontier)
            frontier = frontier - {first} | set(self.consumers[first])
        return passed

    @cached_property
    def correct(self) -> ReversePass:
        """The correct reverse pass."""
        return reverse_pass(self.program, self.values, self.tracked)

    def cotangent(self, n: int) -> Array:
        """Return the correct cotangent of a node."""
        return self.correct.cotangents.get(n, self.zeros(n))

    def vjp(self, n: int, k: int, ybar: Array) -> Array:
        """Return the cotangent of node n's input number k, of this node alone."""
        return node_vjp(self.program, self.values, n, k, ybar)

    def contributions(
        self, n: int, ybar: Array, to: Collection[int], replaced: EdgeVjps = EMPTY
    ) -> dict[int, Array]:
        """Return what node n contributes to the cotangents of some of its input nodes."""
        contributions: dict[int, Array] = {}
        for k, i in enumerate(self.nodes[n].inputs):
            if self.tracked[i] and i in to:
                edge_vjp = replaced.get((n, k))
                part = self.vjp(n, k, ybar) if edge_vjp is None else edge_vjp(self, n, ybar)
                contributions[i] = contributions[i] + part if i in contributions else part
        return contributions

    def gradients(self, change: Change) -> Gradients:
        """Return the gradients under a change, by leaf; an unused leaf has none."""
        fresh = self._changed(change)
        self.meter.count(fresh.values())
        return {
            k: fresh[n] if n in fresh else self.cotangent(n)
            for k, n in self.leaves.items()
            if self._watches(k)
        }

    def _changed(self, change: Change) -> dict[int, Array]:
        """Return the cotangents that a change reaches: nothing else is computed again."""
        correct = self.correct
        fresh: dict[int, Array] = {}
        parts: dict[int, dict[int, Array | None]] = defaultdict(dict)  # that are new, or gone
        edges: dict[int, set[int]] = defaultdict(set)
        for n, k in change.edges:
            edges[n].add(self.nodes[n].inputs[k])
        waiting = [-n for n in {*edges, *change.vjps, *change.combines} if self.tracked[n]]
        heapify(waiting)
        queued = set(waiting)
        while waiting:
            n = -heappop(waiting)
            if n in parts or n in change.combines:
                both = {**correct.parts.get(n, EMPTY), **parts[n]}
                arrived = [(c, both[c]) for c in sorted(both, reverse=True)]
                present = [(c, part) for c, part in arrived if part is not None]
                fresh[n] = change.combines.get(n, total)(self, n, present)
            ybar = fresh[n] if n in fresh else self.cotangent(n)
            contributions: dict[int, Array | None] = {}
            if n in change.vjps:
                contributions = {
                    **dict.fromkeys(self.nodes[n].inputs),
                    **change.vjps[n](self, ybar),
                }
            else:
                to = self.nodes[n].inputs if n in fresh else edges[n]
                contributions = {**self.contributions(n, ybar, to, change.edges)}
            for i, part in contributions.items():
                if self.tracked[i]:
                    parts[i][n] = part
                    if -i not in queued:
                        queued.add(-i)
                        heappush(waiting, -i)
        return fresh


def total(run: Run, n: int, parts: Parts) -> Array:
    """Return the sum of the contributions to a node's cotangent."""
    return added(part for _, part in parts) if parts else run.zeros(n)


def run(
    program: Program,
    leaves: Sequence[Array] | Mapping[int, Array],
    watched: frozenset[int] | None = None,
    meter: Meter | None = None,
) -> Run:
    """Compute every node's value, from the leaves by number; raise KeyError for what is unknown."""
    found = Run(program, node_values(program, leaves), watched, meter=meter or Meter())
    found.meter.count(found.values)
    return found


def is_elementwise(operation: str) -> bool:
    """Whether a primitive works entry by entry."""
    return operation in PARTIALS
