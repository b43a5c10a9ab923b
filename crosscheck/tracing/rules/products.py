"""Products, differences and curves, written with simpler functions (see `statistics`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from crosscheck.errors import LostGradientError
from crosscheck.tracing.orders import between
from crosscheck.tracing.registry import COMPOSED, register
from crosscheck.tracing.source_locations import site
from crosscheck.tracing.values import as_array, is_tracked, plain, session_of


def dot(a: Any, b: Any) -> Any:
    """Sum over the last axis of `a` and the last but one of `b`."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    if np.ndim(b) == 1 or np.ndim(a) == np.ndim(b) == 2:  # noqa: PLR2004  # a matrix
        return np.matmul(a, b)
    return tensordot(a, b, ([-1], [max(np.ndim(b) - 2, 0)]))


def inner(a: Any, b: Any) -> Any:
    """Sum over the last axis of both."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    return tensordot(a, b, ([-1], [-1]))


def vdot(a: Any, b: Any) -> Any:
    """Sum of all products."""
    return np.matmul(np.conj(np.ravel(a)), np.ravel(b))


def outer(a: Any, b: Any) -> Any:
    """All products of an element of `a` and one of `b`."""
    return np.ravel(a)[:, None] * np.ravel(b)[None, :]


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Sum over chosen axes, as one matrix product."""
    if np.ndim(axes) == 0:
        axes = (range(np.ndim(a) - axes, np.ndim(a)), range(axes))
    summed_a = normalize_axis_tuple(tuple(np.atleast_1d(axes[0])), np.ndim(a))
    summed_b = normalize_axis_tuple(tuple(np.atleast_1d(axes[1])), np.ndim(b))
    kept_a = [k for k in range(np.ndim(a)) if k not in summed_a]
    kept_b = [k for k in range(np.ndim(b)) if k not in summed_b]
    shape_a, shape_b = np.shape(a), np.shape(b)
    length = int(np.prod([shape_a[k] for k in summed_a], dtype=int))
    rows = np.reshape(np.transpose(a, (*kept_a, *summed_a)), (-1, length))
    columns = np.reshape(np.transpose(b, (*summed_b, *kept_b)), (length, -1))
    shape = [shape_a[k] for k in kept_a] + [shape_b[k] for k in kept_b]
    return np.reshape(np.matmul(rows, columns), shape)


def kron(a: Any, b: Any) -> Any:
    """Every element of `a` times the whole of `b`."""
    ndim = max(np.ndim(a), np.ndim(b))
    one = np.reshape(a, (1,) * (ndim - np.ndim(a)) + np.shape(a))
    other = np.reshape(b, (1,) * (ndim - np.ndim(b)) + np.shape(b))
    every_second = [n for length in one.shape for n in (length, 1)]
    every_other = [n for length in other.shape for n in (1, length)]
    shape = [m * n for m, n in zip(one.shape, other.shape, strict=True)]
    return np.reshape(np.reshape(one, every_second) * np.reshape(other, every_other), shape)


def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Sum of the diagonal."""
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1)


def linalg_trace(x: Any, *, offset: int = 0) -> Any:
    """Sum of the diagonal of the last two axes."""
    return trace(x, offset, -2, -1)


def cross(a: Any, b: Any, *, axis: int = -1) -> Any:
    """Vector product in three dimensions."""
    three = 3
    if np.shape(a)[axis] != three or np.shape(b)[axis] != three:
        msg = f"{site()}\nnp.cross is supported for vectors of length 3."
        raise LostGradientError(msg)
    a, b = np.moveaxis(a, axis, -1), np.moveaxis(b, axis, -1)
    one, other = [1, 2, 0], [2, 0, 1]
    result = a[..., one] * b[..., other] - a[..., other] * b[..., one]
    return np.moveaxis(result, -1, axis)


def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """Sliding sum of products with `v` reversed."""
    if len(v) > len(a):
        a, v = v, a
    padded = np.pad(a, len(v) - 1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, len(v))
    full = np.matmul(windows, v[::-1])
    surplus = {"full": 0, "same": len(v) - 1, "valid": 2 * (len(v) - 1)}[mode]
    start = surplus // 2
    return full[start : len(full) - (surplus - start)]


def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """Sliding sum of products."""
    if len(v) > len(a):
        return correlate(v, a, mode)[::-1]
    return convolve(a, v[::-1], mode)


def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """Each element minus the one before."""
    present = [part for part in (prepend, a, append) if part is not None]
    if len(present) > 1:
        lengths = [*np.shape(a)]
        lengths[axis] = 1
        a = np.concatenate(
            [np.broadcast_to(p, lengths) if np.ndim(p) == 0 else p for p in present], axis
        )
    for _ in range(n):
        rows = np.moveaxis(a, axis, 0)
        a = np.moveaxis(rows[1:] - rows[:-1], 0, axis)
    return a


def ediff1d(ary: Any) -> Any:
    """Differences of the flattened array."""
    return diff(np.ravel(ary))


def gradient(f: Any, *spacing: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Differences along each axis: a matrix, whose columns are those of unit vectors."""
    axes = normalize_axis_tuple(range(f.ndim) if axis is None else axis, f.ndim)
    steps: Sequence[Any] = spacing if len(spacing) == len(axes) else spacing * len(axes)
    if any(map(is_tracked, spacing)):
        msg = f"{site()}\nnp.gradient is traced for a constant spacing; divide by it afterwards."
        raise LostGradientError(msg)
    results = []
    for k, step in zip(axes, steps or (1.0,) * len(axes), strict=True):
        unit = np.eye(f.shape[k])
        matrix: Any = np.gradient(unit, plain(step), axis=0, edge_order=edge_order)  # type: ignore[call-overload]
        results.append(np.moveaxis(np.tensordot(matrix, np.moveaxis(f, k, 0), 1), 0, k))
    return results[0] if len(results) == 1 else tuple(results)


def trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Any:
    """Area under straight lines between the points."""
    rows = np.moveaxis(y, axis, -1)
    step = dx if x is None else diff(x if np.ndim(x) == 1 else np.moveaxis(x, axis, -1))
    return np.sum(step * (rows[..., 1:] + rows[..., :-1]) / 2, axis=-1)


def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Any:
    """Straight lines between the points, constant outside."""
    known = np.asarray(plain(xp))
    values = plain(x)
    k = np.clip(np.searchsorted(known, values, side="right") - 1, 0, len(known) - 2)
    fp, xp = as_array(fp), as_array(xp)
    session = session_of([x])
    if session is not None:
        between(session, known, x, k)
    inside = fp[k] + (fp[k + 1] - fp[k]) / (xp[k + 1] - xp[k]) * (x - xp[k])
    inside = np.where(values < known[0], fp[0] if left is None else left, inside)
    return np.where(values > known[-1], fp[-1] if right is None else right, inside)


def polyval(p: Any, x: Any) -> Any:
    """Horner's rule, the highest power first."""
    y = np.zeros_like(plain(x)) * 0.0
    for coefficient in p:
        y = y * x + coefficient
    return y


def linspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True) -> Any:
    """Evenly spaced from `start` to `stop`, along a new first axis."""
    share = np.linspace(0.0, 1.0, num, endpoint)
    span = as_array(stop) - start
    return start + span * np.reshape(share, (-1, *[1] * np.ndim(span)))


register(
    "np.dot", COMPOSED, dot, lambda a, c, u, v: (np.dot(a, c), np.dot(u, v) * a.dot(2.0), a.dot(c))
)
register("np.inner", COMPOSED, inner, lambda a, b, u, v: (np.inner(a, b), np.inner(u, v) * u))
register("np.vdot", COMPOSED, vdot, lambda a, b: np.vdot(a, b))
register(
    "np.outer np.linalg.outer", COMPOSED, outer, lambda u, k: np.outer(u, k) * np.linalg.outer(u, k)
)
register(
    "np.tensordot np.linalg.tensordot",
    COMPOSED,
    tensordot,
    lambda T, a, c: (
        np.tensordot(T, c, axes=1),
        np.tensordot(T, a, axes=([1, 2], [0, 1])),
        np.linalg.tensordot(a, a, axes=2),
    ),
)
register(
    "np.linalg.matmul",
    COMPOSED,
    lambda x1, x2: np.matmul(x1, x2),
    lambda a, c: np.linalg.matmul(a, c),
)
register(
    "np.linalg.vecdot",
    COMPOSED,
    lambda x1, x2, axis=-1: np.sum(x1 * x2, axis=axis),
    lambda a, b: np.linalg.vecdot(a, b),
)
register("np.kron", COMPOSED, kron, lambda a, c, u: (np.kron(a, c), np.kron(u, u)))
register("np.trace", COMPOSED, trace, lambda S: np.trace(S) * S.trace(1))
register("np.linalg.trace", COMPOSED, linalg_trace, lambda S: np.linalg.trace(S @ S))
register(
    "np.cross np.linalg.cross",
    COMPOSED,
    cross,
    lambda k, m, a, b: (np.cross(k, m) ** 2, np.linalg.cross(a, b, axis=0)),
)
register(
    "np.convolve",
    COMPOSED,
    convolve,
    lambda q, k: (
        np.convolve(q, k),
        np.convolve(q, k, "same"),
        np.convolve(k, q, mode="valid"),
    ),
)
register(
    "np.correlate",
    COMPOSED,
    correlate,
    lambda q, k: (
        np.correlate(q, k),
        np.correlate(q, k, mode="full"),
        np.correlate(k, q, "full"),
    ),
)
register("np.diff", COMPOSED, diff, lambda a: (np.diff(a, axis=0) ** 2, np.diff(a, 2)))
register("np.ediff1d", COMPOSED, ediff1d, lambda a: np.ediff1d(a) ** 2)
register(
    "np.gradient",
    COMPOSED,
    gradient,
    lambda a, u: (
        np.gradient(a, 0.5)[1] ** 2 + np.gradient(a, axis=0) ** 3,
        np.gradient(u, [0.0, 0.5, 0.7, 1.0, 2.0], edge_order=2) ** 2,
    ),
)
register(
    "np.trapezoid",
    COMPOSED,
    trapezoid,
    lambda u, v: np.trapezoid(u, dx=0.5) * np.trapezoid(u, np.cumsum(v)),
)
register("np.interp", COMPOSED, interp, lambda u, k: np.interp(u, [0.0, 0.5, 1.0], k) ** 2)
register("np.polyval", COMPOSED, polyval, lambda k, u: np.polyval(k, u))
register("np.linspace", COMPOSED, linspace, lambda s: np.linspace(s, 2 * s, 4) ** 2)
register(
    "np.geomspace",
    COMPOSED,
    lambda start, stop, num=50, endpoint=True: (
        10.0 ** linspace(np.log10(start), np.log10(stop), num, endpoint)
    ),
    lambda s: np.geomspace(s, 3.0, 4),
)
register(
    "np.vander",
    COMPOSED,
    lambda x, N=None, increasing=False: (
        np.reshape(x, (-1, 1)) ** np.arange(N or np.size(x))[:: 1 if increasing else -1]
    ),
    lambda u: np.vander(u, 3) ** 2,
)
register(
    "np.logspace",
    COMPOSED,
    lambda start, stop, num=50, base=10.0: base ** linspace(start, stop, num),
    lambda s: np.logspace(s, 1.0, 4),
)
register(
    "np.cumulative_sum",
    COMPOSED,
    lambda x, *, axis=None: np.cumsum(x, axis=axis),
    lambda u: np.cumulative_sum(u) ** 2,
)
register(
    "np.cumulative_prod",
    COMPOSED,
    lambda x, *, axis=None: np.cumprod(x, axis=axis),
    lambda u: np.cumulative_prod(u) ** 2,
)
