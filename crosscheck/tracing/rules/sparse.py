"""`scipy.sparse`: products of a constant sparse matrix with a traced array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.errors import LostGradientError
from crosscheck.tracing.registry import COMPOSED, register
from crosscheck.tracing.source_locations import site
from crosscheck.tracing.values import as_array, fresh

if TYPE_CHECKING:
    import scipy.optimize  # imported by the user's code or not at all
    import scipy.sparse


def product(matrix: Any, other: Any) -> Any:
    """A sparse matrix times a vector or a matrix: sums over its entries."""
    other = as_array(other)
    if other.ndim == 0:
        msg = f"{site()}\na sparse matrix times a traced number is not traced; scale the product."
        raise LostGradientError(msg)
    entries = matrix.tocoo()
    weights = np.reshape(entries.data, (-1, *[1] * (other.ndim - 1)))
    result = fresh(np.zeros((matrix.shape[0], *other.shape[1:]), np.result_type(weights, other)))
    np.add.at(result, entries.row, weights * other[entries.col])
    return result


def product_from_left(matrix: Any, other: Any) -> Any:
    """A vector or a matrix times a sparse matrix."""
    return np.transpose(product(matrix.T, np.transpose(other)))


def _products(u: Any, a: Any, c: Any, S: Any, sparse: Any) -> Any:
    one, matrix = sparse[:, :4], scipy.sparse.csr_matrix(sparse[:, :4])
    return (
        one @ a[0] + one.dot(a[1]) * (sparse @ u),
        (one @ c) ** 2 + matrix * c + (matrix.dot(c) - matrix @ (2 * c)) * c[0],
        u[:3] @ one + (a.T[:, :3] @ one)[0] + u[:3] * matrix,
        scipy.sparse.coo_array(one).dot(a[2]) ** 2 + one.T.tocsc().T @ S[0],
    )


register("scipy.sparse.csr_array.__matmul__", COMPOSED, product, _products)
register("scipy.sparse.csr_array.__rmatmul__", COMPOSED, product_from_left, _products)
register("scipy.sparse.csr_array.dot", COMPOSED, product, _products)
register("scipy.sparse.coo_array.dot", COMPOSED, product, _products)
register("scipy.sparse.csr_matrix.__mul__", COMPOSED, product, _products)
register("scipy.sparse.csr_matrix.__rmul__", COMPOSED, product_from_left, _products)
register(
    "scipy.optimize.rosen",
    COMPOSED,
    lambda x: np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2, axis=0),
    lambda u, a: (scipy.optimize.rosen(u), scipy.optimize.rosen(a)),
)
