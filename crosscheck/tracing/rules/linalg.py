"""`np.linalg`: what both frameworks differentiate, and what is made of it.

The signs of eigenvectors, of singular vectors and of QR are a convention of each library: those
that NumPy chose are recorded, and the frameworks' are turned to them.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from crosscheck.errors import LostGradientError
from crosscheck.tracing import notes
from crosscheck.tracing.registry import COMPOSED, NODE, register, register_all
from crosscheck.tracing.rules.reductions import unary
from crosscheck.tracing.session import Session
from crosscheck.tracing.source_locations import site
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
    notes.triangle(session, "U" if upper else "L")
    if upper:
        lower = session.node("cholesky", node_of(from_triangle(a, "U"), session, exact.dtype))
        axes = (*range(np.ndim(a) - 2), np.ndim(a) - 1, np.ndim(a) - 2)
        return session.node("transpose", lower, static=(axes,))
    return session.node("cholesky", node_of(from_triangle(a, "L"), session, exact.dtype))


def eigenvalues(session: Session, exact: Any, a: Any, UPLO: str = "L") -> int:
    """`np.linalg.eigvalsh`, of a matrix given by one triangle."""
    notes.triangle(session, UPLO)
    symmetric = node_of(from_triangle(a, UPLO), session, exact.dtype)
    return session.node("eigenvalues", symmetric, static=("L",))


def eigh(a: Any, UPLO: Literal["L", "U", "l", "u"] = "L") -> Any:
    """Eigenvalues and eigenvectors, of a matrix given by one triangle."""
    notes.triangle(a.buffer.session, UPLO)
    symmetric, vectors = from_triangle(a, UPLO), np.linalg.eigh(plain(a), UPLO)[1]
    session, exact = a.buffer.session, np.linalg.eigvalsh(plain(a), UPLO)
    found = session.node("eigenvalues", node_of(symmetric, session, exact.dtype), static=("L",))
    return fresh(exact, session, found), factor("eigenvectors", symmetric, vectors, vectors)


def qr(a: Any, mode: str = "reduced") -> Any:
    """Q and R, or R alone, of matrices that are not wider than high."""
    if mode not in {"reduced", "r"} or a.shape[-1] > a.shape[-2]:
        msg = f"{site()}\nnp.linalg.qr has a gradient only for high matrices, as reduced Q and R."
        raise LostGradientError(msg)
    q, r = np.linalg.qr(plain(a))
    upper = factor("qr_r", a, r, q)
    return upper if mode == "r" else (factor("qr_q", a, q, q), upper)


def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """Singular values; and the vectors that belong to them."""
    if not compute_uv:
        return np.linalg.svdvals(a)
    if full_matrices and a.shape[-1] != a.shape[-2]:
        msg = f"{site()}\nsingular vectors beyond the matrix have no gradient: full_matrices=False."
        raise LostGradientError(msg)
    u, _, vh = np.linalg.svd(plain(a), full_matrices=False)
    return factor("svd_u", a, u, u), np.linalg.svdvals(a), factor("svd_vh", a, vh, u)


def factor(operation: str, a: Any, exact: Any, columns: Any) -> Any:
    """One of the factors of a matrix; NumPy's own columns decide its signs."""
    session = a.buffer.session
    matrix, like = node_of(a, session, exact.dtype), session.constant(columns)
    return fresh(exact, session, session.node(operation, matrix, like))


def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """The least squares by the pseudo-inverse, their residuals, the rank and singular values."""
    rank, rest = np.linalg.lstsq(plain(a), plain(b), rcond)[2], np.shape(a)[0] - np.shape(a)[1]
    x = np.linalg.pinv(a) @ b
    squares = np.sum((b - a @ x) ** 2, axis=0)
    residuals = np.ravel(squares) if rank == np.shape(a)[1] and rest > 0 else np.zeros(0)
    return x, residuals, rank, np.linalg.svdvals(a)


def from_triangle(a: Any, half: str) -> Any:
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


def matrix_power(a: Any, n: int) -> Any:
    """Repeated product."""
    if n < 0:
        return matrix_power(np.linalg.inv(a), -n)
    start = np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape)
    return functools.reduce(np.matmul, [a] * n, start)


def multi_dot(arrays: Sequence[Any]) -> Any:
    """Product of several."""
    return functools.reduce(np.dot, arrays)


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
        found = np.linalg.svdvals(matrices)  # in descending order
        return np.sum(found, axis=-1) if order == "nuc" else found[..., 0 if order > 0 else -1]
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


def cond(x: Any, p: Any = None) -> Any:
    """The norm of a matrix times that of its inverse."""
    if p in {None, 2, -2}:
        values = np.linalg.svdvals(x)
        ratio = values[..., 0] / values[..., -1]
        return 1 / ratio if p == -2 else ratio  # noqa: PLR2004  # NumPy's own name of a norm
    return matrix_norm(x, p, (-2, -1)) * matrix_norm(np.linalg.inv(x), p, (-2, -1))


def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """The solution of linear equations, of a matrix in several axes."""
    if axes is not None:
        a = np.moveaxis(a, axes, range(np.ndim(a) - len(axes), np.ndim(a)))
    shape = np.shape(a)[np.ndim(b) :]
    return np.reshape(np.linalg.solve(np.reshape(a, (np.size(b), -1)), np.ravel(b)), shape)


def tensorinv(a: Any, ind: int = 2) -> Any:
    """The inverse of a matrix in several axes."""
    first, last = np.shape(a)[:ind], np.shape(a)[ind:]
    return np.reshape(np.linalg.inv(np.reshape(a, (int(np.prod(first)), -1))), (*last, *first))


register("np.linalg.inv", NODE, unary("inv"), lambda S: np.linalg.inv(S) ** 2)
register("np.linalg.det", NODE, unary("det"), lambda S: np.linalg.det(S))
register("np.linalg.pinv", NODE, unary("pinv"), lambda Q, a: (np.linalg.pinv(Q), np.linalg.pinv(a)))
register(
    "np.linalg.svdvals",
    NODE,
    unary("singular_values"),
    lambda a: np.linalg.svdvals(a) ** 3 * np.linalg.svd(a, compute_uv=False),
)
register(
    "np.linalg.solve",
    NODE,
    solve,
    lambda S, c, k: (np.linalg.solve(S, c), np.linalg.solve(S[:3, :3], k)),
)
register("np.linalg.cholesky", NODE, cholesky, lambda P: np.linalg.cholesky(P) ** 2)
register(
    "np.linalg.eigvalsh",
    NODE,
    eigenvalues,
    lambda P: np.linalg.eigvalsh(P) ** 2 * np.linalg.eigvalsh(P, "U"),
)
register(
    "np.linalg.slogdet",
    COMPOSED,
    slogdet,
    lambda S: np.linalg.slogdet(S)[1] * np.linalg.slogdet(S).sign,
)
register(
    "np.linalg.eigh",
    COMPOSED,
    eigh,
    # eigenvalues that do not come near each other
    lambda P: np.prod(np.linalg.eigh(P + np.diag([0.0, 2.0, 4.0, 6.0]))[1], axis=0),
)
register(
    "np.linalg.qr", COMPOSED, qr, lambda Q: np.linalg.qr(Q)[0] ** 3 @ np.linalg.qr(Q, mode="r")
)
register(
    "np.linalg.svd",
    COMPOSED,
    svd,
    lambda S, a: (
        np.linalg.svd(S)[0] * np.linalg.svd(S).Vh,
        np.linalg.svd(a, full_matrices=False).U @ np.linalg.svd(a, full_matrices=False)[2],
    ),
)
register(
    "np.linalg.lstsq",
    COMPOSED,
    lstsq,
    lambda S, c: np.linalg.lstsq(S[:, 1:], c, rcond=None)[0] ** 2 + np.linalg.lstsq(S[:, 1:], c)[1],
)
register(
    "np.linalg.matrix_power",
    COMPOSED,
    matrix_power,
    lambda S: np.linalg.matrix_power(S, 3) + np.linalg.matrix_power(S, -2),
)
register("np.linalg.multi_dot", COMPOSED, multi_dot, lambda a, c, S: np.linalg.multi_dot([a, S, c]))
register(
    "np.linalg.norm",
    COMPOSED,
    norm,
    lambda a, u: (
        np.linalg.norm(a) * np.linalg.norm(u),
        np.linalg.norm(a, axis=1, keepdims=True) * a,
        np.linalg.norm(u, 1) * np.linalg.norm(u, np.inf) * np.linalg.norm(u, 3),
    ),
)
register(
    "np.linalg.vector_norm",
    COMPOSED,
    lambda x, *, axis=None, keepdims=False, ord=2: vector_norm(x, ord, axis),
    lambda a: np.linalg.vector_norm(a, axis=0, ord=-np.inf) ** 2 * np.linalg.vector_norm(a),
)
register(
    "np.linalg.matrix_norm",
    COMPOSED,
    lambda x, *, keepdims=False, ord="fro": matrix_norm(x, ord, (-2, -1)),
    lambda a: np.linalg.matrix_norm(a) * np.linalg.matrix_norm(a, ord=2),
)
register_all(
    "np.linalg",
    COMPOSED,
    {"cond": cond, "tensorsolve": tensorsolve, "tensorinv": tensorinv},
    lambda S, u: (
        np.linalg.cond(S) * np.linalg.cond(S, 1) + np.linalg.cond(S, "fro") * np.linalg.cond(S, -2),
        np.linalg.tensorsolve(np.reshape(S, (2, 2, 4)), np.reshape(u[:4], (2, 2))),
        np.linalg.tensorsolve(np.reshape(S, (4, 2, 2)), u[:4], axes=(1, 2)),
        np.linalg.tensorinv(np.reshape(S, (2, 2, 4))),
    ),
)
