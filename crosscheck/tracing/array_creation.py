"""What stands in for `np.zeros`, `np.array` and others that do not ask their arguments.

A preallocated array must be able to take traced values, `h[t] = np.tanh(...)`, so the float
arrays that the user's code makes are traced from the start, as constants. In the user's
modules `np` is then another module, for this thread; everyone else has the originals.
"""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib import stride_tricks

from crosscheck.core.pytree import leaves_of
from crosscheck.tracing import values
from crosscheck.tracing.array import Traced
from crosscheck.tracing.builtin_types import OF_NUMPY
from crosscheck.tracing.registry import MOVE, entries
from crosscheck.tracing.rules import callbacks
from crosscheck.tracing.rules.rearrange import move, stacked
from crosscheck.tracing.session import current
from crosscheck.tracing.source_locations import is_users

Wrapper = Callable[[Callable[..., Any]], Callable[..., Any]]


def _for_reader(original: Callable[..., Any]) -> Wrapper:
    """Let the decorated function answer the user's calls during a run, `original` all others."""

    def decorate(answer: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def choose(*args: Any, **kwargs: Any) -> Any:
            caller = sys._getframe(1).f_globals.get("__name__", "")  # noqa: SLF001
            if current() is None or not is_users(caller):
                return original(*args, **kwargs)
            return answer(*values.with_sources(args), **values.with_sources(kwargs))

        return choose

    return decorate


def _new(result: Any, args: Any) -> Any:
    """A float array in memory of its own becomes traced; one that shares memory stays plain."""
    shared = any(
        isinstance(leaf, np.ndarray) and np.may_share_memory(leaf, result)
        for leaf in leaves_of(args)
        if isinstance(result, np.ndarray) and type(leaf) is not Traced
    )
    return result if shared else values.constant_result(result)


def _maker(original: Callable[..., Any]) -> Callable[..., Any]:
    """A function of plain arguments, such as `np.zeros`."""

    @_for_reader(original)
    def make(*args: Any, **kwargs: Any) -> Any:
        if any(type(leaf) is Traced for leaf in leaves_of((args, kwargs))):
            return original(*args, **kwargs)  # its own protocol, or an escape
        return _new(original(*args, **kwargs), (args, kwargs))

    return make


def _converter(original: Callable[..., Any]) -> Callable[..., Any]:
    """`np.array` and its like: traced elements stay traced, a traced array is taken as it is."""

    @_for_reader(original)
    def convert(obj: Any, dtype: Any = None, **kwargs: Any) -> Any:
        operands = list(leaves_of(obj))
        if not any(type(leaf) is Traced for leaf in operands):
            return _new(original(obj, dtype, **kwargs), (obj, kwargs))
        if dtype is not None and np.dtype(dtype) == object:
            return original(obj, dtype, **kwargs)
        copies = original is np.array and kwargs.get("copy", True) in {True, np.True_}
        if type(obj) is Traced and obj.ndim:
            result = obj.astype(obj.dtype if dtype is None else dtype, copy=copies)
        else:
            result = stacked(obj, dtype)
        missing = kwargs.get("ndmin", 0) - np.ndim(result)
        return np.reshape(result, (1,) * missing + np.shape(result)) if missing > 0 else result

    return convert


def _full(shape: Any, fill_value: Any, dtype: Any = None, **kwargs: Any) -> Any:
    """`np.full` of traced values."""
    exact = NP_FULL(shape, values.plain(fill_value), dtype, **kwargs)
    result = values.constant_result(exact)
    if values.is_tracked(fill_value) and type(result) is Traced:
        result[...] = fill_value
    return result


NP_FULL = np.full


def _as_strided(x: Any, *args: Any, **kwargs: Any) -> Any:
    """`as_strided` of a traced array: a view of its memory."""
    if type(x) is not Traced:
        return AS_STRIDED(x, *args, **kwargs)
    return values.rearranged(x, lambda array: AS_STRIDED(array, *args, **kwargs))


AS_STRIDED = stride_tricks.as_strided


class _Concatenator:
    """`np.r_` and `np.c_`, which put traced arrays together with slices and numbers."""

    def __init__(self, original: Any) -> None:
        self.original = original

    def __getitem__(self, key: Any) -> Any:
        keys = values.with_sources(key if isinstance(key, tuple) else (key,))
        if current() is None or not any(type(leaf) is Traced for leaf in leaves_of(keys)):
            return self.original[key]
        # a slice has numbers of its own: they are part of what is put together
        parts = tuple(self.original[k] if isinstance(k, slice) else k for k in keys)
        return move(self.concatenate, (parts,), {}, ("parts",))

    def concatenate(self, parts: Any) -> Any:
        """`np.r_` or `np.c_` of these parts."""
        return self.original[parts]


def _ndenumerate(arr: Any) -> Any:
    return callbacks.ndenumerate(arr) if type(arr) is Traced else NDENUMERATE(arr)


NDENUMERATE = np.ndenumerate


def _call_vectorized(self: Any, *args: Any, **kwargs: Any) -> Any:
    """`np.vectorize(f)(...)`: `f` may use traced values without being given any."""
    return callbacks.call_vectorized(self, args, kwargs)


def _fromfunction(function: Any, shape: Any, *, dtype: Any = float, **kwargs: Any) -> Any:
    return function(*np.indices(shape, dtype=dtype), **kwargs)


def _fromiter(iterable: Any, dtype: Any, count: int = -1, **_: Any) -> Any:
    items = list(iterable)
    return values.constant_result(stacked(items[: count if count >= 0 else None], dtype))


MAKERS = """
    zeros ones empty arange linspace logspace geomspace eye identity tri zeros_like ones_like
    empty_like full_like copy diag tile repeat concatenate stack vstack hstack indices
    loadtxt genfromtxt load frombuffer meshgrid vander hanning hamming blackman kaiser bartlett
""".split()
# These take a list of arrays, and ask each.
LISTS = frozenset(
    entry.function
    for entry in entries()
    if entry.kind is MOVE and {*entry.rule} & {"arrays", "tup", "choicelist", "choices"}
) | {np.einsum, np.lexsort}
CONVERTERS = "array asarray asanyarray ascontiguousarray asfortranarray asarray_chkfinite".split()


def _of_sequences(original: Callable[..., Any]) -> Callable[..., Any]:
    """A function such as `np.mean`, which would make a plain array of a list of traced values."""

    def changed(argument: Any) -> Any:
        listed = type(argument) in {list, tuple}
        return stacked(argument) if listed and any(map(_is_traced, argument)) else argument

    @_for_reader(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        return original(*map(changed, args), **{k: changed(v) for k, v in kwargs.items()})

    return call


def _is_traced(leaf: Any) -> bool:
    return any(type(part) is Traced for part in leaves_of(leaf))


class _NumPy(types.ModuleType):
    """NumPy as the user's modules see it during a run."""

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


def _stand_ins() -> dict[int, Any]:
    """What stands in for each original, by the original's id."""
    dispatched = type(np.sum)  # what asks its arguments, but not the elements of a list
    public = ((name, getattr(np, name)) for name in np.__all__)
    functions = {n: f for n, f in public if isinstance(f, dispatched) and f not in LISTS}
    answers: dict[str, Any] = {
        **{name: _of_sequences(function) for name, function in functions.items()},
        **{name: _maker(getattr(np, name)) for name in MAKERS},
        **{name: _converter(getattr(np, name)) for name in CONVERTERS},
        "full": _for_reader(np.full)(_full),
        "fromfunction": _for_reader(np.fromfunction)(_fromfunction),
        "fromiter": _for_reader(np.fromiter)(_fromiter),
        "ndenumerate": _for_reader(np.ndenumerate)(_ndenumerate),
        "r_": _Concatenator(np.r_),
        "c_": _Concatenator(np.c_),
    }
    numpy = _NumPy("numpy", np.__doc__)
    answers |= OF_NUMPY
    vars(numpy).update(answers)
    return {id(np): numpy, **{id(getattr(np, name)): answer for name, answer in answers.items()}}


# Put into the user's namespaces. NumPy's own stays as it is: compiled code calls `np.empty` too,
# and takes what it gets for an array without looking.
IN_NAMESPACES = _stand_ins()
# (where it is, its name, what stands in for it): these change nothing for plain arrays.
IN_NUMPY: tuple[tuple[Any, str, Any], ...] = (
    (stride_tricks, "as_strided", _for_reader(stride_tricks.as_strided)(_as_strided)),
    (np.vectorize, "__call__", _for_reader(np.vectorize.__call__)(_call_vectorized)),
)
IN_NAMESPACES[id(stride_tricks.as_strided)] = IN_NUMPY[0][2]
