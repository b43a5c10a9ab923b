"""The shapes of a program's values, as far as they follow without computing anything."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from crosscheck.ir.program import Arrays, Program

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
        shape = None
        if node.operation == "leaf":
            shape = leaves[node.static[0]].shape
        elif node.operation == "constant":
            shape = program.constants[node.static[0]].shape
        elif node.operation == "gather":
            shape = found[node.inputs[1]]
        elif node.operation == "put":
            target = found[node.inputs[0]]
            shape = None if target is None else (prod(target),)
        elif node.operation == "transpose":
            source = found[node.inputs[0]]
            shape = None if source is None else tuple(source[axis] for axis in node.static[0])
        elif node.operation == "matmul":
            a, b = (found[i] for i in node.inputs)
            if a is not None and b is not None:
                batch = np.broadcast_shapes(a[:-2], b[:-2])
                shape = (*batch, *a[-2:-1], *(b[-1:] if len(b) > 1 else ()))
        elif node.operation in {"reshape", "broadcast"}:
            shape = tuple(node.static[0])
        elif node.operation in ELEMENTWISE:
            given = [found[i] for i in node.inputs]
            known = [s for s in given if s is not None]
            shape = np.broadcast_shapes(*known) if len(known) == len(given) else None
        found.append(shape)
    return found
