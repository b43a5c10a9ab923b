"""NumPy's own reverse pass through a recorded program.

It is an oracle where no framework is installed, the third one where two frameworks differ, and what
a hypothesis of the diagnosis changes. It shares no derivative with PyTorch or JAX.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.ir.numpy_backend import kernels
from crosscheck.ir.vjp_rules import vjp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crosscheck.ir.program import Array, Program

    Leaves = Sequence[Array] | Mapping[int, Array]


@dataclass(frozen=True)
class ReversePass:
    """The cotangent of every node that has one, and the contributions that it is made of."""

    cotangents: Mapping[int, Array]
    parts: Mapping[int, Mapping[int, Array]]  # by consumer, the last one first


def node_values(program: Program, leaves: Leaves) -> tuple[Array, ...]:
    """Return every node's value, from the leaves by number; raise KeyError for what is unknown."""
    computed: list[Any] = []
    table = kernels()
    for node in program.structure.nodes:
        if node.operation == "leaf":
            computed.append(leaves[node.static[0]])
        elif node.operation == "constant":
            computed.append(program.constants[node.static[0]])
        else:
            inputs = (computed[i] for i in node.inputs)
            computed.append(np.asarray(table[node.operation](*inputs, *node.static)))
    return tuple(computed)


def reverse_pass(
    program: Program, computed: Sequence[Array], tracked: Sequence[bool]
) -> ReversePass:
    """Return the cotangents of the nodes that are tracked, from the output's, which is 1.

    `computed` are the values of all nodes.
    """
    nodes, last = program.structure.nodes, program.structure.outputs[0]
    parts: dict[int, dict[int, Array]] = defaultdict(dict)
    parts[last][last + 1] = np.ones_like(computed[last])
    cotangents: dict[int, Array] = {}
    for n in range(last, -1, -1):
        if n not in parts:
            continue
        cotangents[n] = added(parts[n].values())
        for k, i in enumerate(nodes[n].inputs):
            if tracked[i]:
                # A mask times 1.0 is float64; float32 is to show the rounding of float32.
                part = node_vjp(program, computed, n, k, cotangents[n])
                part = part.astype(computed[i].dtype, copy=False)
                parts[i][n] = parts[i][n] + part if n in parts[i] else part
    return ReversePass(cotangents, parts)


def run(program: Program, leaves: Sequence[Array]) -> tuple[Array, list[Array]]:
    """The program's value, shape (), and its gradients."""
    with np.errstate(all="ignore"):  # what overflows is not finite, and judged as that
        computed = node_values(program, leaves)
        cotangents = reverse_pass(program, computed, depends(program)).cotangents
    gradients = [np.zeros_like(leaf) for leaf in leaves]
    for n, node in enumerate(program.structure.nodes):
        if node.operation == "leaf" and n in cotangents:
            gradients[node.static[0]] += cotangents[n]
    return computed[program.structure.outputs[0]].reshape(()), gradients


def values(program: Program, leaves: Sequence[Array]) -> list[Array]:
    """The program's outputs, whatever their shapes."""
    with np.errstate(all="ignore"):
        computed = node_values(program, leaves)
    return [computed[i] for i in program.structure.outputs]


def node_vjp(program: Program, computed: Sequence[Array], n: int, k: int, ybar: Array) -> Array:
    """Return the cotangent of node n's input number k, of this node alone."""
    node = program.structure.nodes[n]
    xs = [computed[i] for i in node.inputs]
    return np.asarray(vjp(node.operation, k, ybar, computed[n], xs, node.static))


def depends(program: Program, leaves: Iterable[int] | None = None) -> tuple[bool, ...]:
    """Return whether each node depends on one of some leaves, by default on any."""
    some = None if leaves is None else frozenset(leaves)
    found: list[bool] = []
    for node in program.structure.nodes:
        own = node.operation == "leaf" and (some is None or node.static[0] in some)
        found.append(own or any(found[i] for i in node.inputs))
    return tuple(found)


def added(parts: Iterable[Array]) -> Array:
    """Return the sum of one array or more."""
    first, *others = parts
    return sum(others, start=first)
