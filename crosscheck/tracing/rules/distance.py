"""`scipy.spatial.distance`: distances of all pairs of rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.errors import LostGradientError
from crosscheck.tracing.registry import COMPOSED, register_all
from crosscheck.tracing.source_locations import site
from crosscheck.tracing.values import as_array, plain

if TYPE_CHECKING:
    import scipy.spatial.distance  # imported by the user's code or not at all


def root(squares: Any) -> Any:
    """The square root; a point's distance from itself is 0, and so is its gradient."""
    zero = plain(squares) == 0
    return np.where(zero, 0.0, np.sqrt(np.where(zero, 1.0, squares)))


def minkowski(x: Any, y: Any, p: Any = 2, w: Any = None) -> Any:
    """The p-th root of a sum of p-th powers."""
    powers = _weighted(np.abs(x - y) ** p, w)
    zero = plain(powers) == 0
    return np.where(zero, 0.0, np.where(zero, 1.0, powers) ** (1 / p))


def canberra(x: Any, y: Any) -> Any:
    """The sum of differences over sums, 0 where both are 0."""
    size = np.abs(x) + np.abs(y)
    return np.sum(np.abs(x - y) / np.where(plain(size) == 0, 1.0, size), axis=-1)


def _product(x: Any, y: Any) -> Any:
    return np.sum(x * y, axis=-1)


def _weighted(square: Any, w: Any) -> Any:
    return np.sum(square if w is None else square * w, axis=-1)


def cosine(x: Any, y: Any) -> Any:
    """One minus the cosine of the angle."""
    return 1 - _product(x, y) / root(_product(x, x)) / root(_product(y, y))


def correlation(x: Any, y: Any) -> Any:
    """One minus the correlation."""
    return cosine(x - np.mean(x, axis=-1, keepdims=True), y - np.mean(y, axis=-1, keepdims=True))


def mahalanobis(x: Any, y: Any, VI: Any) -> Any:
    """Distance with the inverse of a covariance."""
    return root(np.sum((x - y) @ VI * (x - y), axis=-1))


# Of rows that are broadcast against each other.
METRICS: dict[str, Callable[..., Any]] = {
    "euclidean": lambda x, y, w=None: root(_weighted((x - y) ** 2, w)),
    "sqeuclidean": lambda x, y, w=None: _weighted((x - y) ** 2, w),
    "cityblock": lambda x, y, w=None: _weighted(np.abs(x - y), w),
    "chebyshev": lambda x, y: np.max(np.abs(x - y), axis=-1),
    "minkowski": minkowski,
    "seuclidean": lambda x, y, V: root(np.sum((x - y) ** 2 / V, axis=-1)),
    "cosine": cosine,
    "correlation": correlation,
    "canberra": canberra,
    "braycurtis": lambda x, y: np.sum(np.abs(x - y), -1) / np.sum(np.abs(x + y), -1),
    "mahalanobis": mahalanobis,
}
SHORT = {"l2": "euclidean", "euclid": "euclidean", "l1": "cityblock", "manhattan": "cityblock"}


def _metric(metric: Any, options: dict[str, Any]) -> Callable[[Any, Any], Any]:
    """The distance of rows that are broadcast against each other."""
    rule = METRICS.get(SHORT.get(metric, metric)) if isinstance(metric, str) else None
    if rule is None or (metric in {"seuclidean", "mahalanobis"} and not options):
        msg = (
            f"{site()}\nscipy.spatial.distance with metric {metric!r}, {sorted(options)} is not "
            "traced; write the distance with NumPy, or hand in rebuilt={'torch': …, 'jax': …}."
        )
        raise LostGradientError(msg)
    return lambda x, y: rule(x, y, **options)


def cdist(XA: Any, XB: Any, metric: Any = "euclidean", **options: Any) -> Any:
    """The distance of every row of one matrix from every row of another."""
    XA, XB = as_array(XA), as_array(XB)
    return _metric(metric, options)(XA[:, None, :], XB[None, :, :])


def pdist(X: Any, metric: Any = "euclidean", **options: Any) -> Any:
    """The distance of every two rows."""
    one, other = np.triu_indices(np.shape(X)[0], 1)
    return _metric(metric, options)(X[one], X[other])


def squareform(X: Any, force: Any = "no", checks: Any = True) -> Any:
    """From the distances of every two rows to a symmetric matrix, and back."""
    if X.ndim > 1:
        return X[np.triu_indices(len(X), 1)]
    n = round((1 + (1 + 8 * X.size) ** 0.5) / 2)
    places = np.zeros((n, n), dtype=int)
    places[np.triu_indices(n, 1)] = np.arange(1, X.size + 1)
    return np.concatenate([np.zeros(1), X])[places + places.T]


def _of_two(name: str) -> Callable[..., Any]:
    rule = METRICS[name]
    return lambda u, v, *args, **options: rule(as_array(u), as_array(v), *args, **options)


def _distances(a: Any, b: Any, S: Any, u: Any) -> Any:
    d = scipy.spatial.distance
    return (
        d.cdist(a, b) + d.cdist(a, b, "sqeuclidean") * d.cdist(a, a),
        d.cdist(a, b, "cosine") + d.cdist(a, b, metric="cityblock") ** 2,
        d.cdist(a, b, "minkowski", p=3) + d.cdist(a, b, "chebyshev"),
        d.cdist(a, b, "seuclidean", V=u[:4]) + d.cdist(a, b, "correlation"),
        d.cdist(a, b, "canberra") + d.cdist(a, b, "braycurtis"),
        d.cdist(a, b, "mahalanobis", VI=S @ S.T),
        d.squareform(d.pdist(S)) ** 2 + d.squareform(d.pdist(S, "sqeuclidean")),
        d.squareform(d.squareform(u[:3]) ** 2),
        d.pdist(a) ** 3,
    )


def _pairs(u: Any, v: Any) -> Any:
    d = scipy.spatial.distance
    return (
        d.euclidean(u, v) + d.sqeuclidean(u, v) * d.cityblock(u, v) + d.cosine(u, v),
        d.minkowski(u, v, 3) + d.chebyshev(u, v) * d.correlation(u, v),
        d.canberra(u, v) * d.braycurtis(u, v) * d.seuclidean(u, v, u),
        d.mahalanobis(u, v, np.eye(5)),
    )


register_all(
    "scipy.spatial.distance",
    COMPOSED,
    {"cdist": cdist, "pdist": pdist, "squareform": squareform},
    _distances,
)
register_all("scipy.spatial.distance", COMPOSED, {name: _of_two(name) for name in METRICS}, _pairs)
