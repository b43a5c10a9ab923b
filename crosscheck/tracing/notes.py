"""What one run shows that no point can tell: an index that is never chosen, a mean of one number.

A hand-written gradient may treat what never occurs in any way, and no evaluation sees it. So it is
named, with its line. A note counts where every point has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosscheck.ir.program import Array
    from crosscheck.tracing.session import Session

NAMED = 5  # indices, and how many more there are


def index(session: Session, shape: tuple[int, ...], key: Any) -> None:
    """Note what an index never chooses, or never repeats."""
    arrays = list(_arrays(shape, key))
    for _, mask in arrays:
        if mask.dtype == bool:
            condition(session, mask, "selects nothing", "leaves nothing out")
    places = [(axis, array) for axis, array in arrays if array.dtype.kind in "iu"]
    if len(places) == 1:
        _repeated(session, shape, *places[0])
    rows = next((axis for axis, array in places if _counts_up(array)), None)
    if rows is not None and len(places) > 1:  # z[np.arange(n), labels]
        for axis, array in places:
            if axis != rows:
                _absent(session, shape[axis], axis, array)


def condition(session: Session, mask: Array, never: str, always: str) -> None:
    """Note that a mask is false everywhere, or true everywhere."""
    if mask.size and (not mask.any() or mask.all()):
        session.note(always if mask.any() else never)


def single(session: Session | None, count: Any) -> None:
    """Note that a mean is one of one number."""
    if session is not None and np.all(np.asarray(count) == 1):
        session.note("averages one number: whether the gradient is divided by their number")


def triangle(session: Session, half: str) -> None:
    """Note that a function reads one triangle of a symmetric matrix."""
    read, other = ("lower", "above") if half.upper() == "L" else ("upper", "below")
    session.note(
        f"reads the {read} triangle alone: the frameworks' gradient is zero {other} the diagonal",
        is_convention=True,
    )


def _absent(session: Session, length: int, axis: int, array: Array) -> None:
    missing = np.setdiff1d(np.arange(length), array % length)
    if missing.size:
        more = f" and {missing.size - NAMED} more" if missing.size > NAMED else ""
        some = ", ".join(map(str, missing[:NAMED].tolist()))
        session.note(f"never chooses index {some}{more} of axis {axis}")


def _repeated(session: Session, shape: tuple[int, ...], axis: int, array: Array) -> None:
    """Note that rows are chosen once each; unless all of them are, or a range of them."""
    flat = np.ravel(array)
    different = np.unique(flat).size == flat.size
    if different and 1 < flat.size < shape[axis] and not (np.diff(flat) == flat[1] - flat[0]).all():
        session.note("chooses no index twice: whether the gradients of repeated ones add up")


def _counts_up(array: Array) -> bool:
    flat = np.ravel(array)
    return flat.size > 1 and bool((flat == np.arange(flat.size)).all())


def _arrays(shape: tuple[int, ...], key: Any) -> Iterator[tuple[int, Array]]:
    """Yield each array of an index with the axis that it chooses from."""
    keys = key if isinstance(key, tuple) else (key,)
    used = sum(_axes(one) for one in keys)
    axis = 0
    for one in keys:
        if isinstance(one, np.ndarray | list) and np.ndim(one):
            yield axis, np.asarray(one)
        axis += len(shape) - used if one is Ellipsis else _axes(one)


def _axes(key: Any) -> int:
    """Return how many axes one part of an index takes."""
    if key is None or key is Ellipsis:
        return 0
    return max(1, int(np.ndim(key))) if isinstance(key, np.ndarray) and key.dtype == bool else 1
