"""Which rule answers a call that reached a traced array."""

from __future__ import annotations

import functools
import inspect
import io
from collections.abc import Callable
from typing import Any

import numpy as np

from crosscheck.core.pytree import leaves_of, tree_map
from crosscheck.errors import LostGradientError
from crosscheck.tracing import orders, values
from crosscheck.tracing.array import Traced
from crosscheck.tracing.handlers import handles
from crosscheck.tracing.python_float import PythonFloat
from crosscheck.tracing.registry import (
    COMPOSED,
    CONSTANT,
    MOVE,
    NODE,
    REPLACED,
    TEXT,
    WRITE,
    find,
    qualified_name,
    register,
)
from crosscheck.tracing.rules import ufunc_methods, ufuncs
from crosscheck.tracing.rules.rearrange import as_numbers, move, pads_by_moving, rectangular
from crosscheck.tracing.rules.writers import deliver, write
from crosscheck.tracing.signatures import signature
from crosscheck.tracing.source_locations import site

# What no parameter changes, since it depends on shapes alone.
OF_SHAPES = frozenset({np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.empty_like})
# What moves elements to places that depend on their values.
OF_VALUES = frozenset({np.unique, np.trim_zeros, np.compress, np.extract, np.place, np.putmask})


@handles("function")
def function(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """A NumPy function that is not a ufunc."""
    args, kwargs = values.with_sources(args), values.with_sources(kwargs)
    entry = find(func)
    kind = None if entry is None else entry.kind
    rule: Any = None if entry is None else entry.rule
    if kind is TEXT:
        return func(*tree_map(values.escaping, args), **tree_map(values.escaping, kwargs))
    if kind is WRITE:
        return write(func, args, kwargs, rule)
    if kind is REPLACED:
        return rule(*args, **kwargs)
    bound = signature(func).bind(*args, **kwargs)
    out = bound.arguments.get("out")
    if out is not None:
        bound.arguments["out"] = None
        return deliver(function(func, bound.args, bound.kwargs), (out,))
    args, kwargs = _without_none_out(bound)
    values.decides(leaves_of((args, kwargs)) if func in OF_VALUES else ())
    if kind is MOVE and (func is not np.pad or pads_by_moving(*args, **kwargs)):
        return move(func, args, kwargs, rule)
    args, kwargs = tuple(map(rectangular, args)), {k: rectangular(v) for k, v in kwargs.items()}
    operands = [leaf for leaf in leaves_of((args, kwargs)) if type(leaf) is Traced]
    exact = _untouched(func, values.session_of(operands) is not None, args, kwargs)
    session = values.session_of(operands)
    orders.note(session, func, exact, args, kwargs)
    if type(exact) is float:
        exact = PythonFloat(exact)
    if (
        session is None
        or kind is CONSTANT
        or not any(map(values.is_differentiable, leaves_of(exact)))
    ):
        values.decides(() if func in OF_SHAPES else operands)
        return values.constant_result(exact, operands)
    if kind is NODE and _takes(rule, session, exact, *args, **kwargs):
        values.refuse_dtype(exact.dtype, func)
        return values.fresh(exact, session, rule(session, exact, *args, **kwargs))
    if kind is COMPOSED and _takes(rule, *args, **kwargs):
        compute = functools.partial(rule, *args, **kwargs)
        return ufuncs.composed(session, func, exact, compute)
    raise ufuncs.refusal(func, "" if entry is None else f" with {_named(bound.arguments)}")


def _named(arguments: dict[str, Any]) -> str:
    """The names of arguments; the value of one that chooses what is computed."""
    return ", ".join(f"{n}={v!r}" if isinstance(v, str) else n for n, v in arguments.items())


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
        signature(rule).bind(*args, **kwargs)
    except TypeError:
        return False
    return True


def _untouched(func: Any, locked: bool, args: Any, kwargs: Any) -> Any:
    """NumPy's own value; a function that would write into traced memory fails."""

    def primal(leaf: Any) -> Any:
        if type(leaf) is not Traced:
            return leaf
        if not locked or not isinstance(leaf.primal, np.ndarray):
            return values.plain(leaf)
        view = leaf.primal.view()
        view.flags.writeable = False
        return view

    try:
        return func(*tree_map(primal, args), **tree_map(primal, kwargs))
    except ValueError as error:
        if "read-only" not in str(error):
            raise
        if not (getattr(func, "__module__", None) or "numpy").startswith("numpy"):
            # compiled code that wants memory to write into, and seldom writes
            return func(*tree_map(_own, args), **tree_map(_own, kwargs))
        name = qualified_name(func)
        msg = f"{site()}\n{name} writes into a traced array; let it return a copy."
        raise LostGradientError(msg) from error


def _own(leaf: Any) -> Any:
    return np.copy(values.plain(leaf)) if type(leaf) is Traced else leaf


@handles("ufunc")
def ufunc(func: np.ufunc, method: str, args: Any, kwargs: dict[str, Any]) -> Any:
    """A ufunc, or one of its methods."""
    args, kwargs = tuple(map(as_numbers, args)), dict(kwargs)
    out = tuple(kwargs.pop("out", ()))
    mask = kwargs.pop("where", True)
    if method == "__call__":
        if mask is not True:
            return _masked(func, args, mask, out)
        result = ufuncs.call(func, args, kwargs)
    else:
        if mask is not True:
            kwargs["where"] = mask
        result = ufunc_methods.METHODS[method](func, *args, **kwargs)
    return deliver(result, out) if any(o is not None for o in out) else result


@handles("power")
def operator_power(base: Any, exponent: Any) -> Any:
    """`base ** exponent`, valued as NumPy's operator, which squares for 2."""
    if not isinstance(exponent, (int, float, complex, np.ndarray, np.generic)):
        return NotImplemented
    return ufuncs.call(np.power, (base, exponent), {}, lambda x, y: x**y)


def _masked(func: np.ufunc, args: Any, mask: Any, out: tuple[Any, ...]) -> Any:
    """A ufunc where `mask` holds; elsewhere `out` stays, and nothing is computed."""
    shape = np.broadcast_shapes(*map(np.shape, (*args, mask)))
    chosen = np.broadcast_to(values.plain(mask), shape)
    result = ufuncs.call(func, [np.broadcast_to(arg, shape)[chosen] for arg in args], {})
    target = out[0] if out else values.fresh(np.zeros(shape, result.dtype))
    if type(target) is not Traced:
        target[chosen] = values.escaping(result)
    else:
        target[chosen] = result
    return target


def _files(a: Any) -> Any:
    file = io.BytesIO()
    np.save(file, a)
    np.savez(file, a)
    np.savez_compressed(file, a)
    np.savetxt(file, a)
    return a**2


register(
    "np.zeros_like np.ones_like np.empty_like",
    CONSTANT,
    None,
    lambda a: a * (np.zeros_like(a) + np.ones_like(a) + 0 * np.empty_like(a).size),
)
register(
    "np.round np.around np.fix",
    CONSTANT,
    None,
    lambda a: a * (np.round(3 * a) + np.around(a) + np.fix(2 * a)),
)
register(
    "np.array2string np.array_repr np.array_str",
    TEXT,
    None,
    lambda a: a * bool(np.array2string(a) + np.array_repr(a) + np.array_str(a)),
)
register("np.save np.savez np.savez_compressed np.savetxt", TEXT, None, _files)
