"""Quantiles, between sorted elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from crosscheck.errors import LostGradientError
from crosscheck.tracing import orders
from crosscheck.tracing.registry import COMPOSED, register, register_all
from crosscheck.tracing.rules.statistics import sorted_along
from crosscheck.tracing.source_locations import site
from crosscheck.tracing.values import as_array, is_tracked, plain, session_of


def quantile(
    a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: Any = None
) -> Any:
    """Between the two sorted elements beside `q`; NumPy tells where, of 0, 1, 2, …."""
    axes = range(a.ndim) if axis is None else np.atleast_1d(axis)
    kept = [k for k in range(a.ndim) if k not in {int(i) % a.ndim for i in axes}]
    gone = [k for k in range(a.ndim) if k not in kept]
    lengths = [a.shape[k] for k in kept]
    rows = np.reshape(np.transpose(a, (*kept, *gone)), (*lengths, -1))
    ordered = sorted_along(rows, -1)
    last = ordered.shape[-1] - 1
    place: Any = as_array(q) * last
    if method != "linear":
        if is_tracked(q):
            msg = f"{site()}\nnp.quantile with method={method!r} is traced for a constant q."
            raise LostGradientError(msg)
        place = np.quantile(np.arange(last + 1.0), plain(q), method=method)  # type: ignore[call-overload]
    below = np.floor(plain(place)).astype(int)
    above = np.minimum(below + 1, last)
    share = (place - below).astype(a.dtype)
    session = session_of([rows])
    if session is not None:
        ranks = np.ravel([below, np.where(plain(share) > 0, above, below)]).tolist()
        orders.ranked(session, rows, -1, ranks, alone=True)
    mixed = ordered[..., below] * (1 - share) + ordered[..., above] * share
    return np.transpose(mixed, (*range(len(kept), mixed.ndim), *range(len(kept))))


def percentile(
    a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: Any = None
) -> Any:
    """Quantile of `q` percent."""
    return quantile(a, as_array(q) / 100, axis, method=method)


def median(a: Any, axis: Any = None, *, keepdims: Any = None) -> Any:
    """Middle of the sorted elements."""
    return quantile(a, 0.5, axis)


def nanquantile(
    a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: Any = None
) -> Any:
    """Quantile of what is not nan, of each line by itself: their numbers differ."""
    lines = np.ravel(a)[None] if axis is None else np.moveaxis(a, axis, -1)
    found = [
        quantile(line[~np.isnan(plain(line))], q, method=method)
        for line in np.reshape(lines, (-1, lines.shape[-1]))
    ]
    grid = () if axis is None else lines.shape[:-1]
    return np.reshape(np.stack(found, axis=-1), (*np.shape(q), *grid))


def nanpercentile(
    a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: Any = None
) -> Any:
    """Quantile of `q` percent of what is not nan."""
    return nanquantile(a, as_array(q) / 100, axis, method=method)


def nanmedian(a: Any, axis: Any = None, *, keepdims: Any = None) -> Any:
    """Middle of what is not nan."""
    return nanquantile(a, 0.5, axis)


register(
    "np.quantile",
    COMPOSED,
    quantile,
    lambda a, s: (np.quantile(a, s) ** 2, np.quantile(a, 0.3, axis=1) ** 2),
)
register(
    "np.percentile",
    COMPOSED,
    percentile,
    lambda a: (
        np.percentile(a, [20.0, 70.0], axis=0) ** 2,
        np.percentile(a, 41, axis=1, method="midpoint") * np.percentile(a, 30, method="hazen"),
    ),
)
register_all(
    "np",
    COMPOSED,
    {
        "nanmedian": nanmedian,
        "nanquantile": nanquantile,
        "nanpercentile": nanpercentile,
    },
    lambda a, mask: (
        np.nanmedian(np.where(mask, a, np.nan), axis=0) ** 2,
        np.nanquantile(np.where(mask, a, np.nan), [0.3, 0.4]) ** 2,
        np.nanpercentile(np.where(mask, a, np.nan), 30, axis=1, method="lower") ** 2,
    ),
)
register(
    "np.median", COMPOSED, median, lambda a, u: np.median(a, axis=0) * np.median(u) * np.median(a)
)
