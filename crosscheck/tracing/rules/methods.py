"""An array's attributes and methods, as NumPy's functions of the same name."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from crosscheck.errors import LostGradientError
from crosscheck.tracing.handlers import handles
from crosscheck.tracing.source_locations import site
from crosscheck.tracing.values import (
    constant_result,
    fresh,
    is_tracked,
    node_of,
    plain,
    refuse_dtype,
)

# Facts about the value, the same for every element's value.
DESCRIPTIONS = frozenset("shape ndim size dtype nbytes itemsize strides flags device".split())
# These methods are NumPy's functions of the same name.
FUNCTIONS = frozenset(
    """all any argmax argmin argpartition argsort choose compress copy cumprod cumsum diagonal
    dot max mean min nonzero prod put ravel repeat resize round searchsorted squeeze std sum
    swapaxes take trace var""".split()
)


@handles("attribute")
def attribute(self: Any, name: str) -> Any:
    """The attribute `name` of a traced array."""
    if name in DESCRIPTIONS:
        return getattr(self.primal, name)
    if name in FUNCTIONS:
        return functools.partial(getattr(np, name), self)
    if name in OWN:
        return functools.partial(OWN[name], self)
    if name in PROPERTIES:
        return PROPERTIES[name](self)
    getattr(self.primal, name)  # NumPy's own AttributeError
    if name.startswith("__"):
        raise AttributeError(name)
    msg = f"{site()}\n.{name} of a traced array is not supported; use a NumPy function instead."
    raise LostGradientError(msg)


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
        return constant_result(exact)
    refuse_dtype(exact.dtype, "astype")
    session = self.buffer.session
    return fresh(exact, session, node_of(self, session, exact.dtype))


def clip(self: Any, min: Any = None, max: Any = None, out: Any = None) -> Any:
    """As `np.clip`, which needs both bounds before NumPy 2.1."""
    return np.clip(self, min, max, out=out)


def fill(self: Any, value: Any) -> None:
    """Write one value everywhere."""
    self[...] = value


def reshape(self: Any, *shape: Any, order: Any = "C", copy: bool | None = None) -> Any:
    """As `np.reshape`; the lengths may stand alone or in a tuple."""
    new = shape[0] if len(shape) == 1 else shape
    given = {} if copy is None else {"copy": copy}  # from NumPy 2.1 on
    return np.reshape(self, new, order=order, **given)


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


OWN: dict[str, Any] = {
    "astype": astype,
    "clip": clip,
    "conj": np.positive,
    "conjugate": np.positive,
    "fill": fill,
    "flatten": flatten,
    "reshape": reshape,
    "sort": sort,
    "transpose": transpose,
    "view": view,
}
PROPERTIES: dict[str, Any] = {
    "T": np.transpose,
    "mT": np.matrix_transpose,
    "flat": flat,
    "real": lambda self: self,
    "imag": lambda self: np.zeros_like(plain(self)),
}
