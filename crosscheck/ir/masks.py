"""What masks choose, written so that it has one shape at every point.

`z[mask] = f(x[mask])` computes on as many entries as the mask chooses, which is another number at
another point; a compiler would have to compile for each. So the places are filled up to as many as
there can be: what is read beyond is the first one's entry once more, and is written nowhere. The
entries that are written are computed from the same numbers as before, and so are their gradients.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from crosscheck.ir.program import Node, Program, prune
from crosscheck.ir.shapes import ELEMENTWISE, shapes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crosscheck.ir.program import Array, Arrays
    from crosscheck.ir.shapes import Shape


class Filled(NamedTuple):
    """How many entries a mask chooses, among how many, and the reads that they come from."""

    chosen: int
    among: int
    reads: frozenset[int] = frozenset()


def of_one_shape(program: Program, leaves: Arrays) -> Program:
    """Return a program of the same value and gradients whose masks are filled up.

    A mask stays as it is where what it chooses goes anywhere but, entry by entry, into a write.
    """
    if not program.masks:
        return program
    known = shapes(program, leaves)
    kept: set[int] = set()  # reads that are not filled up
    while True:
        filling = _Filling(program, known, kept)
        result = filling.program()
        if not filling.misused:
            return result
        kept |= filling.misused


class _Filling:
    """A program being written anew, in the order of its nodes."""

    def __init__(self, program: Program, known: list[Shape | None], kept: set[int]) -> None:
        self.old, self.known, self.kept = program, known, kept
        self.nodes: list[Node] = []
        self.constants = list(program.constants)
        self.now: list[int] = []  # the new numbers of the old nodes
        self.filled: dict[int, Filled] = {}  # by old number
        self.misused: set[int] = set()

    def program(self) -> Program:
        """Return the new program; it is right if no read is misused."""
        structure = self.old.structure
        for number, node in enumerate(structure.nodes):
            written = self._read(number, node) or self._write(node) or self._between(number, node)
            if written is None:
                self._misuse(node.inputs)
                written = Node(node.operation, self._moved(node.inputs), node.static)
            self.now.append(self._add(written))
        self._misuse(structure.outputs)
        return prune(self.nodes, self.constants, self._moved(structure.outputs))[0]

    def _read(self, number: int, node: Node) -> Node | None:
        """Return a read of what a mask chooses, filled up; None if this is none."""
        chosen = self._chosen(node) if node.operation == "gather" else None
        if chosen is None or number in self.kept:
            return None
        index, among = chosen
        self.filled[number] = Filled(index.size, among, frozenset({number}))
        return Node("gather", (self.now[node.inputs[0]], self._constant(_repeated(index, among))))

    def _write(self, node: Node) -> Node | None:
        """Return a write to what a mask chooses, filled up; None if this is none."""
        chosen = self._chosen(node) if node.operation == "put" else None
        if chosen is None:
            return None
        (index, among), (target, _, source) = chosen, node.inputs
        size = self.known[target]
        counts = self.filled.get(source, Filled(index.size, among))
        value = self._operand(source, counts)
        if size is None or value is None or counts.chosen != index.size:
            return None
        value = self._add(Node("broadcast", (value,), ((counts.among,),)))
        beyond = prod(size) + np.arange(counts.among - counts.chosen)  # written nowhere
        places = self._constant(np.concatenate([index, beyond]))
        return Node("put", (self.now[target], places, value))

    def _between(self, number: int, node: Node) -> Node | None:
        """Return what is computed, entry by entry, of what masks choose; None if this is not it."""
        filled = [self.filled[i] for i in node.inputs if i in self.filled]
        if not filled:
            return None
        count, among, _ = filled[0]
        operands = [self._operand(i, filled[0]) for i in node.inputs]
        inputs = tuple(i for i in operands if i is not None)
        static = node.static
        if node.operation in {"reshape", "broadcast"} and static == ((count,),):
            static = ((among,),)
        elif node.operation not in ELEMENTWISE:
            return None
        if len(inputs) < len(operands):
            return None
        reads = frozenset().union(*(one.reads for one in filled))
        self.filled[number] = Filled(count, among, reads)
        return Node(node.operation, inputs, static)

    def _operand(self, number: int, counts: Filled) -> int | None:
        """Return an operand's new node, of one entry or filled up likewise; None if it is not."""
        node, shape = self.old.structure.nodes[number], self.known[number]
        if number in self.filled:
            return self.now[number] if self.filled[number][:2] == counts[:2] else None
        if shape in {(), (1,)}:
            return self.now[number]
        if node.operation == "broadcast" and shape == (counts.chosen,):
            return self._operand(node.inputs[0], counts)
        if node.operation == "constant" and shape == (counts.chosen,):
            numbers = self.old.constants[node.static[0]]
            return self._constant(_repeated(numbers, counts.among))
        return None

    def _chosen(self, node: Node) -> tuple[Array, int] | None:
        """Return the places of a read or write and among how many a mask chose them; else None."""
        source, places = node.inputs[:2]
        index = self.old.structure.nodes[places]
        among = self.old.masks.get(index.static[0], 0) if index.operation == "constant" else 0
        chosen = self.old.constants[index.static[0]] if among else np.empty(0)
        fits = chosen.ndim == 1 and 0 < chosen.size < among
        return (chosen, among) if fits and source not in self.filled else None

    def _misuse(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self.misused |= self.filled[number].reads if number in self.filled else set()

    def _moved(self, numbers: Iterable[int]) -> tuple[int, ...]:
        return tuple(self.now[number] for number in numbers)

    def _add(self, node: Node) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1

    def _constant(self, array: Array) -> int:
        self.constants.append(array)
        return self._add(Node("constant", (), (len(self.constants) - 1,)))


def _repeated(array: Array, length: int) -> Array:
    """Return an array of that length whose first entry fills it up."""
    return np.concatenate([array, np.full(length - array.size, array[0], array.dtype)])
