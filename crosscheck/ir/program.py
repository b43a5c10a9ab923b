"""What the user's code computed, as a straight-line program that any framework can run.

The user's function runs once, in NumPy; branches and loops are decided there, by NumPy's own
values. What is left is a list of nodes, each one primitive with the numbers of the nodes it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Arrays = Sequence[Array]
Kernels = Mapping[str, Callable[..., Any]]


@dataclass(frozen=True)
class Node:
    """One primitive: `operation(*values of inputs, *static)`."""

    operation: str
    inputs: tuple[int, ...] = ()
    static: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Structure:
    """The program without its numbers; hashable, so that a compiled one can be found again."""

    nodes: tuple[Node, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class Program:
    """A structure and the constants that its `constant` nodes number.

    `masks`: of the constants that are the places a mask chose, among how many; another point may
    choose more of them, or fewer.
    """

    structure: Structure
    constants: tuple[Array, ...]
    masks: Mapping[int, int] = field(default_factory=dict, compare=False)

    @property
    def precision(self) -> str:
        """The lowest precision in which the user's code computed: of its casts and constants."""
        dtypes = {node.static[0] for node in self.structure.nodes if node.operation == "cast"}
        dtypes |= {constant.dtype.name for constant in self.constants}
        if "complex64" in dtypes:
            dtypes.add("float32")
        return next((dtype for dtype in ("float16", "float32") if dtype in dtypes), "float64")

    def in_precision(self, dtype: str) -> Program:
        """The same program with every number in `dtype`: its constants, and what it casts to."""
        kinds = {"f": dtype, "c": f"complex{2 * np.dtype(dtype).itemsize * 8}"}

        def cast(node: Node) -> Node:
            to = kinds.get(np.dtype(node.static[0]).kind)
            return node if to is None else replace(node, static=(to,))

        nodes = tuple(cast(n) if n.operation == "cast" else n for n in self.structure.nodes)
        constants = tuple(c.astype(kinds.get(c.dtype.kind, c.dtype)) for c in self.constants)
        return Program(replace(self.structure, nodes=nodes), constants, self.masks)

    def same_as(self, other: Program) -> bool:
        """Whether both compute the same function, bit for bit."""
        return (
            self.structure == other.structure
            and len(self.constants) == len(other.constants)
            and all(map(_same_bits, self.constants, other.constants))
        )


def _same_bits(a: Array, b: Array) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def prune(
    nodes: Sequence[Node],
    constants: Arrays,
    outputs: Sequence[int],
    masks: Mapping[int, int] | None = None,
) -> tuple[Program, list[int]]:
    """The part of a recording that `outputs` need, numbered anew from 0, and its old numbers."""
    needed = set(outputs)
    for number in range(len(nodes) - 1, -1, -1):
        if number in needed:
            needed.update(nodes[number].inputs)
    renumbered: dict[int, int] = {}
    kept: list[Node] = []
    kept_constants: list[Array] = []
    kept_masks: dict[int, int] = {}
    kept_numbers = sorted(needed)
    for number in kept_numbers:
        node = nodes[number]
        static = node.static
        if node.operation == "constant":
            if masks and static[0] in masks:
                kept_masks[len(kept_constants)] = masks[static[0]]
            kept_constants.append(constants[static[0]])
            static = (len(kept_constants) - 1,)
        renumbered[number] = len(kept)
        kept.append(Node(node.operation, tuple(renumbered[i] for i in node.inputs), static))
    structure = Structure(tuple(kept), tuple(renumbered[i] for i in outputs))
    return Program(structure, tuple(kept_constants), kept_masks), kept_numbers


def reads(structure: Structure, numbers: Iterable[int]) -> set[int]:
    """The leaves that some nodes depend on."""
    needed = set(numbers)
    found: set[int] = set()
    for number in range(len(structure.nodes) - 1, -1, -1):
        if number in needed:
            node = structure.nodes[number]
            needed.update(node.inputs)
            found |= {node.static[0]} if node.operation == "leaf" else set()
    return found


def evaluate(
    structure: Structure, leaves: Sequence[Any], constants: Sequence[Any], kernels: Kernels
) -> list[Any]:
    """The outputs of a program, each primitive computed by `kernels`."""
    values: list[Any] = []
    for node in structure.nodes:
        if node.operation == "leaf":
            values.append(leaves[node.static[0]])
        elif node.operation == "constant":
            values.append(constants[node.static[0]])
        else:
            inputs = (values[i] for i in node.inputs)
            values.append(kernels[node.operation](*inputs, *node.static))
    return [values[i] for i in structure.outputs]
