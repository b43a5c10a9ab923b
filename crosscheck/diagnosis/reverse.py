"""The recorded program in NumPy: its values, and its reverse pass with some step changed.

A change replaces what a node does with its cotangent (`pulls`), or how the contributions to a
node's cotangent are put together (`combines`). Only the nodes that it reaches are computed again.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.diagnosis.kernels import kernels
from crosscheck.diagnosis.pullbacks import PARTIALS, pulled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from crosscheck.tracing.program import Node, Program

    Array = np.ndarray[Any, Any]
    Gradients = dict[int, Array]  # by the leaf's number
    Parts = list[tuple[int, Array]]  # consumer -> its contribution, the last consumer first
    Pull = Callable[["Run", Array], Mapping[int, Array]]  # cotangent -> contributions, by node
    Combine = Callable[["Run", Parts], Array]


@dataclass(frozen=True)
class Change:
    """What is done otherwise at some nodes of a reverse pass."""

    pulls: Mapping[int, Pull] = field(default_factory=dict)
    combines: Mapping[int, Combine] = field(default_factory=dict)

    def __or__(self, other: Change) -> Change:
        """Both changes; at a node that both change, the other one's."""
        return Change({**self.pulls, **other.pulls}, {**self.combines, **other.combines})

    def meets(self, other: Change) -> bool:
        """Whether both change the same node in the same way of changing."""
        return bool(
            self.pulls.keys() & other.pulls.keys() or self.combines.keys() & other.combines.keys()
        )


@dataclass(frozen=True)
class Run:
    """A program with one output, and the value of every node, in the precision of its leaves.

    `watched`: the leaves, by number, whose gradients are computed; all of them, if that is None.
    """

    program: Program
    values: tuple[Array, ...]
    watched: frozenset[int] | None = None
    whole: Run | None = None

    def watching(self, leaves: Iterable[int]) -> Run:
        """Return the same run with only some of the gradients."""
        return replace(self, watched=frozenset(leaves), whole=self)

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
        tracked: list[bool] = []
        for node in self.nodes:
            known = any(tracked[i] for i in node.inputs)
            tracked.append(known or (node.operation == "leaf" and self._watches(node.static[0])))
        return tuple(tracked)

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
        """Who reads each node."""
        consumers: dict[int, list[int]] = defaultdict(list)
        for n, node in enumerate(self.nodes):
            for i in dict.fromkeys(node.inputs):
                consumers[i].append(n)
        return consumers

    @cached_property
    def true(self) -> Pass:
        """The reverse pass as it should be."""
        n = self.program.structure.outputs[0]
        return self._reverse(Change(), {n: [(n + 1, np.ones_like(self.values[n]))]}, None)

    def bar(self, n: int) -> Array:
        """Return the true cotangent of a node."""
        return (self.whole or self).true.cotangents.get(n, self.zeros(n))

    def pull(self, n: int, k: int, ybar: Array) -> Array:
        """Return what node n hands to its input number k."""
        node = self.nodes[n]
        xs = self.inputs(n)
        return np.asarray(pulled(node.operation, k, ybar, self.values[n], xs, node.static))

    def pulls(self, n: int, ybar: Array) -> dict[int, Array]:
        """Return what node n hands on, by input node."""
        handed: dict[int, Array] = {}
        for k, i in enumerate(self.nodes[n].inputs):
            if self.tracked[i]:
                part = self.pull(n, k, ybar)
                handed[i] = handed[i] + part if i in handed else part
        return handed

    def gradients(self, change: Change) -> Gradients:
        """Return the gradients under a change, by leaf; an unused leaf has none."""
        cotangents = self.spoiled(change).cotangents
        return {
            k: cotangents.get(n, self.zeros(n)) for k, n in self.leaves.items() if self._watches(k)
        }

    def spoiled(self, change: Change) -> Pass:
        """Return the reverse pass with a change in it."""
        return self._reverse(change, {}, self.true)

    def _reverse(self, change: Change, start: Mapping[int, Parts], true: Pass | None) -> Pass:
        """Return a reverse pass; with `true` given, only what the change reaches is computed."""
        fresh: dict[int, Parts] = defaultdict(list, {n: list(parts) for n, parts in start.items()})
        dirty = {*fresh, *change.pulls, *change.combines}
        cotangents = dict(true.cotangents) if true else {}
        kept = dict(true.parts) if true else {}
        for n in range(len(self.nodes) - 1, -1, -1):
            if n not in dirty or not self.tracked[n]:
                continue
            old = [(c, part) for c, part in kept.get(n, []) if c not in dirty]
            parts = sorted([*old, *fresh[n]], key=lambda pair: -pair[0])
            kept[n] = parts
            if n in change.combines:
                ybar = change.combines[n](self, parts)
            elif parts:
                ybar = sum((part for _, part in parts[1:]), start=parts[0][1])
            else:
                ybar = self.zeros(n)
            cotangents[n] = ybar
            handed = change.pulls[n](self, ybar) if n in change.pulls else self.pulls(n, ybar)
            for i, part in handed.items():
                fresh[i].append((n, part))
            dirty.update(handed)
            dirty.update(i for i in self.nodes[n].inputs if self.tracked[i])
        return Pass(cotangents, kept)


@dataclass(frozen=True)
class Pass:
    """The cotangent of every node that has one, and the contributions that it is made of."""

    cotangents: Mapping[int, Array]
    parts: Mapping[int, Parts]


def run(
    program: Program,
    leaves: Sequence[Array] | Mapping[int, Array],
    watched: frozenset[int] | None = None,
) -> Run:
    """Compute every node's value, from the leaves by number; raise KeyError for what is unknown."""
    values: list[Any] = []
    table = kernels()
    for node in program.structure.nodes:
        if node.operation == "leaf":
            values.append(leaves[node.static[0]])
        elif node.operation == "constant":
            values.append(program.constants[node.static[0]])
        else:
            inputs = (values[i] for i in node.inputs)
            values.append(np.asarray(table[node.operation](*inputs, *node.static)))
    return Run(program, tuple(values), watched)


def is_elementwise(operation: str) -> bool:
    """Whether a primitive works entry by entry."""
    return operation in PARTIALS
