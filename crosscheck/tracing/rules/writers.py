"""Functions that write into their first argument, and what is written into `out`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from crosscheck.core.pytree import leaves_of, tree_map
from crosscheck.errors import LostGradientError
from crosscheck.tracing import values
from crosscheck.tracing.array import Traced
from crosscheck.tracing.registry import WRITE, qualified_name, register
from crosscheck.tracing.rules.rearrange import move
from crosscheck.tracing.signatures import signature
from crosscheck.tracing.source_locations import site


def write(func: Any, args: Any, kwargs: Any, moved: tuple[str, ...]) -> None:
    """A function that writes into its first argument; elements move between some of its own."""
    bound = signature(func).bind(*args, **kwargs)
    target = bound.arguments[next(iter(bound.signature.parameters))]
    if not isinstance(target, Traced) or type(target) is not Traced:
        func(*tree_map(values.escaping, args), **tree_map(values.escaping, kwargs))
        return

    others = [leaf for leaf in leaves_of((args[1:], kwargs)) if type(leaf) is Traced]
    if any(leaf is not target and leaf.buffer is target.buffer for leaf in others):
        msg = f"{site()}\n{qualified_name(func)} reads memory that it writes; give it a copy."
        raise LostGradientError(msg)
    target[...] = move(_returning(func), args, kwargs, moved)


@functools.cache
def _returning(func: Any) -> Callable[..., Any]:
    """What would return what `func` writes."""

    @functools.wraps(func)
    def written(*args: Any, **kwargs: Any) -> Any:
        bound = signature(func).bind(*args, **kwargs)
        name = next(iter(bound.signature.parameters))
        copy = bound.arguments[name] = np.array(bound.arguments[name])
        func(*bound.args, **bound.kwargs)
        return copy

    written.__signature__ = signature(func)  # type: ignore[attr-defined]
    return written


def deliver(result: Any, out: tuple[Any, ...]) -> Any:
    """Write results into the arrays given as `out`, and return those."""
    results = result if isinstance(result, tuple) else (result,)
    for value, target in zip(results, out, strict=True):
        if type(target) is Traced:
            _check_cast(value, target)
            target[...] = value
        elif target is not None:
            np.copyto(target, values.escaping(value), casting="same_kind")
    delivered = tuple(v if t is None else t for v, t in zip(results, out, strict=True))
    return delivered if isinstance(result, tuple) else delivered[0]


def _check_cast(value: Any, target: Traced) -> None:
    np.copyto(np.empty_like(target.primal), values.plain(value), casting="same_kind")


def _writing(a: Any, b: Any, u: Any, mask: Any) -> Any:
    x, y, z = a * b, 2 * a, np.zeros((3, 4))
    np.copyto(x, a, where=mask)
    np.put(x, [1, 5], u[:2])
    np.place(y, mask, u)
    np.putmask(z, mask, 2 * a)
    np.fill_diagonal(z, u[0] ** 2)
    np.put_along_axis(z, np.argmax(z, axis=1)[:, None], u[1], axis=1)
    return (x + y * z) ** 2


register("np.copyto", WRITE, ("dst", "src"), _writing)
register("np.put", WRITE, ("a", "v"), _writing)
register("np.place", WRITE, ("arr", "vals"), _writing)
register("np.putmask", WRITE, ("a", "values"), _writing)
register("np.fill_diagonal", WRITE, ("a", "val"), _writing)
register("np.put_along_axis", WRITE, ("arr", "values"), _writing)
