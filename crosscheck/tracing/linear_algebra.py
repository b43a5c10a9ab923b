"""`np.linalg`: what both frameworks differentiate, and what is made of it.

Eigenvectors, singular vectors and QR are not here: their signs are a convention of each library.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from crosscheck.tracing.errors import LostGradientError
from crosscheck.tracing.reductions import unary
from crosscheck.tracing.session import Session
from crosscheck.tracing.sites import site
from crosscheck.tracing.values import fresh, node_of, plain


def solve(session: Session, exact: Any, a: Any, b: Any) -> int:
    """`np.linalg.solve`; `b` is a vector only if it has one dimension."""
    matrix, right = (node_of(value, session, exact.dtype) for value in (a, b))
    if np.ndim(b) > 1:
        return session.node("solve", matrix, right)
    column = session.node("reshape", right, static=((*np.shape(b), 1),))
    batch = (*np.shape(a)[:-2], np.shape(b)[0], 1)
    column = session.node("broadcast", column, static=(batch,))
    solved = session.node("solve", matrix, column)
    return session.node("reshape", solved, static=(np.shape(exact),))


def cholesky(session: Session, exact: Any, a: Any, *, upper: bool = False) -> int:
    """`np.linalg.cholesky`: it reads the lower triangle, the frameworks the mean of both."""
    if upper:
        return node_of(np.matrix_transpose(np.linalg.cholesky(np.matrix_transpose(a))), session)
    return session.node("cholesky", node_of(_from_triangle(a, "L"), session, exact.dtype))


def eigenvalues(session: Session, exact: Any, a: Any, UPLO: str = "L") -> int:
    """`np.linalg.eigvalsh`, of a matrix given by one triangle."""
    symmetric = node_of(_from_triangle(a, UPLO), session, exact.dtype)
    return session.node("eigenvalues", symmetric, static=("L",))


def _from_triangle(a: Any, half: str) -> Any:
    """The symmetric matrix whose triangle NumPy reads."""
    strict = np.tril(a, -1) if half.upper() == "L" else np.triu(a, 1)
    on_diagonal = np.where(np.eye(a.shape[-1], dtype=bool), a, 0.0)
    return strict + np.matrix_transpose(strict) + on_diagonal


def slogdet(a: Any) -> Any:
    """Sign, a constant, and logarithm of the determinant."""
    exact = np.linalg.slogdet(plain(a))
    session = a.buffer.session
    node = session.node("logabsdet", node_of(a, session, exact.logabsdet.dtype))
    return exact.sign, fresh(exact.logabsdet, session, node)


def svd(a: Any, full_matrices: Any = True, compute_uv: bool = True) -> Any:
    """Singular values only."""
    if compute_uv:
        msg = f"{site()}\nsingular vectors have no gradient here; use compute_uv=False."
        raise LostGradientError(msg)
    return np.linalg.svdvals(a)


def matrix_power(a: Any, n: int) -> Any:
    """Repeated product."""
    if n < 0:
        return matrix_power(np.linalg.inv(a), -n)
    start = np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape)
    return reduce(np.matmul, [a] * n, start)


def multi_dot(arrays: Sequence[Any]) -> Any:
    """Product of several."""
    return reduce(np.dot, arrays)


def vector_norm(x: Any, order: Any, axis: Any) -> Any:
    """Norm of vectors along `axis`."""
    if order in {None, 2, "fro", "f"}:
        return np.sqrt(np.sum(np.square(x), axis=axis))
    size = np.abs(x)
    if order in {np.inf, -np.inf}:
        return (np.max if order > 0 else np.min)(size, axis=axis)
    if order == 0:
        return np.count_nonzero(plain(x), axis=axis)
    return np.sum(size**order, axis=axis) ** (1.0 / order)


def matrix_norm(x: Any, order: Any, axes: tuple[int, int]) -> Any:
    """Norm of matrices that lie in two axes."""
    if order in {None, "fro", "f"}:
        return vector_norm(x, None, axes)
    matrices = np.moveaxis(x, axes, (-2, -1))
    if order in {2, -2, "nuc"}:
        choose: dict[Any, Callable[..., Any]] = {2: np.max, -2: np.min, "nuc": np.sum}
        return choose[order](np.linalg.svdvals(matrices), axis=-1)
    sums = np.sum(np.abs(matrices), axis=-2 if abs(order) == 1 else -1)
    return (np.max if order > 0 else np.min)(sums, axis=-1)


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Any:
    """Of a vector or of a matrix, as `axis` and `ord` say."""
    if axis is None and ord is None:
        return vector_norm(np.ravel(x), None, None)
    axes = normalize_axis_tuple(range(x.ndim) if axis is None else axis, x.ndim)
    if len(axes) == 1:
        return vector_norm(x, ord, axes[0])
    return matrix_norm(x, ord, (axes[0], axes[1]))


NODES: dict[Any, Any] = {
    np.linalg.inv: unary("inv"),
    np.linalg.det: unary("det"),
    np.linalg.svdvals: unary("singular_values"),
    np.linalg.solve: solve,
    np.linalg.cholesky: cholesky,
    np.linalg.eigvalsh: eigenvalues,
}
COMPOSED: dict[Any, Any] = {
    np.linalg.slogdet: slogdet,
    np.linalg.svd: svd,
    np.linalg.matrix_power: matrix_power,
    np.linalg.multi_dot: multi_dot,
    np.linalg.norm: norm,
    np.linalg.vector_norm: lambda x, *, axis=None, keepdims=False, ord=2: vector_norm(x, ord, axis),
    np.linalg.matrix_norm: lambda x, *, keepdims=False, ord="fro": matrix_norm(x, ord, (-2, -1)),
}
