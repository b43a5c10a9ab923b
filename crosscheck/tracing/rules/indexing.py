"""Reading and writing elements: `a[key]`, `a[key] = v`, `np.add.at(a, key, v)`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.tracing import notes, values
from crosscheck.tracing.array import Traced
from crosscheck.tracing.buffers import positions
from crosscheck.tracing.handlers import handles
from crosscheck.tracing.rules.rearrange import stacked
from crosscheck.tracing.source_locations import site

if TYPE_CHECKING:
    from crosscheck.ir.program import Array
    from crosscheck.tracing.session import Session


@handles("read")
def read(source: Traced, key: Any) -> Any:
    """`source[key]`."""
    key = values.plain(key)
    session = values.session_of([source])
    if session is not None:
        notes.index(session, source.shape, key)
    return values.rearranged(source, lambda array: array[key], _chosen_among(key, source))


@handles("write")
def write(target: Traced, key: Any, value: Any) -> None:
    """`target[key] = value`."""
    key, value = values.plain(key), _operand(value)
    if not (values.is_tracked(target) or values.is_tracked(value)):
        target.primal[key] = values.plain(value)
        target.buffer.version += 1
        return
    session, before, new = _both(target, value)
    if type(value) is Traced and value.buffer is target.buffer and value.ndim:
        index = _within(target, key, value)
        target.primal[key] = value.primal
        target.buffer.rebind(session, session.node("gather", before, session.constant(index)))
        return
    index = target.positions()[key]
    target.primal[key] = values.plain(value)
    where, new = _last_of_each(session, np.asarray(index), _shaped_like(session, value, new, index))
    if where.size == target.buffer.memory.size and bool((where[1:] > where[:-1]).all()):
        target.buffer.rebind(session, new)  # everything is written, in order
    elif where.size:
        places = session.constant(where, _chosen_among(key, target))
        node = session.node("put", before, places, new)
        target.buffer.rebind(session, node)


def _chosen_among(key: Any, source: Traced) -> int:
    """Return the source's size if its elements are chosen by a mask, or by a list of places."""
    parts = key if isinstance(key, tuple) else (key,)
    return source.size if any(np.ndim(part) and part is not None for part in parts) else 0


def _within(target: Traced, key: Any, value: Traced) -> Array:
    """Where each element of a memory comes from, after a write from the memory into itself.

    NumPy may read an element that it has just written, so it does the same with the elements'
    numbers, laid out as the elements are.
    """
    memory = target.buffer.memory
    numbers: Array = np.arange(memory.size)

    written = positions(target.primal, memory, numbers)
    written[key] = positions(value.primal, memory, numbers)
    return numbers


def add_at(target: Traced, key: Any, value: Any) -> None:
    """`np.add.at(target, key, value)`: repeated elements add up."""
    key, value = values.plain(key), _operand(value)
    if not (values.is_tracked(target) or values.is_tracked(value)):
        np.add.at(target.primal, key, values.plain(value))
        target.buffer.version += 1
        return
    session, before, new = _both(target, value)
    index = np.asarray(target.positions()[key])
    np.add.at(target.primal, key, values.plain(value))
    new = _shaped_like(session, value, new, index)
    where = session.constant(index.reshape(-1))
    target.buffer.rebind(session, session.node("put_add", before, where, new))


def _operand(value: Any) -> Any:
    value = values.with_sources(value)
    if isinstance(value, (list, tuple)):
        return stacked(value)
    return value


def _both(target: Traced, value: Any) -> tuple[Session, int, int]:
    """The run, the node of the memory before the write, and of what is written."""
    session = values.session_of([target, value])
    if session is None or not isinstance(target.primal, np.ndarray):
        msg = f"'{type(target.primal).__name__}' object does not support item assignment"
        raise TypeError(msg)  # as NumPy has it for scalars
    if target.primal.flags.writeable is False:
        msg = f"{site()}\nassignment destination is read-only"
        raise ValueError(msg)
    target.buffer.refuse_while_lent()
    before = target.buffer.node_in(session)
    return session, before, values.node_of(value, session, target.primal.dtype)


def _shaped_like(session: Session, value: Any, node: int, index: Any) -> int:
    """The node broadcast to the destination; leading axes of length 1 may be too many."""
    shape, wanted = np.shape(value), np.shape(index)
    if len(shape) > len(wanted):
        shape = shape[len(shape) - len(wanted) :]
        node = session.node("reshape", node, static=(shape,))
    if shape == wanted:
        return node
    return session.node("broadcast", node, static=(wanted,))


def _last_of_each(session: Session, index: Array, node: int) -> tuple[Array, int]:
    """Where to put what, each place once: of several values for one place the last stays."""
    flat = index.reshape(-1)
    unique, last = np.unique(flat[::-1], return_index=True)
    if len(unique) == len(flat):
        return flat, node
    return unique, session.node("gather", node, session.constant(flat.size - 1 - last))
