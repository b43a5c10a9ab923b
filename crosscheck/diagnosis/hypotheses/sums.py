"""Hypotheses on sums: of some rows, over all axes or none, of another upstream gradient."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.diagnosis.hypotheses.base import Hypothesis, Kind, always, on_edge
from crosscheck.diagnosis.hypotheses.paths import active_inputs
from crosscheck.ir.partials import partial
from crosscheck.ir.vjp_rules import explicit, spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from crosscheck.diagnosis.backward import Array, Run
    from crosscheck.diagnosis.source_steps import Step

ROWS = Kind("rows", "{detail}", "sum over all of them")
SUMMED = Kind(
    "summed over everything",
    "gradient summed over all axes",
    "sum it over the broadcast axes alone: np.sum(…, {axes})",
)
NOT_SUMMED = Kind("not summed", "broadcast here; sum its gradient over {over}", "np.sum(…, {axes})")
MAXIMUM = Kind(
    "maximum",
    "{operation} differentiated as the {detail}",
    "pass the upstream gradient to the entry that is the {operation}",
)
UPSTREAM = Kind("upstream", "upstream gradient taken from {other}")
ELEMENTWISE = {"add", "subtract", "multiply"}
SUMS = {*ELEMENTWISE, "matmul", "einsum"}
SUBSETS = {
    "only the first entry along axis {} is summed": slice(0, 1),
    "only the last entry along axis {} is summed": slice(-1, None),
    "the first entry along axis {} is left out of the sum": slice(1, None),
}


def rows(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a gradient in whose sum over an axis of the cotangent some entries are missing."""
    for step, k in _summing(run, steps):
        shape = run.values[step.nodes[0]].shape
        for axis in _added_up(run, step.nodes[0], k):
            # of two rows, the last is all but the first
            for detail in list(SUBSETS)[: min(shape[axis], 3)] if shape[axis] > 1 else ():
                edge_vjp = functools.partial(_some, k, axis, SUBSETS[detail])
                change = on_edge(step.nodes, k, edge_vjp)
                yield Hypothesis(ROWS, step.nodes, always(change), detail=detail.format(axis))


def _added_up(run: Run, n: int, k: int) -> list[int]:
    """Return the axes of a node's cotangent that are summed over for input k."""
    node, xs, out = run.nodes[n], run.inputs(n), run.values[n]
    if node.operation == "einsum":
        inputs, output = explicit(node.static[0], [x.ndim for x in xs])
        return [axis for axis, letter in enumerate(output) if letter not in inputs[k]]
    # Of a product's own two axes one is summed over, of the others those that were broadcast.
    own = min(xs[k].ndim, 2) if node.operation == "matmul" else 0
    batch = out.ndim - sum(x.ndim > 1 for x in xs) if own else out.ndim
    mine = (1,) * (batch + own - xs[k].ndim) + xs[k].shape
    added = [axis for axis in range(batch) if mine[axis] < out.shape[axis]]
    if own and xs[1 - k].ndim > 1:
        added.append(out.ndim - 1 if k == 0 else batch)
    return added


def broadcasts(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a broadcast whose gradient is summed over everything, or is not summed back."""
    for step, k in _summing(run, steps):
        i = run.nodes[step.nodes[0]].inputs[k]
        if step.operation in ELEMENTWISE and run.values[i].ndim:
            change = on_edge(step.nodes, k, functools.partial(_everything, k))
            yield Hypothesis(SUMMED, step.nodes, always(change))
        if step.operation in ELEMENTWISE and run.nodes[i].operation == "leaf":
            change = on_edge(step.nodes, k, functools.partial(_unsummed, k))
            yield Hypothesis(NOT_SUMMED, step.nodes, always(change))


def _summing(run: Run, steps: Sequence[Step]) -> Iterator[tuple[Step, int]]:
    """Yield the steps whose VJP sums over an axis, and by which input."""
    for step in steps:
        for k, n in active_inputs(run, step).items() if step.operation in SUMS else ():
            broadcast = run.values[run.nodes[n].inputs[k]].shape != run.values[n].shape
            if broadcast or step.operation not in ELEMENTWISE:
                yield step, k


def _some(k: int, axis: int, kept: slice, run: Run, n: int, ybar: Array) -> Array:
    some = np.zeros_like(ybar)
    index = (slice(None),) * axis + (kept,)
    some[index] = ybar[index]
    return run.vjp(n, k, some)


def _everything(k: int, run: Run, n: int, ybar: Array) -> Array:
    summed = run.vjp(n, k, ybar)
    return np.full_like(summed, np.sum(summed))


def _unsummed(k: int, run: Run, n: int, ybar: Array) -> Array:
    """Return the cotangent in the shape of the output, where the input was broadcast."""
    slope = partial(run.nodes[n].operation, k, run.values[n], run.inputs(n))
    return np.asarray(ybar * slope)


def maxima(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a maximum over axes that is differentiated as a mean, or as the first entry."""
    for step in steps:
        for detail, share in {"mean": _evenly, "first entry": _first}.items():
            if step.operation in {"max", "min"}:
                change = on_edge(step.nodes, 0, share)
                yield Hypothesis(MAXIMUM, step.nodes, always(change), detail=detail)


def _evenly(run: Run, n: int, ybar: Array) -> Array:
    x, axes = run.inputs(n)[0], run.nodes[n].static[0]
    return np.asarray(spread(ybar, x, axes) / np.prod([x.shape[a] for a in axes], dtype=x.dtype))


def _first(run: Run, n: int, ybar: Array) -> Array:
    x, axes = run.inputs(n)[0], run.nodes[n].static[0]
    out = np.zeros_like(x)
    index = tuple(slice(0, 1) if a in axes else slice(None) for a in range(x.ndim))
    out[index] = spread(ybar, x, axes)[index]
    return out


def upstreams(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a step whose upstream gradient is that of another step."""
    for step in steps:
        for other in steps:
            if other is not step and _is_alike(run, step, other):
                table = dict(zip(step.nodes, other.nodes, strict=True))
                for k in active_inputs(run, step):
                    change = on_edge(step.nodes, k, functools.partial(_taken, k, table))
                    yield Hypothesis(UPSTREAM, (step.nodes[0], other.nodes[0]), always(change))


def _is_alike(run: Run, step: Step, other: Step) -> bool:
    """Return whether two steps have as many iterations, and arrays of one shape."""
    shape = run.values[step.nodes[0]].shape
    return (
        shape != ()
        and shape == run.values[other.nodes[0]].shape
        and len(step.nodes) == len(other.nodes)
    )


def _taken(k: int, table: Mapping[int, int], run: Run, n: int, _: Array) -> Array:
    return run.vjp(n, k, run.cotangent(table[n]))
