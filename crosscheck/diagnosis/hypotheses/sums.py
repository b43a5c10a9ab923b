"""Hypotheses on sums: of some rows, over all axes or none, of another upstream gradient."""

from __future__ import annotations

import functools
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.diagnosis.backward import Change
from crosscheck.diagnosis.hypotheses.base import Hypothesis, Kind, always, on_edge, results_first
from crosscheck.diagnosis.hypotheses.paths import active_inputs
from crosscheck.ir.partials import partial
from crosscheck.ir.unbroadcast import broadcast_axes
from crosscheck.ir.vjp_rules import explicit, spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from crosscheck.diagnosis.backward import Array, EdgeVjp, NodeVjp, Run
    from crosscheck.diagnosis.source_steps import Step

ROWS = Kind("rows", "{detail}", "sum over all of them")
SUMMED = Kind(
    "summed over everything",
    "gradient summed over all axes",
    "sum it over the broadcast axes alone: np.sum(…, {axes})",
)
OTHER_AXES = Kind(
    "summed over other axes",
    "gradient summed over {detail} instead of {over}",
    "np.sum(…, {axes})",
)
SPREAD = Kind(
    "spread over other axes",
    "gradient of the sum spread over {detail}, not over the axes that were summed up",
    "spread it over the axes of the sum",
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
            yield from _other_axes(run, step, k)
        if step.operation in ELEMENTWISE and run.nodes[i].operation == "leaf":
            change = on_edge(step.nodes, k, functools.partial(_unsummed, k))
            yield Hypothesis(NOT_SUMMED, step.nodes, always(change))


def _other_axes(run: Run, step: Step, k: int) -> Iterator[Hypothesis]:
    """Yield the sums over other axes that have the shape of the input; of a parameter, any."""
    i = run.nodes[step.nodes[0]].inputs[k]
    shape = run.values[step.nodes[0]].shape
    long = [a for a, n in enumerate(shape) if n > 1]
    correct = set(broadcast_axes(run.values[i].shape, shape)).intersection(long)
    squeezed = tuple(n for n in run.values[i].shape if n > 1)
    for axes in (a for count in range(1, len(long)) for a in combinations(long, count)):
        left = tuple(shape[a] for a in long if a not in axes)
        # what is summed over some of the axes, or over more of them, shows by its shape
        is_other = not (correct.issubset(axes) or correct.issuperset(axes))
        if is_other and (left == squeezed or run.nodes[i].operation == "leaf"):
            own = run.values[i].shape if left == squeezed else left
            change = on_edge(step.nodes, k, functools.partial(_over, k, axes, own))
            yield Hypothesis(OTHER_AXES, step.nodes, always(change), detail=_said(axes))


def spreads(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a sum whose gradient is spread over other axes of the same lengths."""
    for step in steps:
        node, x = run.nodes[step.nodes[0]], run.inputs(step.nodes[0])[0]
        for axes in (
            combinations(range(x.ndim), len(node.static[0])) if node.operation == "sum" else ()
        ):
            left = tuple(n for a, n in enumerate(x.shape) if a not in axes)
            if (
                axes != node.static[0]
                and left == run.values[step.nodes[0]].shape
                and max(left, default=1) > 1
            ):
                change = on_edge(step.nodes, 0, functools.partial(_spread, axes))
                yield Hypothesis(SPREAD, step.nodes, always(change), detail=_said(axes))


def _said(axes: Sequence[int]) -> str:
    *others, last = map(str, axes)
    return f"axes {', '.join(others)} and {last}" if others else f"axis {last}"


def _over(
    k: int, axes: tuple[int, ...], shape: tuple[int, ...], run: Run, n: int, ybar: Array
) -> Array:
    return np.asarray(np.sum(_unsummed(k, run, n, ybar), axis=axes).reshape(shape))


def _spread(axes: tuple[int, ...], run: Run, n: int, ybar: Array) -> Array:
    return np.asarray(spread(ybar, run.inputs(n)[0], axes))


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
    """Yield a maximum over axes that is differentiated as something else of its entries."""
    for step in (step for step in steps if step.operation in {"max", "min"}):
        for detail, share in SHARES.items():
            change = on_edge(step.nodes, 0, share)
            yield Hypothesis(MAXIMUM, step.nodes, always(change), detail=detail)


def _evenly(run: Run, n: int, ybar: Array) -> Array:
    x, axes = run.inputs(n)[0], run.nodes[n].static[0]
    return np.asarray(spread(ybar, x, axes) / np.prod([x.shape[a] for a in axes], dtype=x.dtype))


def _every(run: Run, n: int, ybar: Array) -> Array:
    return np.array(spread(ybar, run.inputs(n)[0], run.nodes[n].static[0]))


def _at(entry: int, run: Run, n: int, ybar: Array) -> Array:
    """Return the whole upstream gradient at the first or the last entry."""
    x, axes = run.inputs(n)[0], run.nodes[n].static[0]
    out = np.zeros_like(x)
    only = slice(0, 1) if entry == 0 else slice(-1, None)
    index = tuple(only if a in axes else slice(None) for a in range(x.ndim))
    out[index] = spread(ybar, x, axes)[index]
    return out


def _opposite(run: Run, n: int, ybar: Array) -> Array:
    """Return the upstream gradient at the least entry of a maximum, the greatest of a minimum."""
    x, axes = run.inputs(n)[0], run.nodes[n].static[0]
    extreme = np.min if run.nodes[n].operation == "max" else np.max
    return np.asarray(spread(ybar, x, axes) * (x == extreme(x, axis=axes, keepdims=True)))


def _largest(run: Run, n: int, ybar: Array) -> Array:
    """Return the upstream gradient at the entry of the greatest absolute value."""
    x, axes = run.inputs(n)[0], run.nodes[n].static[0]
    size = np.abs(x)
    return np.asarray(spread(ybar, x, axes) * (size == np.max(size, axis=axes, keepdims=True)))


def _beside(by: int, run: Run, n: int, ybar: Array) -> Array:
    """Return the upstream gradient so many entries away from where it belongs, of a window."""
    x, axes = run.inputs(n)[0], run.nodes[n].static[0]
    last = range(x.ndim - len(axes), x.ndim)
    moved = np.moveaxis(run.vjp(n, 0, ybar), axes, last)
    flat = moved.reshape(*moved.shape[: x.ndim - len(axes)], -1)
    return np.moveaxis(np.roll(flat, by, axis=-1).reshape(moved.shape), last, axes)


def _ties(run: Run, n: int, ybar: Array) -> Array:
    """Return the upstream gradient, whole, at every entry that attains the maximum."""
    x, axes = run.inputs(n)[0], run.nodes[n].static[0]
    return np.asarray(spread(ybar, x, axes) * (x == spread(run.values[n], x, axes)))


SHARES: dict[str, EdgeVjp] = {
    "mean": _evenly,
    "sum: every entry gets the whole upstream gradient": _every,
    "first entry": functools.partial(_at, 0),
    "last entry": functools.partial(_at, -1),
    "opposite extreme: argmin for argmax, or the other way round": _opposite,
    "entry of the greatest absolute value": _largest,
    "entry after the right one": functools.partial(_beside, 1),
    "entry before the right one": functools.partial(_beside, -1),
    "sum of all entries that attain it": _ties,
}


def upstreams(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a step whose upstream gradient is that of another step."""
    ordered = results_first(steps)
    for step in steps:
        for other in ordered:
            if other is not step and _is_alike(run, step, other):
                table = dict(zip(step.nodes, other.nodes, strict=True))
                for k in active_inputs(run, step):
                    change = _from_others(k, table)
                    yield Hypothesis(UPSTREAM, (step.nodes[0], other.nodes[0]), always(change))


def _is_alike(run: Run, step: Step, other: Step) -> bool:
    """Return whether two steps have as many iterations, and arrays of one shape."""
    shape = run.values[step.nodes[0]].shape
    return (
        shape != ()
        and shape == run.values[other.nodes[0]].shape
        and len(step.nodes) == len(other.nodes)
    )


def _from_others(k: int, table: Mapping[int, int]) -> Change:
    """Return the change in which nodes pass the cotangents of others on to their input k.

    In a loop these are changed, too: so it is the other node that contributes, if it comes later.
    """
    if len(table) == 1 or any(other < n for n, other in table.items()):
        return on_edge(table, k, lambda run, n, _: run.vjp(n, k, run.cotangent(table[n])))

    def instead(n: int, other: int) -> NodeVjp:
        def contributions(run: Run, ybar: Array) -> Mapping[int, Array]:
            own = dict(run.contributions(other, ybar, run.nodes[other].inputs))
            i = run.nodes[n].inputs[k]
            return {**own, i: own.get(i, 0) + run.vjp(n, k, ybar)}

        return contributions

    gone = on_edge(table, k, lambda run, n, _: run.zeros(run.nodes[n].inputs[k]))
    return gone | Change(vjps={other: instead(n, other) for n, other in table.items()})
