"""The operations that have kinks, and how each is written with a slope there.

A rule takes the opening, the old node and the new numbers of its inputs, and returns the new node.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from crosscheck.ir.program import Node
from crosscheck.kinks.builder import EXTREMES, Opening


def kept(opening: Opening, node: Node, inputs: tuple[int, ...]) -> int:
    """Everything else, as it is."""
    return opening.add(node.operation, *inputs, static=node.static)


def _constant(opening: Opening, node: Node, inputs: tuple[int, ...]) -> int:
    (k,) = node.static
    constant = opening.old.constants[k]
    decided = opening.decided(k, constant.dtype.name) if constant.dtype.kind == "f" else None
    return opening.constant(constant) if decided is None else decided


def _either(opening: Opening, node: Node, inputs: tuple[int, ...]) -> int:
    """`maximum`, `minimum` and their like."""
    same = opening.add(node.operation, *inputs)
    return opening.choice(
        node, same, opening.near(np.subtract, *node.inputs), (inputs[0], inputs[1])
    )


def _absolute(opening: Opening, node: Node, inputs: tuple[int, ...]) -> int:
    (x,) = inputs
    same, negative = opening.add("absolute", x), opening.add("negative", x)
    return opening.choice(node, same, opening.near(np.positive, *node.inputs), (x, negative))


def _clip(opening: Opening, node: Node, inputs: tuple[int, ...]) -> int:
    new = opening.add("clip", *inputs)
    for bound, new_bound in zip(node.inputs[1:], inputs[1:], strict=True):
        tied = opening.near(np.subtract, node.inputs[0], bound)
        new = opening.choice(node, new, tied, (inputs[0], new_bound))
    return new


def _where(opening: Opening, node: Node, inputs: tuple[int, ...]) -> int:
    (k,) = opening.old.structure.nodes[node.inputs[0]].static
    dtype, same = opening.double[node.inputs[1]].dtype.name, opening.add("where", *inputs)
    part = opening.decided(k, dtype)
    if part is None:
        return same
    turns = opening.constant(np.not_equal(*opening.sides[k]))
    return opening.add("where", turns, opening.between(part, (inputs[1], inputs[2]), dtype), same)


def _sqrt(opening: Opening, node: Node, inputs: tuple[int, ...]) -> int:
    """Its slope at 0 is infinite on one side: a norm or a deviation has a kink there."""
    (x,), dtype = inputs, opening.double[node.inputs[0]].dtype
    tied = opening.near(np.sqrt, *node.inputs)
    # what is not chosen must have a finite slope, too
    apart = opening.add("where", opening.constant(tied), opening.constant(dtype.type(1)), x)
    same = opening.add("sqrt", apart if tied.any() else x)
    nothing = opening.add("multiply", opening.constant(dtype.type(0)), x)
    return opening.choice(node, same, tied, (x, nothing))


def _extreme(opening: Opening, node: Node, inputs: tuple[int, ...]) -> int:
    """`max` and `min` over axes: entries that tie share the gradient, in whatever parts."""
    (axes,), (x,) = node.static, inputs
    same = opening.add(node.operation, x, static=node.static)
    choose: Any = functools.partial(
        np.max if node.operation == "max" else np.min, axis=axes, keepdims=True
    )
    tied = opening.near(lambda values: values - choose(values), *node.inputs)
    count = tied.sum(axis=axes, keepdims=True)
    if not (count > 1).any():
        return same
    values = opening.double[node.inputs[0]]
    order = np.arange(values.size).reshape(values.shape)
    first = order == np.min(order, axis=axes, keepdims=True, where=tied, initial=values.size)
    last = order == np.max(order, axis=axes, keepdims=True, where=tied, initial=-1)
    shares = tied / np.maximum(count, 1)
    s = opening.slopes(node.operation, [(count > 1) * c for c in (first, last, shares)])
    best = np.where(count > 1, choose(values), 0)  # the others may be infinite
    s = opening.add("cast", s, static=(values.dtype.name,))
    ties = opening.add("where", opening.constant(tied), x, opening.constant(best))
    off = opening.add("multiply", s, opening.add("subtract", ties, opening.constant(best)))
    moved = opening.add("sum", off, static=(axes,))
    shared = opening.add("add", opening.constant(np.squeeze(best, axis=axes)), moved)
    return opening.add("where", opening.constant(np.squeeze(count > 1, axis=axes)), shared, same)


OPENED: dict[str, Callable[[Opening, Node, tuple[int, ...]], int]] = {
    **dict.fromkeys(("maximum", "minimum", "fmax", "fmin"), _either),
    **dict.fromkeys(EXTREMES, _extreme),
    "constant": _constant,
    "absolute": _absolute,
    "clip": _clip,
    "where": _where,
    "sqrt": _sqrt,
}
