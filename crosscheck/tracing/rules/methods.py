"""An array's attributes and methods, as NumPy's functions of the same name."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np

from crosscheck.errors import LostGradientError
from crosscheck.tracing.handlers import handles
from crosscheck.tracing.registry import ATTRIBUTE, REPLACED, find, qualified_name, register
from crosscheck.tracing.source_locations import site
from crosscheck.tracing.values import (
    as_number,
    constant_result,
    decides,
    fresh,
    is_tracked,
    node_of,
    refuse_dtype,
)


@handles("attribute")
def attribute(self: Any, name: str) -> Any:
    """The attribute `name` of a traced array."""
    entry = None if name.startswith("__") else find(getattr(np.ndarray, name, None))
    if entry is not None:
        return entry.rule(self) if entry.kind is ATTRIBUTE else functools.partial(entry.rule, self)
    getattr(self.primal, name)  # NumPy's own AttributeError
    if name.startswith("__"):
        raise AttributeError(name)
    method = qualified_name(getattr(type(self.primal), name))
    msg = f"{site()}\n{method} is not supported on traced values; use a NumPy function instead."
    raise LostGradientError(msg)


@handles("item")
def item(self: Any) -> Any:
    """The only element as a Python number."""
    number = self.primal.item()
    return as_number(self, type(number)) if is_tracked(self) else number


def astype(
    self: Any,
    dtype: Any,
    order: Any = "K",
    casting: Any = "unsafe",
    subok: Any = True,  # NumPy's own signature
    copy: Any = True,
) -> Any:
    """Another dtype; integers and booleans are step functions and leave the trace."""
    exact = self.primal.astype(dtype, order=order, casting=casting, subok=subok, copy=copy)
    if exact is self.primal:
        return self
    if exact.dtype == object:
        return self.__array__(object)
    if exact.dtype.kind in "SU":  # text can be read back
        return self.__array__().astype(dtype)
    if exact.dtype.kind not in "fc" or not is_tracked(self):
        decides([self])
        return constant_result(exact)
    refuse_dtype(exact.dtype, np.ndarray.astype)
    session = self.buffer.session
    return fresh(exact, session, node_of(self, session, exact.dtype))


def fill(self: Any, value: Any) -> None:
    """Write one value everywhere."""
    self[...] = value


def reshape(self: Any, *shape: Any, **kwargs: Any) -> Any:
    """As `np.reshape`; the lengths may stand alone or in a tuple."""
    return np.reshape(self, shape[0] if len(shape) == 1 else shape, **kwargs)


def clip(self: Any, min: Any = None, max: Any = None, **kwargs: Any) -> Any:
    """As `np.clip`, both of whose bounds NumPy 2.0 wants."""
    return np.clip(self, min, max, **kwargs)


def transpose(self: Any, *axes: Any) -> Any:
    """As `np.transpose`; the axes may stand alone or in a tuple."""
    return np.transpose(self, (axes[0] if len(axes) == 1 else axes) or None)


def flatten(self: Any, order: Any = "C") -> Any:
    """One dimension, always a copy."""
    return np.copy(np.ravel(self, order=order))


def sort(self: Any, axis: int = -1, **_: Any) -> None:
    """Sort in place."""
    self[...] = np.sort(self, axis=axis)


def view(self: Any, dtype: Any = None) -> Any:
    """The same memory once more; as another dtype it is refused."""
    if dtype is None or dtype is np.ndarray or np.dtype(dtype) == self.dtype:
        return self[...]
    msg = f"{site()}\nlooks at the bytes of a traced array as {dtype}; use astype."
    raise LostGradientError(msg)


def flat(self: Any) -> Any:
    """The elements in C order, where the array is contiguous; reading and writing go through."""
    one_dimension: Any = np.ravel(self)
    if one_dimension.buffer is self.buffer:
        return one_dimension
    msg = f"{site()}\nuses .flat of an array that is not contiguous; use an index or np.ravel."
    raise LostGradientError(msg)


def _descriptions(names: str, example: Any) -> None:
    """Facts about the value, the same for every element's value."""
    for name in names.split():
        register(f"np.ndarray.{name}", ATTRIBUTE, operator.attrgetter(f"primal.{name}"), example)


def _functions(names: str, example: Any) -> None:
    """Methods that are NumPy's functions of the same name."""
    for name in names.split():
        register(f"np.ndarray.{name}", REPLACED, getattr(np, name), example)


_descriptions(
    "shape ndim size strides nbytes itemsize",
    lambda a: a * (a.size + a.ndim + a.nbytes + a.itemsize) * sum(a.shape + a.strides),
)
_descriptions(
    "dtype flags device",
    lambda a: a * a.dtype.itemsize * a.flags.c_contiguous * (a.device == "cpu"),
)
_functions("all any", lambda a: a * a.all() * a.any())
_functions(
    "argmax argmin argsort argpartition",
    lambda u: u[u.argsort()] ** 2 * u[u.argmax()] + u[u.argpartition(2)[2]] * u.argmin(),
)
_functions("nonzero searchsorted", lambda u: u[u.nonzero()] ** 2 * u.searchsorted(2.0))
_functions("take", lambda a: a.take([0, 5, 5]) ** 2 * a.take(1))
_functions("copy ravel squeeze", lambda a: a.copy().ravel() * a[None].squeeze().ravel())
_functions("cumprod cumsum", lambda a: a.cumprod(axis=0) * a.cumsum(1))
_functions("diagonal trace", lambda S: S.diagonal() ** 3 * S.trace(1))
_functions("dot", lambda a, c: a.dot(c) ** 2)
_functions("max min", lambda a: a.max(axis=1) * a.min())
_functions("mean std var", lambda a: a.mean(1, keepdims=True) + a.std(ddof=1) * a.var())
_functions("prod sum", lambda a: a.prod(axis=(0, 1), keepdims=True) + a.sum(axis=(0, 1)) ** 2)
_functions("put", lambda a, u: (z := 2 * a, z.put([1, 5], u[:2]), z**2)[-1])
_functions("repeat swapaxes", lambda a: a.repeat(2).reshape(6, 4).swapaxes(0, 1) ** 2)
_functions("round", lambda a: a * (3 * a).round())

register(
    "np.ndarray.compress",
    REPLACED,
    lambda self, condition, *args, **kwargs: np.compress(condition, self, *args, **kwargs),
    lambda a: a.compress([True, False, True], axis=0) ** 2,
)
register("np.ndarray.clip", REPLACED, clip, lambda a: a.clip(min=0.4) ** 2 + a.clip(0.3, 0.7))
register(
    "np.ndarray.astype",
    REPLACED,
    astype,
    lambda a: a.astype(np.float64, copy=False) * (10 * a).astype(int),
)
register(
    "np.ndarray.conj np.ndarray.conjugate",
    REPLACED,
    np.conjugate,
    lambda a: a.conj() ** 2 * a.conjugate(),
)
register("np.ndarray.fill", REPLACED, fill, lambda a, s: (z := 2 * a, z[1].fill(s), z**2)[-1])
register("np.ndarray.flatten", REPLACED, flatten, lambda a: a.flatten() * a.T.flatten("F"))
register("np.ndarray.reshape", REPLACED, reshape, lambda a: a.reshape(-1, 6) * a.reshape((6, 2)).T)
register("np.ndarray.sort", REPLACED, sort, lambda a: (z := 2 * a, z.sort(axis=0), z**2)[-1])
register("np.ndarray.transpose", REPLACED, transpose, lambda T: T.transpose(1, 0, 2) ** 2)
register("np.ndarray.view", REPLACED, view, lambda a: a.view() ** 2)
register("np.ndarray.T", ATTRIBUTE, np.transpose, lambda a: a.T @ a)
register("np.ndarray.mT", ATTRIBUTE, np.matrix_transpose, lambda T: T.mT[1] ** 2)
register("np.ndarray.flat", ATTRIBUTE, flat, lambda a: a.flat[2:6] ** 2)
