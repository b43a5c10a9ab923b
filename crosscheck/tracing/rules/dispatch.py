"""Which rule answers a call that reached a traced array."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from crosscheck.core.pytree import leaves_of, tree_map
from crosscheck.errors import LostGradientError
from crosscheck.tracing import values
from crosscheck.tracing.array import Traced
from crosscheck.tracing.handlers import handles
from crosscheck.tracing.rules import indexing, linalg, products, reductions, statistics, ufuncs
from crosscheck.tracing.rules.callbacks import CALLBACKS
from crosscheck.tracing.rules.rearrange import move, moves
from crosscheck.tracing.signatures import signature
from crosscheck.tracing.source_locations import site

NODES = {**reductions.NODES, **linalg.NODES}
COMPOSED = {**statistics.COMPOSED, **products.COMPOSED, **linalg.COMPOSED}
# The result has the argument's shape, not its values; or is constant between jumps.
CONSTANTS = frozenset({np.zeros_like, np.ones_like, np.empty_like, np.round, np.around, np.fix})
# Functions that write into their first argument: what they would return if they did not, by the
# parameters between which elements move.
# They make text or files, which can be read back: their numbers leave the trace.
TEXTS = frozenset(
    {np.array2string, np.array_repr, np.array_str}
    | {np.save, np.savez, np.savez_compressed, np.savetxt}
)
WRITERS: dict[Any, tuple[str, ...]] = {
    np.copyto: ("dst", "src"),
    np.put: ("a", "v"),
    np.place: ("arr", "vals"),
    np.putmask: ("a", "values"),
    np.fill_diagonal: ("a", "val"),
    np.put_along_axis: ("arr", "values"),
}
REDUCED: dict[str, Any] = {
    "add": np.sum,
    "multiply": np.prod,
    "maximum": np.max,
    "minimum": np.min,
}
ACCUMULATED: dict[str, Any] = {"add": np.cumsum, "multiply": np.cumprod}
_signature = functools.cache(signature)  # of NumPy's functions and the rules for them


@handles("function")
def function(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """A NumPy function that is not a ufunc."""
    args, kwargs = values.with_sources(args), values.with_sources(kwargs)
    if func in TEXTS:
        return func(*tree_map(_escaping, args), **tree_map(_escaping, kwargs))
    if func in WRITERS:
        return _write(func, args, kwargs)
    if func in CALLBACKS:
        return CALLBACKS[func](*args, **kwargs)
    bound = _signature(func).bind(*args, **kwargs)
    out = bound.arguments.get("out")
    if out is not None:
        bound.arguments["out"] = None
        return _deliver(function(func, bound.args, bound.kwargs), (out,))
    args, kwargs = _without_none_out(bound)
    if moves(func, args, kwargs):
        return move(func, args, kwargs)
    operands = [leaf for leaf in leaves_of((args, kwargs)) if type(leaf) is Traced]
    exact = _untouched(func, values.session_of(operands) is not None, args, kwargs)
    session = values.session_of(operands)
    if session is None or func in CONSTANTS or not any(map(_differentiable, leaves_of(exact))):
        return values.constant_result(exact, operands)
    if func in NODES and _takes(NODES[func], session, exact, *args, **kwargs):
        values.refuse_dtype(exact.dtype, func.__name__)
        return values.fresh(exact, session, NODES[func](session, exact, *args, **kwargs))
    if func in COMPOSED and _takes(COMPOSED[func], *args, **kwargs):
        return ufuncs.adopt(exact, COMPOSED[func](*args, **kwargs))
    given = f" with {', '.join(bound.arguments)}" if func in {*NODES, *COMPOSED} else ""
    msg = (
        f"{site()}\nnp.{func.__name__}{given} is not supported on traced values; its gradient "
        "would be lost. Write it with other NumPy functions."
    )
    raise LostGradientError(msg)


def _without_none_out(bound: inspect.BoundArguments) -> tuple[Any, Any]:
    """The call without `out=None`, and without what it gives by position after it."""
    if "out" not in bound.arguments:
        return bound.args, bound.kwargs
    names = list(bound.signature.parameters)
    later = names[names.index("out") + 1 :]
    del bound.arguments["out"]
    moved = {n: bound.arguments.pop(n) for n in later if n in bound.arguments}
    rest = moved.pop("kwargs", {})
    return bound.args, {**bound.kwargs, **moved, **rest}


def _takes(rule: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
    """Whether a rule knows every argument of a call."""
    try:
        _signature(rule).bind(*args, **kwargs)
    except TypeError:
        return False
    return True


def _untouched(func: Any, locked: bool, args: Any, kwargs: Any) -> Any:
    """NumPy's own value; a function that would write into traced memory fails."""

    def primal(leaf: Any) -> Any:
        if type(leaf) is not Traced:
            return leaf
        if not locked or not isinstance(leaf.primal, np.ndarray):
            return leaf.primal
        view = leaf.primal.view()
        view.flags.writeable = False
        return view

    try:
        return func(*tree_map(primal, args), **tree_map(primal, kwargs))
    except ValueError as error:
        if "read-only" not in str(error):
            raise
        msg = f"{site()}\nnp.{func.__name__} writes into a traced array; let it return a copy."
        raise LostGradientError(msg) from error


def _differentiable(leaf: Any) -> bool:
    """Whether a part of a result could carry a gradient."""
    if isinstance(leaf, (np.ndarray, np.generic)):
        return leaf.dtype.kind in "fcO"
    return isinstance(leaf, (float, complex))


def _write(func: Any, args: Any, kwargs: Any) -> None:
    """A function that writes into its first argument."""
    bound = _signature(func).bind(*args, **kwargs)
    name = next(iter(bound.signature.parameters))
    target = bound.arguments[name]
    if not isinstance(target, Traced) or type(target) is not Traced:
        func(*tree_map(_escaping, args), **tree_map(_escaping, kwargs))
        return

    others = [leaf for leaf in leaves_of((args[1:], kwargs)) if type(leaf) is Traced]
    if any(leaf is not target and leaf.buffer is target.buffer for leaf in others):
        msg = f"{site()}\nnp.{func.__name__} reads memory that it writes; give it a copy."
        raise LostGradientError(msg)

    @functools.wraps(func)
    def written(*args: Any, **kwargs: Any) -> Any:
        inner = bound.signature.bind(*args, **kwargs)
        copy = inner.arguments[name] = np.array(inner.arguments[name])
        func(*inner.args, **inner.kwargs)
        return copy

    target[...] = move(written, args, kwargs, WRITERS[func])


def _escaping(leaf: Any) -> Any:
    """Plain numbers; noted as an escape if they depend on a parameter."""
    return np.asarray(leaf.__array__()) if type(leaf) is Traced else leaf


@handles("ufunc")
def ufunc(func: np.ufunc, method: str, args: Any, kwargs: dict[str, Any]) -> Any:
    """A ufunc, or one of its methods."""
    kwargs = dict(kwargs)
    out = tuple(kwargs.pop("out", ()))
    mask = kwargs.pop("where", True)
    if method == "at":
        return at(func, *args)
    if method == "__call__":
        if mask is not True:
            return _masked(func, args, mask, out)
        result = ufuncs.call(func, args, kwargs)
    else:
        if mask is not True:
            kwargs["where"] = mask
        result = METHODS[method](func, *args, **kwargs)
    return _deliver(result, out) if any(o is not None for o in out) else result


@handles("power")
def operator_power(base: Any, exponent: Any) -> Any:
    """`base ** exponent`, valued as NumPy's operator, which squares for 2."""
    if not isinstance(exponent, (int, float, np.ndarray, np.generic)):
        return NotImplemented
    return ufuncs.call(np.power, (base, exponent), {}, lambda x, y: x**y)


def _deliver(result: Any, out: tuple[Any, ...]) -> Any:
    """Write results into the arrays given as `out`, and return those."""
    results = result if isinstance(result, tuple) else (result,)
    for value, target in zip(results, out, strict=True):
        if type(target) is Traced:
            _check_cast(value, target)
            target[...] = value
        elif target is not None:
            np.copyto(target, _escaping(value), casting="same_kind")
    delivered = tuple(v if t is None else t for v, t in zip(results, out, strict=True))
    return delivered if isinstance(result, tuple) else delivered[0]


def _check_cast(value: Any, target: Traced) -> None:
    np.copyto(np.empty_like(target.primal), values.plain(value), casting="same_kind")


def _masked(func: np.ufunc, args: Any, mask: Any, out: tuple[Any, ...]) -> Any:
    """A ufunc where `mask` holds; elsewhere `out` stays, and nothing is computed."""
    shape = np.broadcast_shapes(*map(np.shape, (*args, mask)))
    chosen = np.broadcast_to(values.plain(mask), shape)
    result = ufuncs.call(func, [np.broadcast_to(arg, shape)[chosen] for arg in args], {})
    target = out[0] if out else values.fresh(np.zeros(shape, result.dtype))
    if type(target) is not Traced:
        target[chosen] = _escaping(result)
    else:
        target[chosen] = result
    return target


def at(func: np.ufunc, target: Any, key: Any, *operand: Any) -> None:
    """`func.at`: unbuffered, so repeated elements are changed repeatedly."""
    if type(target) is not Traced:
        func.at(target, values.plain(key), *map(_escaping, operand))
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
    if values.session_of([a, *kwargs.values()]) is None or not _differentiable(exact):
        return values.constant_result(exact)
    if func.__name__ in REDUCED:
        return (
            REDUCED[func.__name__](a, axis=axis, dtype=exact.dtype, **kwargs)
            if (func.__name__ in ACCUMULATED)
            else REDUCED[func.__name__](a, axis=axis, **kwargs)
        )
    return ufuncs.adopt(exact, functools.reduce(func, np.moveaxis(a, axis, 0)))


def accumulate(func: np.ufunc, a: Any, axis: int = 0, dtype: Any = None) -> Any:
    """`func.accumulate`."""
    if func.__name__ in ACCUMULATED:
        return ACCUMULATED[func.__name__](a, axis=axis, dtype=dtype)
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
    "reduce": reduce,
    "accumulate": accumulate,
    "outer": outer,
    "reduceat": reduceat,
}
