"""Functions that only move elements, run by NumPy itself on the elements' numbers.

Where every element of a result comes from is found by calling the same NumPy function once more
with each element replaced by its number, 1, 2, 3, …; a 0 in the result is a zero that NumPy
filled in. So reshape, concatenate, pad, sort, tril or sliding_window_view need no translation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from crosscheck.core.pytree import leaves_of, tree_map
from crosscheck.tracing import values
from crosscheck.tracing.array import Traced
from crosscheck.tracing.buffers import Buffer, positions, shares
from crosscheck.tracing.registry import MOVE, register
from crosscheck.tracing.session import Session
from crosscheck.tracing.signatures import signature

PAD_MODES = frozenset({"constant", "edge", "reflect", "symmetric", "wrap", "empty"})


def pads_by_moving(
    array: Any, pad_width: Any, mode: Any = "constant", *, reflect_type: str = "even", **_: Any
) -> bool:
    """Whether `np.pad` only moves elements; other modes compute what they fill in."""
    return mode in PAD_MODES and reflect_type == "even"


def move(func: Any, args: Any, kwargs: Any, chosen: tuple[str, ...]) -> Any:
    """Call `func`, whose parameters `chosen` hold what it moves."""
    bound = signature(func).bind(*args, **kwargs)

    def call(change: Callable[[Any], Any], **fixed: Any) -> Any:
        arguments = dict(bound.arguments)
        for name, parameter in bound.signature.parameters.items():
            if parameter.kind is parameter.VAR_KEYWORD:
                arguments.update(arguments.pop(name, {}))
        for name, value in arguments.items():
            arguments[name] = change(value) if name in chosen else values.plain(value)
        arguments.update({k: v for k, v in fixed.items() if k in bound.signature.parameters})
        return _apply(func, bound.signature.parameters, arguments)

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
                return values.view(leaf, source.buffer)
        values.refuse_dtype(leaf.dtype, func)
        return values.fresh(leaf, session, pool.gather(np.asarray(index, np.int64), leaf.dtype))

    return tree_map(result, exact)


def stacked(tree: Any, dtype: Any = None) -> Any:
    """`np.array` of nested lists in which some elements are traced."""
    exact = np.array(values.plain(tree), dtype)
    return move(array, (tree,), {"dtype": exact.dtype}, ("tree",))


def as_numbers(argument: Any) -> Any:
    """What pandas holds as an array, and everything else as it is."""
    return argument.to_numpy() if hasattr(type(argument), "to_numpy") else argument


def rectangular(argument: Any) -> Any:
    """A list in which some elements are traced as an array, if it has the shape of one."""
    argument = as_numbers(argument)
    if type(argument) is not list or not any(type(leaf) is Traced for leaf in leaves_of(argument)):
        return argument
    try:
        return stacked(argument)
    except ValueError:  # arrays of several shapes
        return argument


def array(tree: Any, *, dtype: Any) -> Any:
    """`np.array` of what is known to have this dtype."""
    return np.array(tree, dtype=dtype)


def _is_view(leaf: Any, sources: list[Traced]) -> bool:
    return any(shares(leaf, source.buffer) for source in sources)


def _apply(func: Any, parameters: Any, arguments: dict[str, Any]) -> Any:
    """Call with arguments by name, those that must be are by position."""
    positional: list[Any] = []
    keywords = dict(arguments)
    for name, parameter in parameters.items():
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


def _moves(names: str, *parameters: str, example: Any) -> None:
    register(names, MOVE, parameters, example)


_moves("np.reshape", "a", example=lambda a: np.reshape(a, (2, 6)) ** 2 + a.reshape(-1, 6))
_moves("np.ravel", "a", example=lambda a: np.ravel(a) * a.T.ravel())
_moves(
    "np.transpose np.swapaxes np.moveaxis np.rollaxis",
    "a",
    example=lambda T: (
        np.transpose(T, (1, 0, 2)) * np.moveaxis(T, 0, 1) + np.swapaxes(T, 0, 1) + np.rollaxis(T, 1)
    ),
)
_moves(
    "np.expand_dims np.squeeze",
    "a",
    example=lambda u: np.squeeze(np.expand_dims(u, 0) ** 2) * u[None][0],
)
_moves("np.roll", "a", example=lambda S: np.roll(S, 1, axis=0) ** 2 + np.roll(S, 3))
_moves("np.repeat", "a", example=lambda u: np.repeat(u, 2) ** 2)
_moves("np.take", "a", example=lambda a, rows: np.take(a, rows, axis=0) ** 2)
_moves("np.compress", "a", example=lambda a: np.compress([True, False, True], a, axis=0) ** 2)
_moves("np.diagonal", "a", example=lambda S: np.diagonal(S, 1) ** 2)
_moves("np.copy", "a", example=lambda a: np.copy(a) * a)
_moves("np.resize", "a", example=lambda u: np.resize(u, (2, 4)) ** 2)
_moves(
    "np.concatenate",
    "arrays",
    example=lambda a, b: np.concatenate([a, b, np.ones((3, 1))], axis=1) ** 2,
)
_moves("np.stack", "arrays", example=lambda u, v: np.stack([u, v, u * v], axis=1) ** 2)
_moves("np.block", "arrays", example=lambda S: np.block([[S, S.T], [np.eye(4), S]]) ** 2)
_moves(
    "np.vstack np.hstack np.dstack np.column_stack",
    "tup",
    example=lambda a, b, u, v: (
        np.vstack([a, b])[1:4] * np.hstack([a, b])[:, 2:6] + np.dstack([a, b])[:, :, 0],
        np.column_stack([u, v]) ** 2,
    ),
)
_moves(
    "np.split np.array_split",
    "ary",
    example=lambda a, u: np.split(a**2, 2, axis=1)[1] * np.array_split(u, 2)[1][0],
)
_moves(
    "np.hsplit np.vsplit np.dsplit",
    "ary",
    example=lambda a, T: (
        np.hsplit(a, 2)[0] ** 2,
        np.vsplit(a, 3)[1] ** 2,
        np.dsplit(T, 2)[1] ** 2,
    ),
)
_moves(
    "np.atleast_1d np.atleast_2d np.atleast_3d",
    "arys",
    example=lambda u, s: np.atleast_2d(u) * np.atleast_1d(s) + np.atleast_3d(u)[0, :, 0],
)
_moves(
    "np.flip np.fliplr np.flipud",
    "m",
    example=lambda a: np.flip(a, 1) * np.fliplr(a) + np.flipud(a) * a[::-1, ::-1],
)
_moves("np.rot90", "m", example=lambda S: np.rot90(S) * S)
_moves("np.tril np.triu", "m", example=lambda S: np.tril(S) @ np.triu(S, 1))
_moves(
    "np.diag np.diagflat",
    "v",
    example=lambda S, u: (np.diag(S) ** 2, np.diag(u) @ np.diagflat(u)),
)
_moves(
    "np.take_along_axis",
    "arr",
    example=lambda a: np.take_along_axis(a, np.argsort(a, axis=1), axis=1) ** 2,
)
_moves("np.extract", "arr", example=lambda a, mask: np.extract(mask, a) ** 2)
_moves("np.delete", "arr", example=lambda u: np.delete(u, 1) ** 2)
_moves(
    "np.insert np.append",
    "arr",
    "values",
    example=lambda u, s: (np.insert(u, 2, s) ** 2, np.append(u, [s, 1.0]) ** 2),
)
_moves(
    "np.matrix_transpose np.linalg.matrix_transpose",
    "x",
    example=lambda a: np.matrix_transpose(a) * np.linalg.matrix_transpose(a),
)
_moves("np.unstack", "x", example=lambda a: np.unstack(a)[1] * np.unstack(a, axis=0)[2])
_moves("np.linalg.diagonal", "x", example=lambda a: np.linalg.diagonal(a[:, :3]) ** 2)
_moves("np.broadcast_to", "array", example=lambda u: np.broadcast_to(u, (3, 5)) ** 2)
_moves("np.broadcast_arrays", "args", example=lambda u, k: np.broadcast_arrays(u[None], k[:, None]))
_moves("np.tile", "A", example=lambda u: np.tile(u, 2)[:5] * u + np.tile(u * u, (2, 2))[1, :5])
_moves("np.pad", "array", "constant_values", example=lambda a: np.pad(a, ((1, 2), (0, 1))) ** 2)
_moves(
    "np.select",
    "choicelist",
    "default",
    example=lambda a, b: np.select([a > b, 2 * a > b], [a**2, b], default=0.5 * a),
)
_moves("np.choose", "choices", example=lambda a, b: np.choose([[0, 1, 0, 1]] * 3, [a, b]) ** 2)
_moves(
    "np.meshgrid",
    "xi",
    example=lambda u, k: np.meshgrid(u, k)[0] * np.meshgrid(u, k, indexing="xy")[1],
)
_moves("np.full_like", "fill_value", example=lambda a, s: np.full_like(a, s) * a)
_moves(
    "np.lib.stride_tricks.sliding_window_view",
    "x",
    example=lambda q: np.lib.stride_tricks.sliding_window_view(q, 3) @ np.array([1.0, -2.0, 0.5]),
)
