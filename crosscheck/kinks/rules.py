"""The operations that have kinks, and how each is written with a slope there.

A rule takes the opening, the old node and the new numbers of its inputs, and returns the new node.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.kinks.builder import EXTREMES, ProgramBuilder

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck.ir.program import Node


def kept(builder: ProgramBuilder, node: Node, inputs: tuple[int, ...]) -> int:
    """Everything else, as it is."""
    return builder.add(node.operation, *inputs, static=node.static)


def _constant(builder: ProgramBuilder, node: Node, inputs: tuple[int, ...]) -> int:
    (k,) = node.static
    constant = builder.old.constants[k]
    decided = builder.decided(k, constant.dtype.name) if constant.dtype.kind == "f" else None
    return builder.constant(constant) if decided is None else decided


def _either(builder: ProgramBuilder, node: Node, inputs: tuple[int, ...]) -> int:
    """`maximum`, `minimum` and their like."""
    same = builder.add(node.operation, *inputs)
    return builder.choice(
        node, same, builder.near(np.subtract, *node.inputs), (inputs[0], inputs[1])
    )


def _absolute(builder: ProgramBuilder, node: Node, inputs: tuple[int, ...]) -> int:
    (x,) = inputs
    same, negative = builder.add("absolute", x), builder.add("negative", x)
    return builder.choice(node, same, builder.near(np.positive, *node.inputs), (x, negative))


def _clip(builder: ProgramBuilder, node: Node, inputs: tuple[int, ...]) -> int:
    new = builder.add("clip", *inputs)
    for bound, new_bound in zip(node.inputs[1:], inputs[1:], strict=True):
        tied = builder.near(np.subtract, node.inputs[0], bound)
        new = builder.choice(node, new, tied, (inputs[0], new_bound))
    return new


def _where(builder: ProgramBuilder, node: Node, inputs: tuple[int, ...]) -> int:
    (k,) = builder.old.structure.nodes[node.inputs[0]].static
    dtype, same = builder.double[node.inputs[1]].dtype.name, builder.add("where", *inputs)
    part = builder.decided(k, dtype)
    if part is None:
        return same
    turns = builder.constant(np.not_equal(*builder.sides[k]))
    return builder.add("where", turns, builder.between(part, (inputs[1], inputs[2]), dtype), same)


def _sqrt(builder: ProgramBuilder, node: Node, inputs: tuple[int, ...]) -> int:
    """Its slope at 0 is infinite on one side: a norm or a deviation has a kink there."""
    (x,), dtype = inputs, builder.double[node.inputs[0]].dtype
    tied = builder.near(np.sqrt, *node.inputs)
    # what is not chosen must have a finite slope, too
    apart = builder.add("where", builder.constant(tied), builder.constant(dtype.type(1)), x)
    same = builder.add("sqrt", apart if tied.any() else x)
    nothing = builder.add("multiply", builder.constant(dtype.type(0)), x)
    return builder.choice(node, same, tied, (x, nothing))


def _extreme(builder: ProgramBuilder, node: Node, inputs: tuple[int, ...]) -> int:
    """`max` and `min` over axes: entries that tie share the gradient, in whatever parts."""
    (axes,), (x,) = node.static, inputs
    same = builder.add(node.operation, x, static=node.static)
    choose: Any = functools.partial(
        np.max if node.operation == "max" else np.min, axis=axes, keepdims=True
    )
    tied = builder.near(lambda values: values - choose(values), *node.inputs)
    count = tied.sum(axis=axes, keepdims=True)
    if not (count > 1).any():
        return same
    values = builder.double[node.inputs[0]]
    order = np.arange(values.size).reshape(values.shape)
    first = order == np.min(order, axis=axes, keepdims=True, where=tied, initial=values.size)
    last = order == np.max(order, axis=axes, keepdims=True, where=tied, initial=-1)
    shares = tied / np.maximum(count, 1)
    s = builder.slopes(node.operation, [(count > 1) * c for c in (first, last, shares)])
    best = np.where(count > 1, choose(values), 0)  # the others may be infinite
    s = builder.add("cast", s, static=(values.dtype.name,))
    ties = builder.add("where", builder.constant(tied), x, builder.constant(best))
    off = builder.add("multiply", s, builder.add("subtract", ties, builder.constant(best)))
    moved = builder.add("sum", off, static=(axes,))
    shared = builder.add("add", builder.constant(np.squeeze(best, axis=axes)), moved)
    return builder.add("where", builder.constant(np.squeeze(count > 1, axis=axes)), shared, same)


OPENED: dict[str, Callable[[ProgramBuilder, Node, tuple[int, ...]], int]] = {
    **dict.fromkeys(("maximum", "minimum", "fmax", "fmin"), _either),
    **dict.fromkeys(EXTREMES, _extreme),
    "constant": _constant,
    "absolute": _absolute,
    "clip": _clip,
    "where": _where,
    "sqrt": _sqrt,
}
