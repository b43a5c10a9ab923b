"""A program being written anew with slopes at its kinks: the means, and what was there before."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.core.norms import norm
from crosscheck.core.verdict import FLOOR, U32
from crosscheck.ir.program import Array, Node

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from crosscheck.ir.recording import Recording

Branches = tuple[int, int]  # nodes of p and q
EXTREMES = frozenset({"max", "min"})
NEAR = FLOOR / U32  # float64's rounding, of float32's: 64 times as much as is expected


@dataclass(frozen=True)
class Kink:
    """An operation at its kink. `conventions`: the usual slopes there, all of one shape.

    Of two branches: the second's slope, the first's, their mean. Of entries that tie for the
    largest: the first takes all, the last, or equal shares.
    """

    operation: str
    conventions: tuple[Array, Array, Array]

    @property
    def free(self) -> Array:
        """The entries whose slopes are anything in [0, 1]; shares add up to 1 and are not."""
        return np.flatnonzero(self.conventions[1] if self.operation not in EXTREMES else 0)


class ProgramBuilder:
    """A program being written anew, node by node."""

    def __init__(
        self, group: Sequence[Recording], backend: Any, operations: Collection[str]
    ) -> None:
        """Start with nothing; `operations` are those whose operands are looked at."""
        first = group[0]
        self.old, self.leaves, self.value = first.program, first.leaves, first.value
        self.sides = list(zip(first.program.constants, group[-1].program.constants, strict=True))
        numbers = [*first.leaves, *(c for c in first.program.constants if c.dtype.kind == "f")]
        self.least = FLOOR * max(norm(array[np.isfinite(array)]) for array in numbers)
        self.compared: dict[Any, int] = {}
        self.nodes: list[Node] = []
        self.constants: list[Array] = []
        self.kinks: list[Kink] = []
        look = functools.partial(self._operands, backend, operations)
        self.double, self.single = look("float64"), look("float32")

    def _operands(self, backend: Any, operations: Collection[str], dtype: str) -> dict[int, Array]:
        """What goes into the operations that may be at a kink, by the node's old number."""
        structure = self.old.structure
        wanted = {
            i for node in structure.nodes if node.operation in operations for i in node.inputs
        }
        program = replace(self.old, structure=replace(structure, outputs=tuple(sorted(wanted))))
        leaves = self.leaves
        if dtype == "float32":
            program, leaves = program.in_precision(dtype), tuple(a.astype(dtype) for a in leaves)
        values = backend.values(program, leaves)
        return dict(zip(program.structure.outputs, values, strict=True))

    def add(self, operation: str, *inputs: int, static: tuple[Any, ...] = ()) -> int:
        """Add a node; its number."""
        self.nodes.append(Node(operation, inputs, static))
        return len(self.nodes) - 1

    def constant(self, array: Any) -> int:
        """Add a constant; its node."""
        self.constants.append(np.asarray(array))
        return self.add("constant", static=(len(self.constants) - 1,))

    def slopes(self, operation: str, conventions: Sequence[Array]) -> int:
        """Add slopes at a kink; their leaf."""
        first, second, third = (np.asarray(c, dtype=float) for c in conventions)
        self.kinks.append(Kink(operation, (first, second, third)))
        return self.add("leaf", static=(len(self.leaves) + len(self.kinks) - 1,))

    def between(self, s: int, branches: Branches, dtype: str) -> int:
        """The node of q + s·(p − q)."""
        p, q = branches
        s = self.add("cast", s, static=(dtype,))
        return self.add("add", q, self.add("multiply", s, self.add("subtract", p, q)))

    def choice(self, node: Node, same: int, tied: Array, branches: Branches) -> int:
        """`same`; but where tied, one of two branches, or what lies between."""
        if not tied.any():
            return same
        s = self.slopes(node.operation, [c * tied for c in (0.0, 1.0, 0.5)])
        between = self.between(s, branches, self.double[node.inputs[0]].dtype.name)
        return self.add("where", self.constant(tied), between, same)

    def decided(self, k: int, dtype: str) -> int | None:
        """A constant that the recordings differ in, from one side's to the other's; else None.

        What differs in the same entries comes from the same comparison, and has the same slopes.
        """
        low, high = self.sides[k]
        free = low != high
        if low.dtype.kind not in "fb" or not free.any():
            return None
        key = free.shape, free.tobytes()
        if key not in self.compared:
            self.compared[key] = self.slopes("comparison", [c * free for c in (0.0, 1.0, 0.5)])
        ends = self.constant(high.astype(dtype)), self.constant(low.astype(dtype))
        return self.between(self.compared[key], ends, dtype)

    def near(self, distance: Callable[..., Any], *numbers: int) -> Array:
        """Where a distance between operands is no more than rounding.

        That is measured, as in the verdict's rule, and at least what goes in rounds by.
        """
        with np.errstate(all="ignore"):
            exact = np.asarray(distance(*(self.double[i] for i in numbers)))
            noise = norm(exact - distance(*(self.single[i].astype(float) for i in numbers)))
            near: Array = np.abs(exact) <= max(NEAR * noise if isfinite(noise) else 0, self.least)
        return near
