"""From operands to nodes and from results to traced arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeGuard

import numpy as np

from crosscheck.core.pytree import leaves_of, tree_map
from crosscheck.errors import LostGradientError
from crosscheck.tracing.array import Traced
from crosscheck.tracing.buffers import Buffer, flat_memory, memory_order, positions, shares
from crosscheck.tracing.python_float import PythonFloat, shown
from crosscheck.tracing.registry import qualified_name
from crosscheck.tracing.session import Session, current
from crosscheck.tracing.source_locations import site

FLOATS = frozenset("efd")  # the dtypes of parameters and of a loss
NUMBERS = FLOATS | frozenset("FD")  # the dtypes that both frameworks differentiate

WITHOUT_NUMBERS = (bool, int, str, bytes, type(None), np.dtype, type)


def plain(tree: Any) -> Any:
    """NumPy's own values: the shadows, over the same memory."""
    return tree_map(lambda leaf: shown(leaf.primal) if type(leaf) is Traced else leaf, tree)


def as_array(value: Any) -> Any:
    """A traced value as it is, anything else as an array."""
    return value if type(value) is Traced else np.asarray(value)


def is_traced(value: object) -> TypeGuard[Traced]:
    """Whether a value is of this package; `isinstance` would take it for NumPy's."""
    return type(value) is Traced


def is_tracked(leaf: Any) -> bool:
    """Whether a value depends on a parameter of a run that is going on."""
    return type(leaf) is Traced and leaf.buffer.tracked


def is_differentiable(leaf: Any) -> bool:
    """Whether a part of a result could carry a gradient."""
    if isinstance(leaf, (np.ndarray, np.generic)):
        return leaf.dtype.kind in "fcO"
    return not isinstance(leaf, WITHOUT_NUMBERS)  # a sparse matrix, say, has numbers in it


def escaping(leaf: Any) -> Any:
    """Plain numbers; noted as an escape if they depend on a parameter."""
    return np.asarray(leaf.__array__()) if type(leaf) is Traced else leaf


def with_sources(tree: Any) -> Any:
    """Python floats that came from a traced scalar, replaced by that scalar."""
    session = current()
    if session is None:
        return tree

    def source(leaf: Any) -> Any:
        found = session.source_of(leaf) if type(leaf) is float else None
        return leaf if found is None else found

    return tree_map(source, tree)


def session_of(operands: Iterable[Any]) -> Session | None:
    """The run on which some operand depends, else None."""
    return next((leaf.buffer.session for leaf in operands if is_tracked(leaf)), None)


def decides(operands: Iterable[Any]) -> None:
    """Note that numbers that depend on a parameter become something that has no gradient."""
    session = session_of(operands)
    if session is not None:
        session.decides = True


def fresh(exact: Any, session: Session | None = None, node: int | None = None) -> Traced:
    """A traced array or scalar with memory of its own.

    `exact` is NumPy's value; `node` computes the same elements, None for a constant.
    """
    if type(exact) is float:
        exact = PythonFloat(exact)
    if isinstance(exact, np.generic):
        memory = np.array([exact])
        return Traced(exact, Buffer(memory, session, node), node)
    array, memory = flat_memory(exact)
    flat = node
    if node is not None and session is not None and not array.flags.c_contiguous:
        flat = session.node("transpose", node, static=(memory_order(array),))
    return Traced(array, Buffer(memory, session, flat), node)


def view(exact: Any, buffer: Buffer) -> Traced:
    """A traced array over a buffer's memory."""
    made = Traced(exact, buffer)
    if buffer.session is not None and buffer.tracked:
        made.origin = buffer.session.here()  # it is recorded where it is used, which says less
    return made


def constant_result(exact: Any, sources: Iterable[Traced] = ()) -> Any:
    """A result that no parameter changes.

    Float arrays become traced, so that traced values can be written into them later; scalars,
    integers, booleans and everything else stay NumPy's.
    """
    known = [source.buffer for source in sources]

    def change(leaf: Any) -> Any:
        if type(leaf) is Traced or not isinstance(leaf, np.ndarray):
            return leaf
        if leaf.dtype.char not in NUMBERS:
            return leaf
        for buffer in known:
            if shares(leaf, buffer):
                return view(leaf, buffer)
        return fresh(leaf)

    return tree_map(change, exact)


def node_of(value: Any, session: Session, dtype: np.dtype[Any] | None = None) -> int:
    """The node of an operand in its own shape, as `dtype`; plain numbers become constants."""
    if not is_tracked(value):
        if type(value) in {list, tuple} and any(map(is_tracked, leaves_of(value))):
            msg = f"{site()}\nmake an array of the traced numbers in a list: np.array([…])."
            raise LostGradientError(msg)
        return session.constant(np.asarray(plain(value), dtype=dtype))
    if dtype is not None and value.primal.dtype.kind == "c" != dtype.kind:
        msg = f"{site()}\nmakes real numbers of complex ones; take .real, .imag or np.abs of them."
        raise LostGradientError(msg)
    node = value.cached_node()
    if node is None:
        node = _viewed(value, session)
        value.cache_node(node)
    if dtype is not None and value.primal.dtype != dtype:
        return session.node("cast", node, static=(dtype.name,))
    return int(node)


def _viewed(value: Traced, session: Session) -> int:
    """A view's elements out of its buffer's node; cheaply where it shows all of them."""
    array, memory = value.primal, value.buffer.memory
    whole = value.buffer.node_in(session)
    if array.size == memory.size:
        if array.flags.c_contiguous:
            return session.node("reshape", whole, static=(array.shape,), origin=value.origin)
        order = memory_order(array)
        if array.transpose(order).flags.c_contiguous:
            stored = tuple(array.shape[axis] for axis in order)
            shaped = session.node("reshape", whole, static=(stored,), origin=value.origin)
            back = tuple(int(axis) for axis in np.argsort(order))
            return session.node("transpose", shaped, static=(back,), origin=value.origin)
    places = session.constant(positions(array, memory))
    return session.node("gather", whole, places, origin=value.origin)


def rearranged(source: Traced, change: Callable[[Any], Any], among: int = 0) -> Any:
    """A change that only moves elements, such as an index: a view where NumPy makes a view.

    `among`: it takes those that a mask chooses among so many.
    """
    exact = change(source.primal)
    buffer = source.buffer
    if shares(exact, buffer):
        return view(exact, buffer)
    session = buffer.session
    if session is None or not buffer.tracked:
        return constant_result(exact)
    index = change(source.positions())
    node = session.node("gather", buffer.node_in(session), session.constant(index, among))
    return fresh(exact, session, node)


def as_number(source: Traced, kind: type) -> Traced:
    """One traced number as a Python float, or as a scalar of NumPy's."""
    dtype = np.dtype(kind)
    session: Any = source.buffer.session  # which what is tracked has
    node = node_of(source, session, dtype)
    exact = source.primal.reshape(())[()]
    number = float(exact) if kind is float else dtype.type(exact)
    return fresh(number, session, session.node("reshape", node, static=((),)))


def refuse_dtype(dtype: np.dtype[Any], function: Any) -> None:
    """Stop where a traced value would become a dtype that has no gradient here."""
    if dtype.char not in NUMBERS:
        name = qualified_name(function)
        msg = f"{site()}\n{name} gives {dtype}; float16 to float64 and complex numbers are traced."
        raise LostGradientError(msg)
