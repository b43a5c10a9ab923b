"""`np.add.reduce`, `accumulate`, `outer`, `reduceat` and `at`: the methods of a ufunc."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from crosscheck.tracing import values
from crosscheck.tracing.array import Traced
from crosscheck.tracing.registry import REPLACED, find, register
from crosscheck.tracing.rules import indexing, ufuncs


def at(func: np.ufunc, target: Any, key: Any, *operand: Any) -> None:
    """`func.at`: unbuffered, so repeated elements are changed repeatedly."""
    if type(target) is not Traced:
        func.at(target, values.plain(key), *map(values.escaping, operand))
    elif func in {np.add, np.subtract}:
        indexing.add_at(target, key, operand[0] if func is np.add else -operand[0])
    else:
        places = np.asarray(target.positions()[values.plain(key)])
        memory = Traced(target.buffer.memory, target.buffer)
        new = [np.ravel(np.broadcast_to(value, places.shape)) for value in operand]
        for k, place in enumerate(places.reshape(-1)):
            memory[place] = func(memory[place], *(value[k] for value in new))


def reduce(func: np.ufunc, a: Any, axis: Any = 0, dtype: Any = None, **kwargs: Any) -> Any:
    """`func.reduce`."""
    exact = func.reduce(values.plain(a), axis, dtype, **values.plain(kwargs))
    if values.session_of([a, *kwargs.values()]) is None or not values.is_differentiable(exact):
        values.decides([a, *kwargs.values()])
        return values.constant_result(exact)
    entry = find(func.reduce)
    if entry is not None:
        return entry.rule(a, axis=axis, dtype=exact.dtype, **kwargs)
    return ufuncs.adopt(exact, functools.reduce(func, np.moveaxis(a, axis, 0)))


def accumulate(func: np.ufunc, a: Any, axis: int = 0, dtype: Any = None) -> Any:
    """`func.accumulate`."""
    entry = find(func.accumulate)
    if entry is not None:
        return entry.rule(a, axis=axis, dtype=dtype)
    rows = list(np.moveaxis(a, axis, 0))
    for k in range(1, len(rows)):
        rows[k] = func(rows[k - 1], rows[k])
    exact = func.accumulate(values.plain(a), axis)
    return ufuncs.adopt(exact, np.stack(rows, axis))


def outer(func: np.ufunc, a: Any, b: Any, **kwargs: Any) -> Any:
    """`func.outer`."""
    return func(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b, **kwargs)


def reduceat(func: np.ufunc, a: Any, indices: Any, axis: int = 0, dtype: Any = None) -> Any:
    """`func.reduceat`."""
    starts = [int(i) for i in indices]
    rows = np.moveaxis(a, axis, 0)
    ends = [*starts[1:], len(rows)]
    parts = [
        func.reduce(rows[start:end], axis=0, dtype=dtype) if end > start else rows[start]
        for start, end in zip(starts, ends, strict=True)
    ]
    exact = func.reduceat(values.plain(a), starts, axis, dtype)
    return ufuncs.adopt(exact, np.stack(parts, axis))


METHODS: dict[str, Callable[..., Any]] = {
    "at": at,
    "reduce": reduce,
    "accumulate": accumulate,
    "outer": outer,
    "reduceat": reduceat,
}

register("np.add.reduce", REPLACED, np.sum, lambda a: np.add.reduce(a) ** 2)
register("np.multiply.reduce", REPLACED, np.prod, lambda a: np.multiply.reduce(a, axis=1))
register(
    "np.maximum.reduce",
    REPLACED,
    lambda a, *, dtype, **kwargs: np.max(a, **kwargs),
    lambda a: np.maximum.reduce(a) ** 2,
)
register(
    "np.minimum.reduce",
    REPLACED,
    lambda a, *, dtype, **kwargs: np.min(a, **kwargs),
    lambda a: np.minimum.reduce(a, axis=1, keepdims=True) * a,
)
register("np.add.accumulate", REPLACED, np.cumsum, lambda a: np.add.accumulate(a, 1) ** 2)
register("np.multiply.accumulate", REPLACED, np.cumprod, lambda a: np.multiply.accumulate(a))
