"""Hypotheses on windows and padding: written with `=`, at the wrong place, cropped wrongly."""

from __future__ import annotations

import functools
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.diagnosis.backward import Change, total
from crosscheck.diagnosis.hypotheses.base import Hypothesis, Kind, always, on_edge
from crosscheck.ir.vjp_rules import vjp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crosscheck.diagnosis.backward import Array, Combine, Parts, Run
    from crosscheck.diagnosis.source_steps import Step

OVERWRITTEN = Kind(
    "overwritten",
    "overlapping windows overwrite each other's gradients{detail}",
    "accumulate them: += instead of =, np.add.at where indices repeat",
    frozenset({"one pass", "truncated"}),
)
CROPPED = Kind(
    "cropped wrongly",
    "gradient of the padded array cropped {detail}",
    "crop as much as was padded, on every side",
)
STRIDE = Kind(
    "stride left out",
    "windows taken without the stride in the backward pass{detail}",
    "begin every window at its index times the stride, as the forward pass does",
    frozenset({"operand"}),
)


def overlaps(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a value whose parts are read with overlaps, where the last one overwrites: `=`."""
    for step in steps:
        if step.operation == "gather" and _repeats(run, step.nodes[:1]):
            yield Hypothesis(OVERWRITTEN, step.nodes, always(on_edge(step.nodes, 0, _assigned)))
            for axis in range(run.values[step.nodes[0]].ndim):
                change = on_edge(step.nodes, 0, functools.partial(_assigned_by_slices, axis))
                yield Hypothesis(OVERWRITTEN, step.nodes, always(change))
    shared = {n: _gathers(run, n) for n in range(len(run.nodes)) if run.tracked[n]}
    shared = {n: c for n, c in shared.items() if len(c) > 1 and _repeats(run, c)}
    sparse = {n: c for n, c in shared.items() if any(_is_sparse(run, n, reader) for reader in c)}
    for order, is_sparse in product((1, -1), (False, True)):
        known = sparse if is_sparse else shared
        # A helper that puts windows back is used wherever windows are taken.
        for some in [list(known), *([n] for n in known if len(known) > 1)]:
            change = Change(combines=dict.fromkeys(some, _overwriting(order, is_sparse=is_sparse)))
            first = [shared[n][0] for n in some]  # where windows are made, and where they are read
            links = (*first, *(run.consumers[n][0] for n in first))
            detail = ", at the entries that are the maximum" if is_sparse else ""
            yield Hypothesis(OVERWRITTEN, links, always(change), detail=detail)


def _gathers(run: Run, n: int) -> list[int]:
    return [c for c in run.consumers[n] if run.nodes[c].operation == "gather"]


def _repeats(run: Run, readers: Sequence[int]) -> bool:
    read = np.concatenate([run.inputs(c)[1].reshape(-1) for c in readers])
    return bool(np.unique(read).size < read.size)


def _is_sparse(run: Run, n: int, reader: int) -> bool:
    """Return whether not all of what a gather reads gets a gradient: as of a maximum."""
    part = run.correct.parts.get(n, {}).get(reader)
    return part is not None and not part.reshape(-1)[run.inputs(reader)[1]].all()


def _assigned(run: Run, n: int, ybar: Array) -> Array:
    """Return the cotangent of a gather whose entries are written, not added."""
    x, index = run.inputs(n)
    out = np.zeros(x.size, ybar.dtype)
    out[index.reshape(-1)] = ybar.reshape(-1)
    return out.reshape(x.shape)


def _assigned_by_slices(axis: int, run: Run, n: int, ybar: Array) -> Array:
    """Return the cotangent of a gather, added in a loop by `+=` with repeated indices."""
    x, index = run.inputs(n)
    out = np.zeros(x.size, ybar.dtype)
    for places, part in zip(np.moveaxis(index, axis, 0), np.moveaxis(ybar, axis, 0), strict=True):
        out[places] += part
    return out.reshape(x.shape)


def _overwriting(order: int, *, is_sparse: bool) -> Combine:
    """Return how the readers of a value overwrite each other's contributions.

    If that is sparse they write nothing but what is not zero: the entries that are a maximum.
    """

    def combine(run: Run, n: int, parts: Parts) -> Array:
        readers = [(c, part) for c, part in parts if run.nodes[c].operation == "gather"]
        out = total(run, n, [(c, p) for c, p in parts if run.nodes[c].operation != "gather"]).copy()
        for c, part in readers[::order]:
            index = run.inputs(c)[1].reshape(-1)
            index = index[part.reshape(-1)[index] != 0] if is_sparse else index
            out.reshape(-1)[index] = part.reshape(-1)[index]
        return out

    return combine


def crops(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a padding of which too much is cropped on one side, and too little on the other."""
    for step in steps:
        n = step.nodes[0]
        k = 2 if step.operation == "put" else 0
        places = _places(run, n) if step.operation in {"gather", "put"} else None
        if places is None or not run.tracked[run.nodes[n].inputs[k]]:
            continue
        where, shape = places
        own = np.array(np.unravel_index(where, shape))
        low, high = own.min(1), np.array(shape) - 1 - own.max(1)
        for by in range(-int(low.max(initial=0)), int(high.max(initial=0)) + 1):
            shift = np.clip(by, -low, high)
            if by and np.all((shift == by) | ((low == 0) & (high == 0))):
                change = on_edge(step.nodes, k, functools.partial(_cropped, k, tuple(shift)))
                detail = f"{abs(by)} too {'early' if by < 0 else 'late'}"
                yield Hypothesis(CROPPED, step.nodes, always(change), detail=detail)


def _places(run: Run, n: int) -> tuple[Array, tuple[int, ...]] | None:
    """Return where the entries of a smaller array are in the one at node n, and that one's shape.

    The smaller array is written into another, or joined to what it is padded with.
    """
    node = run.nodes[n]
    if node.operation == "put":
        array, index, value = run.inputs(n)
        if run.tracked[node.inputs[0]] or value.size != index.size:
            return None
        shape = _shape(index.reshape(_unflattened(run, node.inputs[2])), array.size)
        return (index.reshape(-1), shape) if shape else None
    inner = run.nodes[node.inputs[0]]
    known = [i for i in inner.inputs if run.tracked[i]]
    if inner.operation != "join" or len(known) != 1:
        return None
    index = run.inputs(n)[1]
    size, start = run.values[known[0]].size, _start(run, node.inputs[0])
    own = index.reshape(-1) - start
    where = np.flatnonzero((own >= 0) & (own < size))
    order = np.argsort(own[where], kind="stable")
    is_once = np.array_equal(own[where][order], np.arange(size))
    return (where[order], index.shape) if is_once and size < own.size else None


def _unflattened(run: Run, n: int) -> tuple[int, ...]:
    """Return the shape of what was laid flat to be written somewhere."""
    while run.nodes[n].operation == "reshape":
        n = run.nodes[n].inputs[0]
    shape: tuple[int, ...] = run.values[n].shape
    return shape


def _shape(index: Array, size: int) -> tuple[int, ...]:
    """Return the shape of an array, laid flat, of which a block has these indices; or ()."""
    if min(index.shape, default=0) < 2:  # noqa: PLR2004 - two entries tell a stride
        return ()
    strides = [int(np.take(index, 1, axis).flat[0] - index.flat[0]) for axis in range(index.ndim)]
    shape, outer = [], size
    for stride in strides:
        if stride < 1 or outer % stride:
            return ()
        shape.append(outer // stride)
        outer = stride
    return tuple(shape) if outer == 1 else ()


def _start(run: Run, n: int) -> int:
    """Return where, in a join, the array that carries a gradient begins."""
    inputs = run.nodes[n].inputs
    first = next(k for k, i in enumerate(inputs) if run.tracked[i])
    return sum(run.values[i].size for i in inputs[:first])


def _cropped(k: int, shift: tuple[int, ...], run: Run, n: int, ybar: Array) -> Array:
    places = _places(run, n)
    assert places is not None  # noqa: S101 - the program is the same at every point
    where, shape = places
    own = np.array(np.unravel_index(where, shape)) + np.array(shift)[:, None]
    cropped = ybar.reshape(-1)[np.ravel_multi_index(tuple(own), shape)]
    if k:
        return np.asarray(cropped.reshape(run.inputs(n)[k].shape))
    out, start = np.zeros_like(run.inputs(n)[0]), _start(run, run.nodes[n].inputs[0])
    out[start : start + cropped.size] = cropped
    return out


def strides(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield windows that begin at their index, not at their index times the stride."""
    for step in steps:
        moved = _without_stride(run, step) if step.operation == "gather" else None
        if moved is None:
            continue
        put_back = on_edge(step.nodes, 0, functools.partial(_put_back, moved))
        yield Hypothesis(STRIDE, step.nodes, always(put_back), detail=", to put them back")
        for other in steps:
            for j, k in ((0, 1), (1, 0)):
                inputs = [run.nodes[n].inputs for n in other.nodes]
                if other.operation == "multiply" and [i[j] for i in inputs] == list(step.nodes):
                    change = on_edge(other.nodes, k, functools.partial(_read, moved, j, k))
                    yield Hypothesis(
                        STRIDE,
                        (*step.nodes[:1], *other.nodes),
                        always(change),
                        detail=", to read them",
                    )


def _without_stride(run: Run, step: Step) -> dict[int, Array] | None:
    """Return the indices of windows that begin at their index alone; None if that is the same."""
    shapes = {run.inputs(n)[0].shape for n in step.nodes}
    if len(shapes) > 1 or len(step.nodes) == 1:
        return None
    (shape,) = shapes
    corners = np.array([np.unravel_index(run.inputs(n)[1].min(), shape) for n in step.nodes])
    steps = np.gcd.reduce(corners - corners.min(0), axis=0)
    if corners.min() or steps.max(initial=0) < 2:  # noqa: PLR2004 - a stride of 1 is none
        return None
    moved = corners // np.maximum(steps, 1)
    flat = [np.ravel_multi_index(tuple(c), shape) for c in (*corners, *moved)]
    count = len(step.nodes)
    return {n: run.inputs(n)[1] - flat[t] + flat[t + count] for t, n in enumerate(step.nodes)}


def _put_back(moved: dict[int, Array], run: Run, n: int, ybar: Array) -> Array:
    x = run.inputs(n)[0]
    flat = np.bincount(moved[n].reshape(-1), ybar.reshape(-1), x.size)
    return np.asarray(flat.astype(ybar.dtype).reshape(x.shape))


def _read(moved: dict[int, Array], j: int, k: int, run: Run, n: int, ybar: Array) -> Array:
    gather = run.nodes[n].inputs[j]
    xs = run.inputs(n)
    xs[j] = run.inputs(gather)[0].reshape(-1)[moved[gather]]
    return np.asarray(vjp("multiply", k, ybar, run.values[n], xs, ()))
