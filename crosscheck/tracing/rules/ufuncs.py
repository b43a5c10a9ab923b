"""Ufuncs: which are primitives, which are made of others, which are step functions."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from crosscheck.core.pytree import leaves_of
from crosscheck.errors import LostGradientError, TracingError
from crosscheck.tracing import ties, values
from crosscheck.tracing.source_locations import site

# A primitive of the same name in every framework.
PRIMITIVES = frozenset(
    """add subtract multiply divide power exp exp2 expm1 log log2 log10 log1p sqrt cbrt square
    reciprocal negative positive absolute sin cos tan sinh cosh tanh arcsin arccos arctan arcsinh
    arccosh arctanh arctan2 maximum minimum fmax fmin hypot logaddexp logaddexp2 matmul""".split()
)
SCIPY_PRIMITIVES = frozenset("erf erfc expit logit gammaln psi xlogy ndtr log_ndtr".split())
# Constant between jumps: their gradient is 0, so the result is a constant.
STEPS = frozenset("floor ceil trunc rint sign heaviside floor_divide".split())
# Their outcome is a constant, and the loss may depend on it.
COMPARISONS = frozenset(
    "less less_equal greater greater_equal equal not_equal sign heaviside absolute".split()
)
# Made of others; the values stay NumPy's own.
COMPOSED: dict[str, Callable[..., Any]] = {
    "fabs": np.abs,
    "conjugate": np.positive,
    "float_power": lambda x, y: np.power(np.multiply(x, 1.0, dtype=float), y),
    "degrees": lambda x: x * (180 / np.pi),
    "rad2deg": lambda x: x * (180 / np.pi),
    "radians": lambda x: x * (np.pi / 180),
    "deg2rad": lambda x: x * (np.pi / 180),
    "remainder": lambda x, y: x - np.floor_divide(x, y) * y,
    "fmod": lambda x, y: x - np.trunc(x / y) * y,
    "divmod": lambda x, y: (np.floor_divide(x, y), np.remainder(x, y)),
    "modf": lambda x: (x - np.trunc(x), np.trunc(x)),
    "copysign": lambda x, y: np.abs(x) * np.copysign(1.0, values.plain(y)),
    "ldexp": lambda x, n: x * 2.0 ** values.plain(n),
    "vecdot": lambda x, y: np.sum(x * y, axis=-1),
    "matvec": lambda a, x: np.squeeze(np.matmul(a, x[..., None]), -1),
    "vecmat": lambda x, a: np.squeeze(np.matmul(x[..., None, :], a), -2),
}
SCIPY_COMPOSED: dict[str, Callable[..., Any]] = {
    "log_expit": lambda x: -np.logaddexp(0.0, -x),
    "xlog1py": lambda x, y: x * np.log1p(y),
}


def call(ufunc: np.ufunc, args: Any, kwargs: dict[str, Any], compute: Any = None) -> Any:
    """`ufunc(*args, **kwargs)` without `out` and `where`; `compute` gives the value instead."""
    args = values.with_sources(args)
    if _on_objects(ufunc, args):
        return _by_element(ufunc, args, kwargs)
    exact = (compute or ufunc)(*values.plain(args), **kwargs)
    session = values.session_of(args)
    name = ufunc.__name__
    if session is not None and session.side:
        exact = ties.decided(name, exact, values.plain(args), session.side)
    if session is not None and name in COMPARISONS:
        operands = (*args, 0.0)[:2]
        session.switch(name, *(values.node_of(arg, session, np.dtype(float)) for arg in operands))
    kinds = {np.asarray(leaf).dtype.kind for leaf in leaves_of(exact)}
    if session is None or (name in STEPS and _is_from("numpy", ufunc)) or kinds <= set("biu"):
        return values.constant_result(exact)
    for leaf in leaves_of(exact):
        values.refuse_dtype(leaf.dtype, f"np.{name}")
    usual = not kwargs.keys() & {"axis", "axes", "keepdims"}
    if usual and _known(ufunc, PRIMITIVES, SCIPY_PRIMITIVES):
        nodes = (values.node_of(arg, session, exact.dtype) for arg in args)
        return values.fresh(exact, session, session.node(name, *nodes))
    if usual and _known(ufunc, COMPOSED, SCIPY_COMPOSED):
        return adopt(exact, {**COMPOSED, **SCIPY_COMPOSED}[name](*args))
    given = f" with {', '.join(kwargs)}" if kwargs else ""
    msg = f"{site()}\nnp.{name}{given} is not supported on traced values; write it another way."
    raise LostGradientError(msg)


def _is_from(library: str, ufunc: np.ufunc) -> bool:
    return getattr(sys.modules.get(library), ufunc.__name__, None) is ufunc


def _known(ufunc: np.ufunc, numpys: Any, scipys: Any) -> bool:
    """Whether it is the library's own ufunc of that name, and in the table."""
    name = ufunc.__name__
    return (name in numpys and _is_from("numpy", ufunc)) or (
        name in scipys and _is_from("scipy.special", ufunc)
    )


def _on_objects(ufunc: np.ufunc, args: Any) -> bool:
    """Whether elements are Python objects: `np.frompyfunc`, or an array of objects."""
    by_type = all(set(signature) <= set("O->") for signature in ufunc.types)
    return by_type or any(getattr(arg, "dtype", None) == np.object_ for arg in args)


def _by_element(ufunc: np.ufunc, args: Any, kwargs: dict[str, Any]) -> Any:
    """Call with arrays of objects, each a traced scalar."""
    objects = (a.__array__(object) if values.is_tracked(a) else values.plain(a) for a in args)
    return ufunc(*objects, **kwargs)


def adopt(exact: Any, computed: Any) -> Any:
    """NumPy's own values with the nodes of an equivalent computation."""
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
