"""Functions of NumPy written with simpler ones; `dispatch` puts NumPy's own values in.

Only the gradient runs through these lines, so they may round differently from NumPy's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from crosscheck.tracing import notes, orders
from crosscheck.tracing.registry import COMPOSED, register, register_all
from crosscheck.tracing.values import fresh, plain, session_of


def _count(a: Any, axis: Any, where: Any) -> Any:
    count = np.sum(np.broadcast_to(where, a.shape), axis=axis, keepdims=True).astype(a.dtype)
    notes.single(session_of([a]) if np.ndim(a) else None, count)
    return count


def mean(
    a: Any, axis: Any = None, dtype: Any = None, *, keepdims: Any = None, where: Any = True
) -> Any:
    """Arithmetic mean."""
    return np.sum(a, axis=axis, keepdims=True, where=where) / _count(a, axis, where)


def var(  # NumPy's own signature
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: Any = None,
    where: Any = True,
) -> Any:
    """Mean squared deviation."""
    count = _count(a, axis, where) - ddof
    deviation = a - mean(a, axis, where=where)
    return np.sum(deviation * deviation, axis=axis, keepdims=True, where=where) / count


def std(  # NumPy's own signature
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: Any = None,
    where: Any = True,
) -> Any:
    """Root of the variance."""
    return np.sqrt(var(a, axis, ddof=ddof, where=where))


def average(
    a: Any,
    axis: Any = None,
    weights: Any = None,
    returned: bool = False,  # NumPy's own signature
    *,
    keepdims: Any = None,
) -> Any:
    """Weighted mean."""
    if weights is None:
        weights = np.ones(np.shape(a), a.dtype)
    elif np.shape(weights) != np.shape(a):
        lengths = [1] * np.ndim(a)
        lengths[axis] = -1
        weights = np.reshape(weights, lengths) * np.ones(np.shape(a), weights.dtype)
    total = np.sum(weights, axis=axis)
    result = np.sum(a * weights, axis=axis) / total
    return (result, total) if returned else result


def nansum(a: Any, axis: Any = None, *, keepdims: Any = None) -> Any:
    """Sum of what is not nan."""
    return np.sum(a, axis=axis, where=~np.isnan(a))


def nanprod(a: Any, axis: Any = None, *, keepdims: Any = None) -> Any:
    """Product of what is not nan."""
    return np.prod(a, axis=axis, where=~np.isnan(a))


def nanmean(a: Any, axis: Any = None, *, keepdims: Any = None) -> Any:
    """Mean of what is not nan."""
    return mean(np.nan_to_num(a), axis, where=~np.isnan(a))


def nanvar(a: Any, axis: Any = None, *, ddof: float = 0, keepdims: Any = None) -> Any:
    """Variance of what is not nan."""
    return var(np.nan_to_num(a), axis, ddof=ddof, where=~np.isnan(a))


def nanstd(a: Any, axis: Any = None, *, ddof: float = 0, keepdims: Any = None) -> Any:
    """Standard deviation of what is not nan."""
    return np.sqrt(nanvar(a, axis, ddof=ddof))


def nanmax(a: Any, axis: Any = None, *, keepdims: Any = None) -> Any:
    """Largest of what is not nan."""
    return np.max(np.where(np.isnan(a), -np.inf, a), axis=axis)


def nanmin(a: Any, axis: Any = None, *, keepdims: Any = None) -> Any:
    """Smallest of what is not nan."""
    return np.min(np.where(np.isnan(a), np.inf, a), axis=axis)


def nan_to_num(
    x: Any, copy: Any = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    """Finite numbers for nan and the infinities."""
    limits = np.finfo(x.dtype)
    x = np.where(np.isnan(x), nan, x)
    x = np.where(np.isposinf(plain(x)), limits.max if posinf is None else posinf, x)
    return np.where(np.isneginf(plain(x)), limits.min if neginf is None else neginf, x)


def ptp(a: Any, axis: Any = None, *, keepdims: Any = None) -> Any:
    """Largest minus smallest."""
    return np.max(a, axis=axis) - np.min(a, axis=axis)


def sort(a: Any, axis: int | None = -1, kind: Any = None) -> Any:
    """Sorted: the elements moved to where `argsort` says."""
    if axis is None:
        a, axis = np.ravel(a), -1
    orders.ordered(a.buffer.session, a, axis)
    return sorted_along(a, axis)


def sorted_along(a: Any, axis: int) -> Any:
    """Elements in order, by an order that is constant."""
    return np.take_along_axis(a, np.argsort(plain(a), axis=axis, kind="stable"), axis=axis)


def partition(a: Any, kth: Any, axis: int | None = -1) -> Any:
    """Partly sorted: the elements moved to where `argpartition` says."""
    if axis is None:
        a, axis = np.ravel(a), -1
    orders.ranked(a.buffer.session, a, axis, np.ravel(kth).tolist(), alone=False)
    return np.take_along_axis(a, np.argpartition(plain(a), kth, axis=axis), axis=axis)


def unique(ar: Any, **kwargs: Any) -> Any:
    """The different elements: the first of each."""
    keywords = {**kwargs, "return_index": True}
    found = np.unique(plain(ar), **keywords)
    axis = kwargs.get("axis")
    first = np.take(np.ravel(ar) if axis is None else ar, found[1], axis=axis or 0)
    rest = found[1:] if kwargs.get("return_index") else found[2:]
    return (first, *rest) if rest else first


def unwrap(p: Any, *args: Any, **kwargs: Any) -> Any:
    """The same angles and whole turns, which are constant."""
    return p + (np.unwrap(plain(p), *args, **kwargs) - plain(p))


def trim_zeros(filt: Any, trim: str = "fb") -> Any:
    """What is left between leading and trailing zeros."""
    places = np.flatnonzero(plain(filt))
    first = places[0] if "f" in trim.lower() and places.size else 0
    last = places[-1] + 1 if "b" in trim.lower() and places.size else len(filt)
    return filt[first:last]


def cov(m: Any, y: Any = None, rowvar: Any = True, bias: Any = False, ddof: Any = None) -> Any:
    """Covariance of the rows."""
    rows = np.atleast_2d(m)
    rows = rows if rowvar or np.ndim(m) == 1 else rows.T
    if y is not None:
        others = np.atleast_2d(y)
        rows = np.concatenate([rows, others if rowvar or np.ndim(y) == 1 else others.T])
    free = (0 if bias else 1) if ddof is None else ddof
    deviation = rows - np.mean(rows, axis=1, keepdims=True)
    return deviation @ deviation.T / (rows.shape[1] - free)


def corrcoef(x: Any, y: Any = None, rowvar: Any = True) -> Any:
    """Correlation of the rows."""
    matrix = np.atleast_2d(cov(x, y, rowvar))
    scale = np.sqrt(np.diagonal(matrix))
    return matrix / scale[:, None] / scale[None, :]


def bincount(x: Any, weights: Any, minlength: Any = 0) -> Any:
    """Sums of the weights that have the same number."""
    sums = fresh(np.zeros(np.bincount(x, minlength=minlength).size))
    np.add.at(sums, x, weights)
    return sums


register(
    "np.bincount", COMPOSED, bincount, lambda u: np.bincount([0, 2, 2], u[:3], minlength=4) ** 2
)
register("np.mean", COMPOSED, mean, lambda a: np.mean(a, axis=0) * a.mean() + a.mean(1)[0])
register("np.var", COMPOSED, var, lambda a: np.var(a, 1, ddof=1).sum() + a.var())
register("np.std", COMPOSED, std, lambda a: np.std(a, axis=0) + a.std(ddof=1))
register(
    "np.average", COMPOSED, average, lambda a, k: np.average(a, axis=0, weights=k) * np.average(a)
)
register(
    "np.nansum",
    COMPOSED,
    nansum,
    lambda a, mask: np.nansum(np.where(mask, a, np.nan), axis=1) ** 2,
)
register(
    "np.nanprod", COMPOSED, nanprod, lambda a, mask: np.nanprod(np.where(mask, a, np.nan), axis=1)
)
register(
    "np.nanmean",
    COMPOSED,
    nanmean,
    lambda a, mask: np.nanmean(np.where(mask, a, np.nan), axis=1) ** 2,
)
register(
    "np.nanvar",
    COMPOSED,
    nanvar,
    lambda a, mask: np.nanvar(np.where(mask, a, np.nan), axis=1, ddof=1),
)
register(
    "np.nanstd", COMPOSED, nanstd, lambda a, mask: np.nanstd(np.where(mask, a, np.nan), axis=1)
)
register(
    "np.nanmax", COMPOSED, nanmax, lambda a, mask: np.nanmax(np.where(mask, a, np.nan), axis=1) ** 2
)
register(
    "np.nanmin", COMPOSED, nanmin, lambda a, mask: np.nanmin(np.where(mask, a, np.nan), axis=1) ** 2
)
register(
    "np.nan_to_num",
    COMPOSED,
    nan_to_num,
    lambda a, mask: np.nan_to_num(np.where(mask, a, np.nan)).sum(axis=1) ** 2,
)
register("np.ptp", COMPOSED, ptp, lambda a: np.ptp(a, axis=1) ** 2)
register("np.sort", COMPOSED, sort, lambda a: np.sort(a, axis=0) ** 2 * np.sort(a)[:, ::-1])
register(
    "np.partition",
    COMPOSED,
    partition,
    lambda u: np.partition(u, 2)[2] * np.partition(u[:, None], 1, axis=None)[1],
)
register(
    "np.unique",
    COMPOSED,
    unique,
    lambda u: np.unique(np.concatenate([u, u])) ** 2 * np.arange(5),
)
register_all(
    "np",
    COMPOSED,
    {
        "nancumsum": lambda a, axis=None: np.cumsum(np.where(np.isnan(a), 0.0, a), axis),
        "nancumprod": lambda a, axis=None: np.cumprod(np.where(np.isnan(a), 1.0, a), axis),
    },
    lambda a, mask: (
        np.nancumsum(np.where(mask, a, np.nan), axis=1) ** 2
        * np.nancumprod(np.where(mask, a, np.nan), axis=1)
    ),
)
register("np.unwrap", COMPOSED, unwrap, lambda u: np.unwrap(20 * u) ** 2)
register(
    "np.trim_zeros",
    COMPOSED,
    trim_zeros,
    lambda u: np.poly1d(np.trim_zeros(np.pad(u, 2)))(u) + np.trim_zeros(u, "f"),
)
register("np.cov", COMPOSED, cov, lambda a: (np.cov(a), np.cov(a, rowvar=False, bias=True)))
register("np.corrcoef", COMPOSED, corrcoef, lambda a: np.corrcoef(a))
