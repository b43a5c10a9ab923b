"""Ufuncs: which are primitives, which are made of others, which are step functions.

A primitive has the same name in every framework.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from crosscheck.core.pytree import leaves_of
from crosscheck.errors import LostGradientError, TracingError
from crosscheck.tracing import ties, values
from crosscheck.tracing.python_float import PythonFloat
from crosscheck.tracing.registry import (
    COMPOSED,
    CONSTANT,
    NODE,
    find,
    qualified_name,
    register,
)
from crosscheck.tracing.session import Session
from crosscheck.tracing.source_locations import site

# What they return is constant between jumps, and the loss may depend on where those are.
COMPARISONS = frozenset(
    {np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal}
    | {np.sign, np.heaviside, np.absolute}
)


# Python's operators; between Python's numbers they give a Python number.
ARITHMETIC = frozenset(
    {np.add, np.subtract, np.multiply, np.divide, np.power, np.negative, np.positive}
    | {np.absolute, np.floor_divide, np.remainder}
)
PYTHON_NUMBERS = frozenset({float, int, bool})


def call(ufunc: np.ufunc, args: Any, kwargs: dict[str, Any], compute: Any = None) -> Any:
    """`ufunc(*args, **kwargs)` without `out` and `where`; `compute` gives the value instead."""
    args = values.with_sources(args)
    if _on_objects(ufunc, args):
        return _by_element(ufunc, args, kwargs)
    exact = _exact(compute or ufunc, values.plain(args), kwargs)
    session = values.session_of(args)
    if session is not None and session.side:
        exact = ties.decided(ufunc.__name__, exact, values.plain(args), session.side)
    if session is not None and ufunc in COMPARISONS and not any(map(is_complex, args)):
        operands = (*args, 0.0)[:2]
        nodes = (values.node_of(arg, session, np.dtype(float)) for arg in operands)
        session.switch(ufunc.__name__, *nodes)
    kinds = {np.asarray(leaf).dtype.kind for leaf in leaves_of(exact)}
    if session is None:
        return values.constant_result(exact)
    entry = find(ufunc)
    if kinds <= set("biu") or (entry is not None and entry.kind is CONSTANT):
        session.decides = True
        return values.constant_result(exact)
    for leaf in leaves_of(exact):
        values.refuse_dtype(np.asarray(leaf).dtype, ufunc)
    if entry is not None and not kwargs.keys() & {"axis", "axes", "keepdims"}:
        if entry.kind is NODE:
            return values.fresh(exact, session, entry.rule(session, exact, *args))
        return composed(session, ufunc, exact, functools.partial(entry.rule, *args))
    raise refusal(ufunc, f" with {', '.join(kwargs)}" if kwargs else "")


def is_complex(value: Any) -> bool:
    """Whether a value has an imaginary part."""
    return np.iscomplexobj(values.plain(value))


def refusal(function: Any, given: str) -> LostGradientError:
    """The error of a function that is not traced, or not with what it is given."""
    return LostGradientError(
        f"{site()}\n{qualified_name(function)}{given} is not supported on traced values; its "
        "gradient would be lost. Write it with other NumPy functions, or hand in the loss written "
        "for the frameworks: rebuilt={'torch': …, 'jax': …}."
    )


def composed(session: Session, function: Any, exact: Any, compute: Any) -> Any:
    """NumPy's own values, with the nodes of what a rule computes.

    Raises:
        LostGradientError: a number leaves the trace in the rule, which nobody else would notice.

    """
    known = len(session.escapes)
    computed = compute()
    if len(session.escapes) > known:
        raise refusal(function, " with these arguments")
    return adopt(exact, computed)


def _exact(ufunc: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """NumPy's own value; that of an operator between Python's numbers is a Python float."""
    exact = ufunc(*args, **kwargs)
    of_python = ufunc in ARITHMETIC and all(type(arg) in PYTHON_NUMBERS for arg in args)
    if type(exact) is float or (of_python and isinstance(exact, np.float64)):
        return PythonFloat(exact)
    return exact


def _on_objects(ufunc: np.ufunc, args: Any) -> bool:
    """Whether elements are Python objects: `np.frompyfunc`, or an array of objects."""
    return _of_objects(ufunc) or any(getattr(arg, "dtype", None) == np.object_ for arg in args)


@functools.lru_cache(maxsize=1024)
def _of_objects(ufunc: np.ufunc) -> bool:
    """Whether a ufunc knows Python objects alone."""
    return all(set(signature) <= set("O->") for signature in ufunc.types)


def _by_element(ufunc: np.ufunc, args: Any, kwargs: dict[str, Any]) -> Any:
    """Call with arrays of objects, each a traced scalar."""
    objects = (a.__array__(object) if values.is_tracked(a) else values.plain(a) for a in args)
    return ufunc(*objects, **kwargs)


def adopt(exact: Any, computed: Any) -> Any:
    """NumPy's own values with the nodes of an equivalent computation."""
    if type(exact) is float:
        exact = PythonFloat(exact)
    if isinstance(exact, (tuple, list)):
        parts = [adopt(one, other) for one, other in zip(exact, computed, strict=True)]
        return type(exact)(*parts) if hasattr(exact, "_fields") else type(exact)(parts)
    if not values.is_tracked(computed):
        return values.constant_result(exact)
    primal = np.reshape(computed.primal, np.shape(exact))  # keepdims is NumPy's business
    scale = np.max(np.abs(exact), initial=1e-300, where=np.isfinite(exact))
    if not np.allclose(primal, exact, rtol=1e-3, atol=1e-3 * scale, equal_nan=True):
        msg = f"{site()}\nan equivalent of this line gave {primal!r}, NumPy {exact!r}."
        raise TracingError(msg)
    if computed.dtype.itemsize < exact.dtype.itemsize:
        msg = f"{site()}\nNumPy computes this in {exact.dtype}; use astype({exact.dtype}) before."
        raise LostGradientError(msg)
    session = computed.buffer.session
    node = values.node_of(computed, session, exact.dtype)
    if computed.shape != np.shape(exact):
        node = session.node("reshape", node, static=(np.shape(exact),))
    return values.fresh(exact, session, node)


def primitive(name: str) -> Any:
    """Return the rule that records a primitive of that name."""

    def rule(session: Session, exact: Any, *args: Any) -> int:
        nodes = (values.node_of(arg, session, exact.dtype) for arg in args)
        return session.node(name, *nodes)

    return rule


def _primitives(names: str, example: Any) -> None:
    for name in names.split():
        register(name, NODE, primitive(name.rpartition(".")[2]), example)


_primitives("np.add np.subtract", lambda a, b: np.add(a, b) * np.subtract(a, b))
_primitives("np.multiply np.divide", lambda a, b: np.divide(np.multiply(a, b), a + b))
_primitives("np.power", lambda a, b: np.power(a, b))
_primitives("np.square np.sqrt np.cbrt", lambda a: np.square(a) + np.sqrt(a) + np.cbrt(a))
_primitives(
    "np.reciprocal np.negative np.positive",
    lambda a: np.reciprocal(a) + np.negative(a) * np.positive(a),
)


def absolute(session: Session, exact: Any, x: Any) -> int:
    """`np.abs`, which has a kink at 0 only for real numbers."""
    if is_complex(x):
        return session.node("modulus", values.node_of(x, session))
    return session.node("absolute", values.node_of(x, session, exact.dtype))


register("np.absolute", NODE, absolute, lambda a: np.abs(a - 0.5) * a)
_primitives("np.exp np.exp2 np.expm1", lambda a: np.exp(a) + np.exp2(a) + np.expm1(a))
_primitives(
    "np.log np.log2 np.log10 np.log1p",
    lambda a: np.log(a) + np.log2(a) + np.log10(a) + np.log1p(a),
)
_primitives("np.logaddexp np.logaddexp2", lambda a, b: np.logaddexp(a, b) + np.logaddexp2(a, b))
_primitives("np.sin np.cos np.tan", lambda a: np.sin(a) + np.cos(a) * np.tan(a))
_primitives(
    "np.arcsin np.arccos np.arctan", lambda a: np.arcsin(a) + np.arccos(a) ** 2 + np.arctan(a)
)
_primitives("np.sinh np.cosh np.tanh", lambda a: np.sinh(a) + np.cosh(a) * np.tanh(a))
_primitives(
    "np.arcsinh np.arccosh np.arctanh",
    lambda a: np.arcsinh(a) + np.arccosh(a + 1) + np.arctanh(a),
)
_primitives("np.arctan2 np.hypot", lambda a, b: np.arctan2(a, b) * np.hypot(a, b))
_primitives("np.maximum np.minimum", lambda a, b: np.maximum(a, b) * np.minimum(a, 0.5))
_primitives("np.fmax np.fmin", lambda a, b: np.fmax(a, b) + np.fmin(a, b) ** 2)
_primitives("np.matmul", lambda a, c: np.matmul(a, c) + (a @ c) ** 2)
register(
    "np.floor np.ceil np.trunc np.rint np.sign",
    CONSTANT,
    None,
    lambda a: a * (np.floor(3 * a) + np.ceil(a) + np.trunc(2 * a) + np.rint(a) + np.sign(a - 0.5)),
)
register("np.heaviside", CONSTANT, None, lambda a: a * np.heaviside(a - 0.5, 0.5))
register("np.floor_divide", CONSTANT, None, lambda a, b: np.floor_divide(3 * a, b) * a)

register("np.fabs", COMPOSED, np.abs, lambda a: np.fabs(a - 0.6) * a)
register(
    "np.float_power",
    COMPOSED,
    lambda x, y: np.power(np.multiply(x, 1.0, dtype=float), y),
    lambda a: np.float_power(a, 3),
)
register(
    "np.degrees np.rad2deg",
    COMPOSED,
    lambda x: x * (180 / np.pi),
    lambda a: np.degrees(a) * np.rad2deg(a),
)
register(
    "np.radians np.deg2rad",
    COMPOSED,
    lambda x: x * (np.pi / 180),
    lambda a: np.radians(a) * np.deg2rad(a),
)
register(
    "np.remainder",
    COMPOSED,
    lambda x, y: x - np.floor_divide(x, y) * y,
    lambda u, s: np.remainder(5 * u, s) + (7 * u) % 1.0,
)
register("np.fmod", COMPOSED, lambda x, y: x - np.trunc(x / y) * y, lambda u, s: np.fmod(3 * u, s))
register(
    "np.divmod",
    COMPOSED,
    lambda x, y: (np.floor_divide(x, y), np.remainder(x, y)),
    lambda a, b: divmod(3 * a, b)[1] + np.divmod(3 * a, b)[0] * a,
)
register(
    "np.modf",
    COMPOSED,
    lambda x: (x - np.trunc(x), np.trunc(x)),
    lambda a: np.modf(4 * a)[0] * a + np.modf(4 * a)[1] * a,
)
register(
    "np.copysign",
    COMPOSED,
    lambda x, y: np.abs(x) * np.copysign(1.0, values.plain(y)),
    lambda a: np.copysign(a, np.array([1.0, -1, 1, -1])),
)
register(
    "np.ldexp",
    COMPOSED,
    lambda x, n: x * 2.0 ** values.plain(n),
    lambda a: np.ldexp(a, 2) * a,
)
register("np.vecdot", COMPOSED, lambda x, y: np.sum(x * y, axis=-1), lambda a, b: np.vecdot(a, b))
register(
    "np.matvec",
    COMPOSED,
    lambda a, x: np.squeeze(np.matmul(a, x[..., None]), -1),
    lambda a, k: np.matvec(a.T, k),
)
register(
    "np.vecmat",
    COMPOSED,
    lambda x, a: np.squeeze(np.matmul(x[..., None, :], a), -2),
    lambda a, k: np.vecmat(k, a),
)
