"""Hypotheses on a reshape or a transpose: the gradient is put back with its axes in another order.

Where lengths are equal, or a reshape follows, the wrong order has the right shape.
"""

from __future__ import annotations

import functools
from itertools import combinations, permutations
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.diagnosis.hypotheses.base import Hypothesis, Kind, always, on_edge
from crosscheck.diagnosis.hypotheses.upstream import written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crosscheck.diagnosis.backward import Array, Run
    from crosscheck.diagnosis.source_steps import Step

    Order = tuple[int, ...]

REARRANGED = Kind(
    "rearranged",
    "upstream gradient put back in another order here: reshape and transpose do not undo these",
    "undo them one by one, the last one first: transpose back, then reshape",
    frozenset({"operand", "upstream"}),
)
FEW = 4  # axes: of more of them two are exchanged at most


def rearranged(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a reshape or a transpose of which the gradient is another arrangement."""
    placed = {n for step in steps if step.place for n in step.nodes}
    for step in steps:
        n = step.nodes[0]
        if step.operation in {"reshape", "transpose"} or _is_permuting(run, n):
            links = (n, written(run, n, placed))
            x, y = run.inputs(n)[0], run.values[n]
            numbers = np.arange(float(y.size)).reshape(y.shape)
            layouts = {run.vjp(n, 0, numbers).tobytes()}
            for is_after in (False, True):
                for order in _orders(x.ndim if is_after else y.ndim):
                    moved = functools.partial(_moved, order, is_after)
                    layout = moved(run, n, numbers).tobytes()
                    if layout not in layouts:
                        layouts.add(layout)
                        change = on_edge(step.nodes, 0, moved)
                        yield Hypothesis(REARRANGED, links, always(change))


def _is_permuting(run: Run, n: int) -> bool:
    """Whether a node reads every entry of a value once: a view of it, laid out otherwise."""
    if run.nodes[n].operation != "gather":
        return False
    x, index = run.inputs(n)
    return np.array_equal(np.sort(index, axis=None), np.arange(x.size))


def _orders(ndim: int) -> Iterator[Order]:
    own = tuple(range(ndim))
    if ndim <= FEW:
        yield from permutations(own)
        return
    yield own
    for a, b in combinations(own, 2):
        exchanged = {a: b, b: a}
        yield tuple(exchanged.get(axis, axis) for axis in own)


def _moved(order: Order, is_after: bool, run: Run, n: int, ybar: Array) -> Array:  # noqa: FBT001 - of a partial function
    """Return a cotangent, transposed and then reshaped, or the other way round."""
    shape = run.inputs(n)[0].shape
    if not is_after:
        return np.transpose(ybar, order).reshape(shape)
    inverse = np.argsort(order)
    return np.transpose(ybar.reshape([shape[a] for a in order]), inverse)
