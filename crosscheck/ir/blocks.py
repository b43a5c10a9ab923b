"""A long program in blocks: short runs of nodes, of which a loop's steps are all alike.

A compiler takes longer than in proportion for a long program, and as long for the hundredth step
of a loop as for the first. So a program is cut where its own steps begin, each block becomes a
function of what it reads, and blocks that compute the same are the same function.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from crosscheck.ir.program import Node, Structure

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

INPUTS = frozenset({"leaf", "constant"})
SIZES = (12, 24, 48, 96)  # nodes a block is to have; none has more than the last
# What a cut costs, in units of what it takes to compile a node.
EACH_KIND = 8.0  # to compile a block at all
EACH_BLOCK = 0.2  # to call it, at every point and in each precision


@dataclass(frozen=True)
class Block:
    """A run of nodes as a program of its own.

    Attributes:
        structure: its nodes; its leaves are what it reads, its outputs what others read of it.
        inputs: what it reads, as the whole program numbers its nodes.
        outputs: what others read, numbered likewise.

    """

    structure: Structure
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    def only(self, kept: Container[int]) -> Block:
        """Return the block with only those of its outputs that are kept."""
        places = [k for k, i in enumerate(self.outputs) if i in kept]
        local = tuple(self.structure.outputs[k] for k in places)
        outputs = tuple(self.outputs[k] for k in places)
        return replace(self, structure=replace(self.structure, outputs=local), outputs=outputs)


def dependent(structure: Structure) -> set[int]:
    """Return the nodes that depend on a leaf."""
    found: set[int] = set()
    for i, node in enumerate(structure.nodes):
        if node.operation == "leaf" or any(j in found for j in node.inputs):
            found.add(i)
    return found


def blocks(structure: Structure) -> tuple[Block, ...]:
    """Return a program's blocks, in the order in which they are computed."""
    computed = [i for i, node in enumerate(structure.nodes) if node.operation not in INPUTS]
    kinds = [(structure.nodes[i].operation, structure.nodes[i].static) for i in computed]
    runs = [computed[a:b] for a, b in cut(kinds)]
    home = {i: number for number, run in enumerate(runs) for i in run}
    read = set(structure.outputs)
    for i in computed:
        read.update(j for j in structure.nodes[i].inputs if home.get(j) != home[i])
    return tuple(_block(structure, run, read) for run in runs)


def _block(structure: Structure, run: Sequence[int], read: set[int]) -> Block:
    """Return the block of these nodes; `read` are those that somebody outside of a block reads."""
    inside = set(run)
    inputs = tuple(
        dict.fromkeys(j for i in run for j in structure.nodes[i].inputs if j not in inside)
    )
    number = {i: k for k, i in enumerate((*inputs, *run))}
    nodes = [Node("leaf", (), (k,)) for k in range(len(inputs))]
    for i in run:
        node = structure.nodes[i]
        nodes.append(Node(node.operation, tuple(number[j] for j in node.inputs), node.static))
    outputs = tuple(i for i in run if i in read)
    return Block(Structure(tuple(nodes), tuple(number[i] for i in outputs)), inputs, outputs)


def cut(kinds: Sequence[Any]) -> list[tuple[int, int]]:
    """Return from where to where each block goes: the cut that costs least.

    Tried are cuts at every node of a kind, at every second, third … one of it, and at equal steps.
    """
    places: dict[Any, list[int]] = defaultdict(list)
    for place, kind in enumerate(kinds):
        places[kind].append(place)
    tried = {tuple(range(0, len(kinds), size)) for size in SIZES}
    for found in places.values():
        tried |= {tuple(found[:: max(1, size * len(found) // len(kinds))]) for size in SIZES}
    runs = (_runs(starts, len(kinds)) for starts in sorted(tried))
    return min(runs, key=lambda pieces: _cost(kinds, pieces))


def _runs(starts: Iterable[int], end: int) -> list[tuple[int, int]]:
    """Return the pieces between the starts, none longer than the largest size."""
    edges = sorted({0, *starts, end})
    return [
        (a, min(a + SIZES[-1], next_edge))
        for edge, next_edge in pairwise(edges)
        for a in range(edge, next_edge, SIZES[-1])
    ]


def _cost(kinds: Sequence[Any], pieces: Sequence[tuple[int, int]]) -> float:
    distinct = {tuple(kinds[a:b]) for a, b in pieces}
    return sum(EACH_KIND + len(kind) for kind in distinct) + EACH_BLOCK * len(pieces)
