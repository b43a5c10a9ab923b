"""Hypotheses on the gradient that a layer's backward pass is given: ignored, or used in part.

A layer is certified as the loss Σ dout · output, so that `dout` is an operand of the last products
of the program: those that are no expression of the user's.
"""

from __future__ import annotations

import functools
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from crosscheck.diagnosis.hypotheses.base import Hypothesis, Kind, always, on_edge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crosscheck.diagnosis.backward import Array, Change, Run
    from crosscheck.diagnosis.source_steps import Step

    Turn = Callable[[Array], Array]

GIVEN = Kind(
    "upstream gradient given",
    "upstream gradient{detail}",
    "backward gets the gradient with respect to every output: multiply by it, once",
    frozenset(
        {
            "scaled",
            "operand",
            "loss without",
            "loss with shifted data",
            "spread over other axes",
            "summed over other axes",
            "upstream",
            "upstream gradient unused",
            "rearranged",
            "wrong derivative",
            "derivative left out",
            "derivative at another value",
            "differentiated twice",
            "truncated",
            "one pass",
            "rows",
            "overwritten",
        }
    ),
)


# The product comes first in the nodes of a hypothesis: it is no expression of the user's, and so
# has to explain every gradient that it changes.
class Output(NamedTuple):
    """An output of the layer: its node, or that of the user's it comes from, and its product."""

    node: int
    product: int


def outputs(run: Run, steps: Sequence[Step]) -> list[Output]:
    """Return the outputs of a layer, in order; none of what is no layer."""
    if not any(step.place for step in steps):
        return []
    found, placed = [], {n for step in steps if step.place for n in step.nodes}
    for step in steps:
        first = run.nodes[step.nodes[0]].inputs[0]
        if not step.place and step.operation == "multiply" and not run.tracked[first]:
            found += [Output(written(run, run.nodes[n].inputs[1], placed), n) for n in step.nodes]
    return found


def written(run: Run, n: int, placed: set[int]) -> int:
    """Return the last node behind node n that is an expression of the user's."""
    while n not in placed and run.nodes[n].operation != "leaf":
        n = max(i for i in run.nodes[n].inputs if run.tracked[i])
    return n


def ignored(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a layer whose upstream gradient is not used, or only a part or a power of it."""
    found = outputs(run, steps)
    for output in found:
        which = f" of output {found.index(output) + 1}" if len(found) > 1 else ""
        dout = run.inputs(output.product)[0]
        turns = _turns(dout)
        if len(found) > 1:
            turns[" not used"] = np.zeros_like
        for detail, turn in turns.items():
            change = _turned([output], turn)
            yield Hypothesis(GIVEN, (output.product, output.node), change, detail=which + detail)
    if len(found) > 1:
        nodes = (found[0].product, *(output.node for output in found))
        yield Hypothesis(GIVEN, nodes, _turned(found, np.ones_like), detail="s ignored")
    for one, other in combinations(found, 2):
        if run.values[one.product].shape == run.values[other.product].shape:
            numbers = f"{found.index(one) + 1} and {found.index(other) + 1}"
            detail = f"s of outputs {numbers} exchanged"
            yield Hypothesis(
                GIVEN, (one.product, one.node, other.node), _exchanged(one, other), detail=detail
            )


def _turned(found: Sequence[Output], turn: Turn) -> Callable[[float], Change]:
    """Return the change in which the upstream gradients are turned into something else."""

    def edge_vjp(run: Run, n: int, ybar: Array) -> Array:
        dout = run.inputs(n)[0]
        return np.asarray(np.broadcast_to(turn(dout), dout.shape) * ybar)

    return always(on_edge([output.product for output in found], 1, edge_vjp))


def _exchanged(one: Output, other: Output) -> Callable[[float], Change]:
    """Return the change in which two outputs have each other's upstream gradient."""
    partner = {one.product: other.product, other.product: one.product}

    def edge_vjp(run: Run, n: int, ybar: Array) -> Array:
        return np.asarray(run.inputs(partner[n])[0] * ybar)

    return always(on_edge(partner, 1, edge_vjp))


def _turns(dout: Array) -> dict[str, Turn]:
    """Return what may be used in the place of an upstream gradient."""
    turns: dict[str, Turn] = {
        " ignored": np.ones_like,
        " multiplied twice": np.square,
        " used by its absolute value": np.abs,
    }
    if dout.size > 1:
        turns[" replaced by its sum"] = np.sum
        turns[" replaced by its mean"] = np.mean
        turns[" replaced by its first entry"] = lambda d: d.reshape(-1)[:1].reshape((1,) * d.ndim)
    if dout.ndim > 1 and dout.shape[-1] == dout.shape[-2]:
        turns[" transposed"] = lambda d: np.swapaxes(d, -1, -2)
    for axis in range(dout.ndim):
        if dout.shape[axis] > 1:
            turns |= _along(axis)
    return turns


def _along(axis: int) -> dict[str, Turn]:
    turns: dict[str, Turn] = {
        f" flipped along axis {axis}": functools.partial(np.flip, axis=axis),
        f" summed over axis {axis}": lambda d: np.sum(d, axis=axis, keepdims=True),
        f" averaged over axis {axis}": lambda d: np.asarray(np.mean(d, axis=axis, keepdims=True)),
    }
    for number, name in ((0, "first"), (-1, "last")):
        only = f": only its {name} entry along axis {axis} is"
        turns[f"{only} used"] = functools.partial(_kept, axis, number)
        turns[f"{only} used, for all of them"] = functools.partial(
            np.take, indices=[number], axis=axis
        )
    for by in (1, -1):
        turns[f" off by {by} along axis {axis}"] = functools.partial(np.roll, shift=by, axis=axis)
        turns[f" off by {by} along axis {axis}, with zeros"] = functools.partial(_moved, axis, by)
    return turns


def _kept(axis: int, number: int, dout: Array) -> Array:
    """Return an array of which one entry along an axis is kept, and the others are zero."""
    out = np.zeros_like(dout)
    index = (slice(None),) * axis + (number,)
    out[index] = dout[index]
    return out


def _moved(axis: int, by: int, dout: Array) -> Array:
    out = np.roll(dout, by, axis)
    out[(slice(None),) * axis + (0 if by > 0 else -1,)] = 0
    return out
