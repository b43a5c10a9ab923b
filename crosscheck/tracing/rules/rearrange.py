"""Functions that only move elements, run by NumPy itself on the elements' numbers.

Where every element of a result comes from is found by calling the same NumPy function once more
with each element replaced by its number, 1, 2, 3, …; a 0 in the result is a zero that NumPy
filled in. So reshape, concatenate, pad, sort, tril or sliding_window_view need no translation.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from crosscheck.core.pytree import leaves_of, tree_map
from crosscheck.tracing import values
from crosscheck.tracing.array import Traced
from crosscheck.tracing.buffers import Buffer, positions, shares
from crosscheck.tracing.session import Session
from crosscheck.tracing.signatures import signature

# function: the parameters whose elements it moves
MOVES: dict[Any, tuple[str, ...]] = {
    **dict.fromkeys((np.reshape, np.ravel, np.transpose, np.swapaxes, np.moveaxis), ("a",)),
    **dict.fromkeys((np.rollaxis, np.expand_dims, np.squeeze, np.roll, np.repeat), ("a",)),
    **dict.fromkeys((np.take, np.compress, np.diagonal, np.copy, np.resize), ("a",)),
    **dict.fromkeys((np.concatenate, np.stack, np.block), ("arrays",)),
    **dict.fromkeys((np.vstack, np.hstack, np.dstack, np.column_stack), ("tup",)),
    **dict.fromkeys((np.split, np.array_split, np.hsplit, np.vsplit, np.dsplit), ("ary",)),
    **dict.fromkeys((np.atleast_1d, np.atleast_2d, np.atleast_3d), ("arys",)),
    **dict.fromkeys((np.flip, np.fliplr, np.flipud, np.rot90, np.tril, np.triu), ("m",)),
    **dict.fromkeys((np.diag, np.diagflat), ("v",)),
    **dict.fromkeys((np.take_along_axis, np.extract, np.delete), ("arr",)),
    **dict.fromkeys((np.insert, np.append), ("arr", "values")),
    **dict.fromkeys((np.matrix_transpose, np.unstack), ("x",)),
    np.permute_dims: ("a",),
    np.linalg.matrix_transpose: ("x",),
    np.linalg.diagonal: ("x",),
    np.broadcast_to: ("array",),
    np.broadcast_arrays: ("args",),
    np.tile: ("A",),
    np.pad: ("array", "constant_values"),
    np.select: ("choicelist", "default"),
    np.choose: ("choices",),
    np.meshgrid: ("xi",),
    np.full_like: ("fill_value",),
    np.trim_zeros: ("filt",),
    np.lib.stride_tricks.sliding_window_view: ("x",),
}
# These look at the elements to decide what to move.
VALUE_DEPENDENT = frozenset({np.trim_zeros})
PAD_MODES = frozenset({"constant", "edge", "reflect", "symmetric", "wrap", "empty"})


def moves(func: Any, args: Any, kwargs: Any) -> bool:
    """Whether a call only moves elements."""
    if func is np.pad:
        mode = args[2] if len(args) > 2 else kwargs.get("mode", "constant")  # noqa: PLR2004
        return mode in PAD_MODES and kwargs.get("reflect_type", "even") == "even"
    return func in MOVES and func not in VALUE_DEPENDENT


def move(func: Any, args: Any, kwargs: Any, names: tuple[str, ...] | None = None) -> Any:
    """Call `func`, whose parameters `names` (by default as in `MOVES`) hold what it moves."""
    bound = signature(func).bind(*args, **kwargs)
    chosen = MOVES[func] if names is None else names

    def call(change: Callable[[Any], Any], **fixed: Any) -> Any:
        arguments = dict(bound.arguments)
        for name, parameter in bound.signature.parameters.items():
            if parameter.kind is parameter.VAR_KEYWORD:
                arguments.update(arguments.pop(name, {}))
        for name, value in arguments.items():
            arguments[name] = change(value) if name in chosen else values.plain(value)
        arguments.update({k: v for k, v in fixed.items() if k in bound.signature.parameters})
        return _apply(func, bound.signature, arguments)

    exact = call(values.plain)
    data = [bound.arguments.get(n, bound.arguments.get("kwargs", {}).get(n)) for n in chosen]
    sources = [leaf for leaf in leaves_of(data) if type(leaf) is Traced]
    session = values.session_of(sources)
    if session is None or all(_is_view(leaf, sources) for leaf in leaves_of(exact)):
        return values.constant_result(exact, sources)
    pool = _Pool(session)
    origin = iter(list(leaves_of(call(pool.number, dtype=np.int64))))

    def result(leaf: Any) -> Any:
        index = next(origin)
        for source in sources:
            if shares(leaf, source.buffer):
                return Traced(leaf, source.buffer)
        values.refuse_dtype(leaf.dtype, f"np.{func.__name__}")
        return values.fresh(leaf, session, pool.gather(np.asarray(index, np.int64), leaf.dtype))

    return tree_map(result, exact)


def stacked(tree: Any, dtype: Any = None) -> Any:
    """`np.array` of nested lists in which some elements are traced."""
    exact = np.array(values.plain(tree), dtype)
    return move(_array, (tree,), {"dtype": exact.dtype}, ("tree",))


def _array(tree: Any, *, dtype: Any) -> Any:
    return np.array(tree, dtype=dtype)


def _is_view(leaf: Any, sources: list[Traced]) -> bool:
    return any(shares(leaf, source.buffer) for source in sources)


def _apply(func: Any, signature: inspect.Signature, arguments: dict[str, Any]) -> Any:
    """Call with arguments by name, those that must be are by position."""
    positional: list[Any] = []
    keywords = dict(arguments)
    for name, parameter in signature.parameters.items():
        if name not in arguments:
            continue
        if parameter.kind is parameter.VAR_POSITIONAL:
            positional.extend(keywords.pop(name))
        elif parameter.kind is parameter.POSITIONAL_ONLY:
            positional.append(keywords.pop(name))
    return func(*positional, **keywords)


class _Pool:
    """All elements that can be moved, numbered from 1; 0 is the zero that NumPy fills in."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.sources: list[Any] = []
        self.size = 1

    def number(self, tree: Any) -> Any:
        """The tree with every element replaced by its number."""

        def numbers(leaf: Any) -> Any:
            if values.is_traced(leaf) and leaf.ndim:
                memory = leaf.buffer.memory
                return positions(leaf.primal, memory, self._more(leaf.buffer, memory.size))
            index = np.empty_like(values.plain(leaf), dtype=np.int64)
            index[...] = self._more(leaf, index.size).reshape(index.shape)
            return index if index.shape else int(index)

        return tree_map(numbers, tree)

    def _more(self, source: Any, size: int) -> np.ndarray[Any, Any]:
        """Numbers for the elements of another source."""
        self.sources.append(source)
        self.size += size
        return np.arange(self.size - size, self.size)

    def _node(self, source: Any, dtype: np.dtype[Any]) -> int:
        session = self.session
        if not isinstance(source, Buffer):
            return values.node_of(source, session, dtype)
        if not source.tracked:
            return session.constant(source.memory.astype(dtype))
        node = source.node_in(session)
        return (
            node
            if source.memory.dtype == dtype
            else session.node("cast", node, static=(dtype.name,))
        )

    def gather(self, index: np.ndarray[Any, Any], dtype: np.dtype[Any]) -> int:
        """The node of the elements with these numbers, as `dtype`."""
        session = self.session
        nodes = [self._node(source, dtype) for source in self.sources]
        if len(nodes) == 1 and (index > 0).all():
            return session.node("gather", nodes[0], session.constant(index - 1))
        zero = session.constant(np.zeros(1, dtype))
        return session.node("gather", session.node("join", zero, *nodes), session.constant(index))
