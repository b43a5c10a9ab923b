"""Which entry is the largest, and in which order entries stand: switches without a comparison.

A gradient that takes the first entry for the largest is right as long as it is. So the choice that
NumPy made is noted, with margins that are positive where the choice is another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from crosscheck.tracing.values import is_tracked, node_of, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crosscheck.ir.program import Array
    from crosscheck.tracing.session import Session

MOST = 2**20  # margins of one call


def extreme(session: Session, a: Any, axis: Any, *, largest: bool) -> None:
    """Note which entry is the largest or smallest along some axes; None for all."""
    moved, size = _rows(a, axis)
    if moved.shape[-1] < 2:  # noqa: PLR2004 - there is a choice
        return
    chosen = _along(moved, (np.argmax if largest else np.argmin)(size, axis=-1)[..., None])
    pair = moved, np.broadcast_to(chosen, moved.shape)
    session.order(chosen, node_of(a, session), *(pair if largest else pair[::-1]))


def ordered(session: Session, a: Any, axis: Any) -> None:
    """Note in which order the entries stand along an axis; None for all."""
    moved, size = _rows(a, axis)
    if moved.shape[-1] < 2:  # noqa: PLR2004
        return
    order = _along(moved, np.argsort(size, axis=-1, kind="stable"))
    session.order(order, node_of(a, session), order[..., :-1], order[..., 1:])


def ranked(session: Session, a: Any, axis: Any, ranks: Sequence[int], *, alone: bool) -> None:
    """Note which entries have some ranks along the axes, and which stand below if not `alone`."""
    moved, size = _rows(a, axis)
    order = _along(moved, np.argsort(size, axis=-1, kind="stable"))
    for rank in sorted({rank % order.shape[-1] for rank in ranks}):
        below, it, above = order[..., :rank], order[..., rank : rank + 1], order[..., rank + 1 :]
        left = np.concatenate([below, np.broadcast_to(it, above.shape)], axis=-1)
        right = np.concatenate([np.broadcast_to(it, below.shape), above], axis=-1)
        chosen = it if alone else np.concatenate([np.sort(below, axis=-1), it], axis=-1)
        if left.size:
            session.order(chosen, node_of(a, session), left, right)


def between(session: Session, edges: Any, values: Any, chosen: Any) -> None:
    """Note between which edges values lie."""
    x, e = np.ravel(plain(values)), np.ravel(plain(edges))
    if x.size * e.size > MOST:
        return
    known = [value if is_tracked(value) else np.asarray(value, float) for value in (values, edges)]
    nodes = [node_of(value, session, np.dtype(float)) for value in known]
    places = np.arange(x.size)[:, None], np.arange(e.size)[None, :] + x.size
    lower = x[:, None] < e[None, :]
    left, right = np.where(lower, *places), np.where(lower, *places[::-1])
    session.order(np.asarray(chosen), session.node("join", *nodes), left, right)


def _rows(a: Any, axis: Any) -> tuple[Array, Array]:
    """Return the places of the entries and the entries, those to choose from in the last axis."""
    exact = np.asarray(plain(a))
    axes = normalize_axis_tuple(range(exact.ndim) if axis is None else axis, exact.ndim)
    last = range(-len(axes), 0)
    kept = [length for k, length in enumerate(exact.shape) if k not in axes]
    length = int(np.prod([exact.shape[k] for k in axes], dtype=int))
    both = np.arange(exact.size).reshape(exact.shape), exact
    return tuple(np.moveaxis(one, axes, last).reshape(*kept, length) for one in both)  # type: ignore[return-value]


def _along(moved: Array, index: Array) -> Array:
    return np.take_along_axis(moved, index, axis=-1)


def _of(largest: bool) -> Callable[..., None]:
    def note(session: Session, exact: Any, a: Any, axis: Any = None, **_: Any) -> None:
        extreme(session, a, axis, largest=largest)

    return note


def _sorts(session: Session, exact: Any, a: Any, axis: Any = -1, *_: Any, **__: Any) -> None:
    ordered(session, a, axis)


def _partitions(
    session: Session, exact: Any, a: Any, kth: Any, axis: Any = -1, *_: Any, **__: Any
) -> None:
    ranked(session, a, axis, np.ravel(kth).tolist(), alone=False)


def _searches(session: Session, exact: Any, a: Any, v: Any, *_: Any, **__: Any) -> None:
    between(session, a, v, exact)


def _digitizes(session: Session, exact: Any, x: Any, bins: Any, *_: Any, **__: Any) -> None:
    between(session, bins, x, exact)


# Functions that return places: NumPy itself says nothing of where they change.
PLACES: dict[Any, Callable[..., None]] = {
    np.argmax: _of(largest=True),
    np.argmin: _of(largest=False),
    np.argsort: _sorts,
    np.argpartition: _partitions,
    np.searchsorted: _searches,
    np.digitize: _digitizes,
}


def note(session: Session | None, function: Any, exact: Any, args: Any, kwargs: Any) -> None:
    """Note what a function chose that returns places of a traced array."""
    if session is not None and function in PLACES and is_tracked_any(args):
        PLACES[function](session, exact, *args, **kwargs)


def is_tracked_any(args: Sequence[Any]) -> bool:
    """Whether one of the first two arguments depends on a parameter."""
    return any(is_tracked(arg) for arg in args[:2])
