"""Functions with a primitive of their own that are not ufuncs: reductions, choices, `einsum`.

Each rule takes the run, NumPy's own value and the call's arguments, and returns the node.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from crosscheck.tracing import notes
from crosscheck.tracing.orders import extreme
from crosscheck.tracing.registry import NODE, register
from crosscheck.tracing.session import Session
from crosscheck.tracing.values import node_of

Rule = Callable[..., int]


def reduction(operation: str, combine: str, neutral: float) -> Rule:
    """`sum` and its like; `neutral` stands for what `where` leaves out."""

    def rule(
        session: Session,
        exact: Any,
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        keepdims: Any = False,
        initial: Any = None,
        where: Any = True,
    ) -> int:
        if where is not True:
            a = np.where(where, a, neutral)
        axes = normalize_axis_tuple(range(a.ndim) if axis is None else axis, a.ndim)
        if operation in {"max", "min"}:
            extreme(session, a, axes, largest=operation == "max")
        node = session.node(operation, node_of(a, session, exact.dtype), static=(axes,))
        if initial is not None:
            node = session.node(combine, node, node_of(initial, session, exact.dtype))
        return session.node("reshape", node, static=(np.shape(exact),))

    return rule


def running(operation: str) -> Rule:
    """`cumsum` and `cumprod`."""

    def rule(
        session: Session, exact: Any, a: Any, axis: int | None = None, dtype: Any = None
    ) -> int:
        if axis is None:
            a, axis = np.ravel(a), 0
        axis %= max(a.ndim, 1)
        return session.node(operation, node_of(a, session, exact.dtype), static=(axis,))

    return rule


def where(session: Session, exact: Any, condition: Any, x: Any, y: Any) -> int:
    """`np.where` with three arguments; the condition is a constant."""
    exactly = np.asarray(getattr(condition, "primal", condition), dtype=bool)
    notes.condition(session, exactly, "is false everywhere", "is true everywhere")
    mask = session.constant(exactly)
    branches = (node_of(value, session, exact.dtype) for value in (x, y))
    return session.node("where", mask, *branches)


def clip(  # NumPy's own signature
    session: Session,
    exact: Any,
    a: Any,
    a_min: Any = None,
    a_max: Any = None,
    *,
    min: Any = None,
    max: Any = None,
) -> int:
    """`np.clip`; a bound that is missing is infinite."""
    lower, upper = a_min if min is None else min, a_max if max is None else max
    limits = (-np.inf if lower is None else lower, np.inf if upper is None else upper)
    nodes = [node_of(value, session, exact.dtype) for value in (a, *limits)]
    return session.node("clip", *nodes)


def einsum(session: Session, exact: Any, *operands: Any, optimize: Any = False) -> int:
    """`np.einsum`, in either of its two spellings."""
    if isinstance(operands[0], str):
        subscripts, arrays = operands[0].replace(" ", ""), operands[1:]
    else:
        pairs = len(operands) // 2
        arrays = operands[: 2 * pairs : 2]
        subscripts = ",".join(map(_letters, operands[1 : 2 * pairs : 2]))
        if len(operands) % 2:
            subscripts += "->" + _letters(operands[-1])
    nodes = (node_of(array, session, exact.dtype) for array in arrays)
    return session.node("einsum", *nodes, static=(subscripts,))


def _letters(axes: Any) -> str:
    """Numbers of axes as letters, 0 being `a`, in the order that NumPy sorts them."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    return "".join("..." if axis is Ellipsis else alphabet[axis] for axis in axes)


def unary(operation: str) -> Rule:
    """A primitive of one array."""

    def rule(session: Session, exact: Any, x: Any) -> int:
        return session.node(operation, node_of(x, session, exact.dtype))

    return rule


register(
    "np.sum",
    NODE,
    reduction("sum", "add", 0.0),
    lambda a: np.sum(a, axis=0) * a.sum() + a.sum(axis=(0, 1)) ** 2,
)
register(
    "np.prod",
    NODE,
    reduction("prod", "multiply", 1.0),
    lambda a: np.prod(a, axis=1) + a.prod() + a.prod(axis=(0, 1), keepdims=True)[0],
)
register(
    "np.max np.amax",
    NODE,
    reduction("max", "maximum", -np.inf),
    lambda a: np.max(a, axis=1) * np.amax(a) * a[:, 0],
)
register(
    "np.min np.amin",
    NODE,
    reduction("min", "minimum", np.inf),
    lambda a: np.min(a, axis=1) * np.amin(a) * a[:, 0],
)
register("np.cumsum", NODE, running("cumsum"), lambda a: np.cumsum(a, 1) ** 2 + np.cumsum(a)[-1])
register("np.cumprod", NODE, running("cumprod"), lambda a: np.cumprod(a, axis=0) ** 2)
register("np.where", NODE, where, lambda a, b: np.where(a > b, a**2, 3 * b))
register("np.clip", NODE, clip, lambda a: np.clip(a, 0.3, 0.7) * a + np.clip(a, None, 0.6))
register("np.einsum", NODE, einsum, lambda T, c: np.einsum("nij,jk->nki", T, c))
register("np.sinc", NODE, unary("sinc"), lambda a: np.sinc(a))
register("np.i0", NODE, unary("i0"), lambda a: np.i0(a) ** 2)
