"""Functions that call a function of the user's for parts of an array."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from crosscheck.tracing.array import Traced
from crosscheck.tracing.handlers import handle
from crosscheck.tracing.registry import REPLACED, find, register
from crosscheck.tracing.values import as_array, plain


def apply_along_axis(
    func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **kwargs: Any
) -> Any:
    """`func1d` of every line along `axis`."""
    lines = np.moveaxis(arr, axis, -1)
    shape = lines.shape[:-1]
    results = [func1d(lines[index], *args, **kwargs) for index in np.ndindex(shape)]
    stacked = np.stack(results)
    grid = np.reshape(stacked, shape + stacked.shape[1:])
    inserted = range(len(shape), grid.ndim)
    start = axis % arr.ndim
    return np.moveaxis(grid, tuple(inserted), tuple(start + k for k in range(len(inserted))))


def apply_over_axes(func: Callable[..., Any], a: Any, axes: Any) -> Any:
    """`func` along one axis after the other, dimensions kept."""
    for axis in np.atleast_1d(axes):
        result = func(a, int(axis))
        a = result if result.ndim == a.ndim else np.expand_dims(result, int(axis))
    return a


def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kwargs: Any) -> Any:
    """Another function, or a number, where each condition holds."""
    conditions = np.atleast_1d(np.asarray(plain(condlist), dtype=bool))
    if conditions.shape == np.shape(x):
        conditions = conditions[None]
    if len(funclist) > len(conditions):
        conditions = np.concatenate([conditions, ~conditions.any(axis=0, keepdims=True)])
    result = np.zeros_like(x)
    for condition, function in zip(conditions, funclist, strict=True):
        if callable(function):
            if condition.any():
                result[condition] = function(x[condition], *args, **kwargs)
        else:
            result[condition] = function
    return result


def call_vectorized(vectorized: np.vectorize, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """`np.vectorize(f)(*args)` with traced scalars, or arrays where it has a signature."""
    names, positional = list(kwargs), len(args)
    fixed = {name: kwargs[name] for name in names if name in (vectorized.excluded or ())}
    varied = [name for name in names if name not in fixed]
    operands = [*args, *(kwargs[name] for name in varied)]
    core = _core_dimensions(vectorized, len(operands))
    arrays = [
        None if k in (vectorized.excluded or ()) else as_array(operand)
        for k, operand in enumerate(operands)
    ]
    loops = [a.shape[: a.ndim - c] for a, c in zip(arrays, core, strict=True) if a is not None]
    shape = np.broadcast_shapes(*loops)

    def part(k: int, index: tuple[int, ...]) -> Any:
        array = arrays[k]
        if array is None:
            return operands[k]
        tail = array.shape[array.ndim - core[k] :]
        return np.broadcast_to(array, shape + tail)[index]

    function = vectorized.pyfunc
    if find(function) is not None:  # such as math.erf, which has no stand-in there
        function = functools.partial(_asked, function)

    def at(index: tuple[int, ...]) -> Any:
        parts = [part(k, index) for k in range(len(operands))]
        by_name = dict(zip(varied, parts[positional:], strict=True))
        return function(*parts[:positional], **by_name, **fixed)

    results = [at(index) for index in np.ndindex(shape)]
    if results and isinstance(results[0], tuple):
        return tuple(_assembled(vectorized, list(r), shape) for r in zip(*results, strict=True))
    return _assembled(vectorized, results, shape)


def _asked(function: Any, *args: Any, **kwargs: Any) -> Any:
    """A function that does not ask its arguments itself."""
    return handle("function", function, args, kwargs)


def _core_dimensions(vectorized: np.vectorize, count: int) -> list[int]:
    """How many trailing dimensions of each operand one call takes."""
    if vectorized.signature is None:
        return [0] * count
    inputs = vectorized.signature.replace(" ", "").split("->")[0]
    return [len([d for d in part.split(",") if d]) for part in inputs.strip("()").split("),(")]


def _assembled(vectorized: np.vectorize, results: list[Any], shape: tuple[int, ...]) -> Any:
    """The results as one array, of the dtype of the first, as NumPy has it."""
    stacked = np.stack(results) if results else np.array(results)
    if vectorized.otypes is None and vectorized.signature is None:
        stacked = stacked.astype(np.asarray(plain(results[0])).dtype)
    elif vectorized.otypes is not None:
        stacked = stacked.astype(vectorized.otypes[0])
    return np.reshape(stacked, shape + stacked.shape[1:])


def ndenumerate(arr: Traced) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Every index and its element."""
    return ((index, arr[index]) for index in np.ndindex(arr.shape))


register(
    "np.apply_along_axis",
    REPLACED,
    apply_along_axis,
    lambda a: np.apply_along_axis(lambda row: row / row.sum(), 1, a),
)
register(
    "np.apply_over_axes",
    REPLACED,
    apply_over_axes,
    lambda T: np.apply_over_axes(np.sum, T**2, [0, 2]),
)
register(
    "np.piecewise",
    REPLACED,
    piecewise,
    lambda u, s: np.piecewise(u, [u < s, u >= s], [lambda x: x**2, lambda x: 3 * x]),
)
