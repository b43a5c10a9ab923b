"""Hypotheses on the operands of a product: turned over, exchanged, left out, updated too early."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.diagnosis.hypotheses.base import Hypothesis, always, on_edge
from crosscheck.diagnosis.hypotheses.paths import times, ways
from crosscheck.diagnosis.vjp_rules import pulled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from crosscheck.diagnosis.backward import Array, Change, Run
    from crosscheck.diagnosis.source_steps import Step

    Operand = Callable[[Run, int, int], Array]  # run, node, the operand's number -> its value

OPERAND = "operand"
EXCHANGED, LAST = "exchanged", "that of the last pass"
UPDATED = "weights updated already"
PRODUCTS = {"matmul", "einsum", "multiply", "divide"}


def operands(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a product that is differentiated with an operand turned over, or left out."""
    for step, k, j in _pairs(run, steps):
        value = run.inputs(step.nodes[0])[j]
        for detail, turn in _turns(value).items():
            change = _with(step.nodes, k, j, functools.partial(_turned, turn))
            yield Hypothesis(OPERAND, step.nodes, always(change), detail=detail)
    for step in steps:
        shape = run.values[step.nodes[0]].shape
        for k in ways(run, step) if step.operation in PRODUCTS and _is_square(shape) else ():
            change = on_edge(step.nodes, k, functools.partial(_upstream_transposed, k))
            detail = "upstream not transposed"
            yield Hypothesis(OPERAND, step.nodes, always(change), detail=detail)


def exchanged(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a product that is differentiated with the value of another step as its operand."""
    for step, k, j in _pairs(run, steps):
        own = [run.nodes[n].inputs[j] for n in step.nodes]
        shape = run.values[own[0]].shape
        for others in _values(run, steps, len(own)) if shape else ():
            if run.values[others[0]].shape == shape and others != own:
                table = dict(zip(step.nodes, others, strict=True))
                change = _with(step.nodes, k, j, functools.partial(_other, table))
                links = (step.nodes[0], others[0])
                yield Hypothesis(OPERAND, links, always(change), detail=EXCHANGED)
        if len(set(own)) < len(own) or len(own) == 1:
            continue
        stale = _with(
            step.nodes, k, j, functools.partial(_other, dict.fromkeys(step.nodes, own[-1]))
        )
        yield Hypothesis(OPERAND, step.nodes, always(stale), detail=LAST)
        for shift in (1, -1):
            moved = own[shift:] if shift > 0 else own[:shift]
            passes = step.nodes[:-shift] if shift > 0 else step.nodes[-shift:]
            table = dict(zip(passes, moved, strict=True))
            change = _with(step.nodes, k, j, functools.partial(_other, table))
            yield Hypothesis(OPERAND, step.nodes, always(change), detail="one step off")


def updated(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield weights that a step of descent has changed before the delta below is computed.

    They are a parameter, or a constant where another parameter is looked at alone.
    """
    for step, k, j in _pairs(run, steps):
        behind = {_behind(run, run.nodes[n].inputs[j]) for n in step.nodes}
        below = run.nodes[run.nodes[step.nodes[0]].inputs[k]].operation
        kinds = {"leaf"} if below == "leaf" else {"leaf", "constant"}
        known = {run.nodes[n].operation for n in behind} <= kinds
        if step.operation in {"matmul", "einsum"} and known:
            change = functools.partial(_updating, step.nodes, k, j)
            yield Hypothesis(UPDATED, step.nodes, change, sized=True)


def _pairs(run: Run, steps: Sequence[Step]) -> Iterator[tuple[Step, int, int]]:
    """Yield each product with an input that carries a gradient, and another operand."""
    for step in steps:
        if step.operation in PRODUCTS:
            for k in ways(run, step):
                for j in range(len(run.nodes[step.nodes[0]].inputs)):
                    if j != k and not (step.operation == "divide" and k == 1):
                        yield step, k, j


def _values(run: Run, steps: Sequence[Step], count: int) -> Iterator[list[int]]:
    """Yield what else there is: values of other steps, of as many passes, and constants."""
    for step in steps:
        if len(step.nodes) == count:
            yield list(step.nodes)
    for n, node in enumerate(run.nodes):
        if count == 1 and node.operation in {"leaf", "constant"}:
            yield [n]


def _turns(value: Array) -> dict[str, Callable[[Array], Array]]:
    """Return the ways to spoil an operand that keep its shape."""
    turns: dict[str, Callable[[Array], Array]] = {}
    if np.ptp(value):  # else it is a factor
        turns["left out"] = np.ones_like
    if value.ndim and np.trunc(value).any():  # else it is cut to zero, and so is the path
        turns["cut to whole numbers"] = np.trunc
    if _is_square(value.shape):
        turns["not transposed"] = _transposed
    if value.ndim > 2:  # noqa: PLR2004 - kernels
        turns["flipped"] = functools.partial(np.flip, axis=(-2, -1))
    return turns


def _is_square(shape: tuple[int, ...]) -> bool:
    """Return whether the last two axes can be exchanged unnoticed."""
    return len(shape) > 1 and shape[-1] == shape[-2]


def _transposed(array: Array) -> Array:
    return np.swapaxes(array, -1, -2)


def _with(nodes: Sequence[int], k: int, j: int, operand: Operand) -> Change:
    """Return the change in which what goes to input k is computed with another operand j."""

    def spoil(run: Run, n: int, ybar: Array) -> Array:
        xs, node = run.inputs(n), run.nodes[n]
        xs[j] = operand(run, n, j)
        out: Array = pulled(node.operation, k, ybar, run.values[n], xs, node.static)
        return out

    return on_edge(nodes, k, spoil)


def _turned(turn: Callable[[Array], Array], run: Run, n: int, j: int) -> Array:
    return turn(run.inputs(n)[j])


def _other(table: Mapping[int, int], run: Run, n: int, j: int) -> Array:
    """Return the value that stands in an operand's place; zero where there is none."""
    return run.values[table[n]] if n in table else np.zeros_like(run.inputs(n)[j])


def _upstream_transposed(k: int, run: Run, n: int, ybar: Array) -> Array:
    return run.pull(n, k, _transposed(ybar))


def _behind(run: Run, n: int) -> int:
    """Return the leaf that node n is, but for its shape; n itself if it is none."""
    while run.nodes[n].operation in {"reshape", "transpose"}:
        n = run.nodes[n].inputs[0]
    return n


def _updating(nodes: tuple[int, ...], k: int, j: int, rate: float) -> Change:
    def operand(run: Run, n: int, j: int) -> Array:
        weights = run.nodes[n].inputs[j]
        if run.nodes[weights].operation == "constant":
            gradient = np.sum([run.pull(m, j, run.cotangent(m)) for m in nodes], axis=0)
        else:
            gradient = _gradient(run, weights)
        return run.values[weights] - times(gradient, rate)

    return _with(nodes, k, j, operand)


def _gradient(run: Run, n: int) -> Array:
    """Return the gradient of the parameter at node n, in the shape in which it is read there."""
    node = run.nodes[n]
    if node.operation == "leaf":
        return run.cotangent(n)
    below = _gradient(run, node.inputs[0])
    if node.operation == "transpose":
        return np.transpose(below, node.static[0])
    return below.reshape(node.static[0])
