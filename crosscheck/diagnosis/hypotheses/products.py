"""Hypotheses on a product's operands: not transposed, another, missing, already updated."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.diagnosis.hypotheses.base import Hypothesis, Kind, always, on_edge, results_first
from crosscheck.diagnosis.hypotheses.paths import active_inputs, times
from crosscheck.ir.vjp_rules import vjp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from crosscheck.diagnosis.backward import Array, Change, Run
    from crosscheck.diagnosis.source_steps import Step

    Operand = Callable[[Run, int, int], Array]  # run, node, the operand's number -> its value
    Turn = Callable[[Array], Array]


def _operand(sentence: str, *implies: str) -> Kind:
    return Kind("operand", sentence, implies=frozenset(implies))


EXCHANGED = _operand("gradient computed with {other} instead of an operand")
LAST = _operand("operand of the last iteration used at every iteration")
ONE_OFF = _operand("operand off by one iteration")
SWAPPED = _operand("operands of the iterations in reversed order")
FIRST = _operand("operand of the last iteration used at the first one, as an index of -1 reads it")
LEFT_OUT = _operand("operand missing from the gradient", "loss without", "upstream")
UNMASKED = _operand("mask missing from the gradient, its scale is there", "upstream")
OTHERS = _operand("complement of the mask used in the gradient")
TRUNCATED = _operand("operand truncated to whole numbers")
NOT_TRANSPOSED = _operand("operand not transposed")
THEMSELVES = _operand("operands exchanged: the gradient of each computed with itself")
FLIPPED = _operand("operand flipped along its last two axes")
UPSTREAM = _operand("upstream gradient not transposed")
UPDATED = Kind(
    "weights updated already",
    "weights already updated (learning rate {size:g})",
    "compute all gradients before updating any weight",
)
PRODUCTS = {"matmul", "einsum", "multiply", "divide"}


def operands(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a product that is differentiated without an operand, or with that not transposed."""
    for step, k, j in _pairs(run, steps):
        value = run.inputs(step.nodes[0])[j]
        for kind, turn in _turns(value).items():
            change = _with(step.nodes, k, j, functools.partial(_turned, turn))
            yield Hypothesis(kind, step.nodes, always(change))
    for step in steps:
        shape = run.values[step.nodes[0]].shape
        for k in (
            active_inputs(run, step) if step.operation in PRODUCTS and _is_square(shape) else ()
        ):
            change = on_edge(step.nodes, k, functools.partial(_upstream_transposed, k))
            yield Hypothesis(UPSTREAM, step.nodes, always(change))


def exchanged(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a product that is differentiated with the value of another step as its operand."""
    ordered = results_first(steps)
    for step, k, j in _pairs(run, steps):
        own = [run.nodes[n].inputs[j] for n in step.nodes]
        shape = run.values[own[0]].shape
        for others in _values(run, ordered, len(own)) if shape else ():
            for turn in _fitting(run.values[others[0]].shape, shape) if others != own else ():
                table = dict(zip(step.nodes, others, strict=True))
                change = _with(step.nodes, k, j, functools.partial(_other, table, turn))
                links = (step.nodes[0], others[0])
                yield Hypothesis(EXCHANGED, links, always(change))
        if len(set(own)) == len(own) > 1:
            for kind, moved in _of_other_iterations(run, own, steps):
                table = {n: o for n, o in zip(step.nodes, moved, strict=True) if o is not None}
                change = _with(step.nodes, k, j, functools.partial(_other, table, np.asarray))
                yield Hypothesis(kind, step.nodes, always(change))


def _fitting(shape: tuple[int, ...], wanted: tuple[int, ...]) -> Iterator[Turn]:
    """Yield how an array of one shape may stand for one of another: as it is, or transposed."""
    if shape == wanted:
        yield np.asarray
    if len(shape) > 1 and (*shape[:-2], shape[-1], shape[-2]) == wanted:
        yield _transposed


def themselves(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a product that is differentiated with each operand in the place of the other one."""
    for step in steps:
        inputs = active_inputs(run, step)
        if step.operation in {"multiply", "matmul"} and len(inputs) > 1:
            a, b = (x.shape for x in run.inputs(step.nodes[0]))
            for turn in _fitting(a, b):
                changes = (
                    _with(step.nodes, k, 1 - k, functools.partial(_itself, turn)) for k in inputs
                )
                change = functools.reduce(operator.or_, changes)
                yield Hypothesis(THEMSELVES, step.nodes, always(change))


def _itself(turn: Turn, run: Run, n: int, j: int) -> Array:
    return turn(run.inputs(n)[1 - j])


def _of_other_iterations(
    run: Run, own: Sequence[int], steps: Sequence[Step]
) -> Iterator[tuple[Kind, Sequence[int | None]]]:
    """Yield the operands of other iterations that may be taken for those of each iteration."""
    yield LAST, [own[-1]] * len(own)
    for before, after in ((None, None), (own[-1], own[0]), (own[0], own[-1])):
        yield ONE_OFF, [*own[1:], after]
        yield ONE_OFF, [before, *own[:-1]]
    if len(own) > 2:  # noqa: PLR2004 - two in reversed order are off by one
        yield SWAPPED, own[::-1]
    for step in steps:  # a state, of which the first is not one of the loop's
        if step.nodes[: len(own) - 1] == tuple(own[1:]) and len(step.nodes) == len(own):
            yield FIRST, [step.nodes[-1], *own[1:]]


def updated(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield weights that gradient descent has updated before the next delta is computed.

    They are a parameter, or a constant where the other parameter is certified alone.
    """
    for step, k, j in _pairs(run, steps):
        behind = {_behind(run, run.nodes[n].inputs[j]) for n in step.nodes}
        below = run.nodes[run.nodes[step.nodes[0]].inputs[k]].operation
        kinds = {"leaf"} if below == "leaf" else {"leaf", "constant"}
        known = {run.nodes[n].operation for n in behind} <= kinds
        if step.operation in {"matmul", "einsum"} and known:
            change = functools.partial(_updating, step.nodes, k, j)
            yield Hypothesis(UPDATED, step.nodes, change, sized=True, positive=True)


def _pairs(run: Run, steps: Sequence[Step]) -> Iterator[tuple[Step, int, int]]:
    """Yield each product with an input that carries a gradient, and another operand."""
    for step in steps:
        if step.operation in PRODUCTS:
            for k in active_inputs(run, step):
                for j in range(len(run.nodes[step.nodes[0]].inputs)):
                    inputs = run.nodes[step.nodes[0]].inputs
                    if inputs[j] != inputs[k] and not (step.operation == "divide" and k == 1):
                        yield step, k, j


def _values(run: Run, steps: Sequence[Step], count: int) -> Iterator[list[int]]:
    """Yield what else there is: values of other steps, of as many iterations, and constants."""
    for step in steps:
        if len(step.nodes) == count:
            yield list(step.nodes)
    for n, node in enumerate(run.nodes):
        if count == 1 and node.operation in {"leaf", "constant"}:
            yield [n]


def _turns(value: Array) -> dict[Kind, Turn]:
    turns: dict[Kind, Turn] = {}
    if np.ptp(value):  # else it is a factor
        turns[LEFT_OUT] = np.ones_like
    low, *rest = np.unique(value)
    if value.ndim and len(rest) > 1 and np.trunc(value).any():  # else it is cut to zero, or a mask
        turns[TRUNCATED] = np.trunc
    if len(rest) == 1 and 0 in {low, *rest}:
        turns[OTHERS] = lambda mask: mask.min() + mask.max() - mask
        if not {low, *rest} & {1.0}:  # else that is the operand missing
            turns[UNMASKED] = lambda mask: np.full_like(mask, mask.min() + mask.max())
    if _is_square(value.shape):
        turns[NOT_TRANSPOSED] = _transposed
    if value.ndim > 2:  # noqa: PLR2004 - kernels
        turns[FLIPPED] = functools.partial(np.flip, axis=(-2, -1))
    return turns


def _is_square(shape: tuple[int, ...]) -> bool:
    """Return whether the last two axes can be exchanged unnoticed."""
    return len(shape) > 1 and shape[-1] == shape[-2]


def _transposed(array: Array) -> Array:
    return np.swapaxes(array, -1, -2)


def _with(nodes: Sequence[int], k: int, j: int, operand: Operand) -> Change:

    def edge_vjp(run: Run, n: int, ybar: Array) -> Array:
        xs, node = run.inputs(n), run.nodes[n]
        xs[j] = operand(run, n, j)
        out: Array = vjp(node.operation, k, ybar, run.values[n], xs, node.static)
        return out

    return on_edge(nodes, k, edge_vjp)


def _turned(turn: Turn, run: Run, n: int, j: int) -> Array:
    return turn(run.inputs(n)[j])


def _other(table: Mapping[int, int], turn: Turn, run: Run, n: int, j: int) -> Array:
    """Return the value that stands in an operand's place; zero where there is none."""
    return turn(run.values[table[n]]) if n in table else np.zeros_like(run.inputs(n)[j])


def _upstream_transposed(k: int, run: Run, n: int, ybar: Array) -> Array:
    return run.vjp(n, k, _transposed(ybar))


def _behind(run: Run, n: int) -> int:
    """Return the leaf that node n is, but for its shape; n itself if it is none."""
    while run.nodes[n].operation in {"reshape", "transpose"}:
        n = run.nodes[n].inputs[0]
    return n


def _updating(nodes: tuple[int, ...], k: int, j: int, rate: float) -> Change:
    def operand(run: Run, n: int, j: int) -> Array:
        weights = run.nodes[n].inputs[j]
        if run.nodes[weights].operation == "constant":
            gradient = np.sum([run.vjp(m, j, run.cotangent(m)) for m in nodes], axis=0)
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
