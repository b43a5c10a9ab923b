"""The shapes of a program's values, as far as they follow without computing anything."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosscheck.ir.program import Arrays, Node, Program

    Shape = tuple[int, ...]

ELEMENTWISE = frozenset(
    """
    add subtract multiply divide exp exp2 expm1 log log2 log10 log1p sqrt square reciprocal negative
    positive absolute sin cos tan sinh cosh tanh arcsin arccos arctan arcsinh arccosh arctanh
    arctan2 maximum minimum fmax fmin hypot logaddexp logaddexp2 where sinc power cbrt clip cast
    erf erfc expit logit gammaln psi xlogy ndtr log_ndtr
    """.split()
)


def shapes(program: Program, leaves: Arrays) -> list[Shape | None]:
    """Return the shape of every node; None where it is not known."""
    found: list[Shape | None] = []
    for node in program.structure.nodes:
        if node.operation == "leaf":
            found.append(leaves[node.static[0]].shape)
        elif node.operation == "constant":
            found.append(program.constants[node.static[0]].shape)
        elif node.operation in {"reshape", "broadcast"}:
            found.append(tuple(node.static[0]))
        else:
            given = [found[i] for i in node.inputs]
            known = [shape for shape in given if shape is not None]
            found.append(_shape(node, known) if len(known) == len(given) else None)
    return found


def _shape(node: Node, given: Sequence[Shape]) -> Shape | None:
    """Return the shape of what a primitive computes of operands of these shapes, if it is known."""
    if node.operation in ELEMENTWISE:
        return np.broadcast_shapes(*given)
    if node.operation == "gather":
        return given[1]
    if node.operation == "put":
        return (prod(given[0]),)
    if node.operation == "transpose":
        return tuple(given[0][axis] for axis in node.static[0])
    if node.operation == "matmul":
        a, b = given
        columns = b[-1:] if len(b) > 1 else ()
        return (*np.broadcast_shapes(a[:-2], b[:-2]), *a[-2:-1], *columns)
    return None
