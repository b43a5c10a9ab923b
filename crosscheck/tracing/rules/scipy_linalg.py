"""`scipy.linalg`, by `np.linalg` and two primitives.

SciPy reads one triangle of a symmetric matrix; which of the two is an argument of its own.
Arguments about memory, checks and LAPACK's drivers change nothing: they are `_`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.errors import LostGradientError
from crosscheck.tracing.registry import COMPOSED, MOVE, NODE, register, register_all
from crosscheck.tracing.rules import linalg
from crosscheck.tracing.rules.imported import Imported
from crosscheck.tracing.session import Session
from crosscheck.tracing.source_locations import site
from crosscheck.tracing.values import as_array, fresh, node_of, plain

if TYPE_CHECKING:
    import scipy.linalg  # imported by the user's code or not at all

scipy_linalg: Any = Imported("scipy.linalg")
HERMITIAN = frozenset({"sym", "her", "pos", "symmetric", "hermitian", "positive definite"})


def triangle(a: Any, lower: Any) -> Any:
    """One triangle of a matrix."""
    return np.tril(a) if lower else np.triu(a)


def _half(lower: Any) -> str:
    return "L" if lower else "U"


def solve(
    a: Any, b: Any, lower: Any = False, *, assume_a: Any = None, transposed: Any = False, **_: Any
) -> Any:
    """The solution of linear equations, of a matrix that is given by one triangle or whole."""
    kinds = {"lower triangular": True, "upper triangular": False}
    if assume_a in HERMITIAN:
        a = linalg.from_triangle(a, _half(lower))
    elif assume_a in kinds:
        a = triangle(a, kinds[assume_a])
    elif assume_a not in {None, "gen", "general"}:
        msg = (
            f"{site()}\nscipy.linalg.solve with assume_a={assume_a!r} is not traced; leave it out."
        )
        raise LostGradientError(msg)
    return np.linalg.solve(np.matrix_transpose(a) if transposed else a, b)


def solve_triangular(
    a: Any, b: Any, trans: Any = 0, lower: Any = False, unit_diagonal: Any = False, **_: Any
) -> Any:
    """The solution of linear equations with one triangle of a matrix."""
    one = triangle(a, lower)
    if unit_diagonal:
        one = np.where(np.eye(np.shape(a)[-1], dtype=bool), 1.0, one)
    return np.linalg.solve(one if trans in {0, "N"} else np.matrix_transpose(one), b)


def cholesky(a: Any, lower: Any = False, **_: Any) -> Any:
    """The triangular factor of a positive definite matrix."""
    factor = np.linalg.cholesky(linalg.from_triangle(as_array(a), _half(lower)))
    return factor if lower else np.matrix_transpose(factor)


def cho_factor(a: Any, lower: Any = False, **_: Any) -> Any:
    """The factor, and in the other triangle what was in the matrix."""
    inside = triangle(np.ones(np.shape(a), dtype=bool), lower)
    return np.where(inside, cholesky(a, lower), a), lower


def cho_solve(c_and_lower: Any, b: Any, **_: Any) -> Any:
    """The solution of linear equations, of a Cholesky factor."""
    factor, lower = c_and_lower
    first = solve_triangular(factor, b, 0 if lower else 1, lower)
    return solve_triangular(factor, first, 1 if lower else 0, lower)


def _packed(a: Any) -> tuple[Any, Any]:
    """L and U of PA = LU in one matrix, and the pivots."""
    exact, pivots = scipy_linalg.lu_factor(plain(a))
    session = a.buffer.session
    node = session.node("lu", node_of(a, session, exact.dtype))
    return fresh(exact, session, node), pivots


def _order(pivots: Any) -> Any:
    """The order of rows that a list of swaps leads to."""
    order = np.arange(len(pivots))
    for k, other in enumerate(pivots):
        order[[k, other]] = order[[other, k]]
    return order


def lu_solve(lu_and_piv: Any, b: Any, trans: Any = 0, **_: Any) -> Any:
    """The solution of linear equations, of LU factors."""
    packed, pivots = lu_and_piv
    order = _order(plain(pivots))
    if trans in {0, "N"}:
        first = solve_triangular(packed, b[order], 0, lower=True, unit_diagonal=True)
        return solve_triangular(packed, first)
    first = solve_triangular(packed, b, 1)
    return solve_triangular(packed, first, 1, lower=True, unit_diagonal=True)[np.argsort(order)]


def lu(a: Any, permute_l: Any = False, overwrite_a: Any = False, check_finite: Any = True) -> Any:
    """P, L and U of a square matrix."""
    packed, pivots = _packed(a)
    lower = np.tril(packed, -1) + np.eye(len(pivots))
    permutation = np.eye(len(pivots))[:, _order(pivots)]
    if permute_l:
        return permutation @ lower, np.triu(packed)
    return permutation, lower, np.triu(packed)


def expm(session: Session, exact: Any, A: Any) -> int:
    """The exponential of a matrix."""
    return session.node("expm", node_of(A, session, exact.dtype))


def eigh(a: Any, *, lower: Any = True, eigvals_only: Any = False, **options: Any) -> Any:
    """Eigenvalues and eigenvectors, of a matrix given by one triangle."""
    if eigvals_only:
        return eigvalsh(a, lower=lower, **options)
    _whole(options)
    symmetric = linalg.from_triangle(a, _half(lower))
    vectors = scipy_linalg.eigh(plain(a), lower=lower, **options)[1]
    return np.linalg.eigvalsh(symmetric), linalg.factor("eigenvectors", symmetric, vectors, vectors)


def eigvalsh(a: Any, *, lower: Any = True, **options: Any) -> Any:
    """Eigenvalues, of a matrix given by one triangle."""
    _whole(options)
    return np.linalg.eigvalsh(linalg.from_triangle(a, _half(lower)))


def _whole(options: dict[str, Any]) -> None:
    """Stop at arguments that choose another problem, or some of the eigenvalues."""
    chosen = {"b", "subset_by_index", "subset_by_value"} & {
        name for name, value in options.items() if value is not None
    }
    if chosen or options.get("type", 1) != 1:
        msg = f"{site()}\nscipy.linalg.eigh is traced for all eigenvalues of one matrix."
        raise LostGradientError(msg)


def qr(a: Any, *, mode: str = "full", pivoting: Any = False, **_: Any) -> Any:
    """Q and R of a matrix that is not wider than high."""
    square = np.shape(a)[-1] == np.shape(a)[-2]
    if pivoting or not (mode == "economic" or (mode in {"full", "r"} and square)):
        msg = f"{site()}\nscipy.linalg.qr is traced with mode='economic' and without pivoting."
        raise LostGradientError(msg)
    if mode == "r":
        return (linalg.qr(a, "r"),)
    return linalg.qr(a)


def svd(a: Any, full_matrices: Any = True, compute_uv: Any = True, **_: Any) -> Any:
    """Singular values; and the vectors that belong to them."""
    return linalg.svd(a, full_matrices, compute_uv)


def solve_toeplitz(c_or_cr: Any, b: Any, check_finite: Any = True) -> Any:
    """The solution of linear equations, of a matrix with constant diagonals."""
    ends = c_or_cr if isinstance(c_or_cr, tuple) else (c_or_cr,)
    return np.linalg.solve(scipy_linalg.toeplitz(*ends), b)


def khatri_rao(a: Any, b: Any) -> Any:
    """The Kronecker products of each two columns."""
    return np.reshape(as_array(a)[:, None] * as_array(b)[None], (-1, np.shape(a)[1]))


def _ignoring(function: Any) -> Any:
    """A function of `np.linalg` with arguments that change nothing."""

    def rule(
        a: Any, *args: Any, check_finite: Any = True, overwrite_a: Any = False, **options: Any
    ) -> Any:
        return function(a, *args, **options)

    return rule


def _solving(S: Any, P: Any, c: Any, k: Any) -> Any:
    m = scipy.linalg
    return (
        m.solve(S, c) + m.solve(P, c, assume_a="pos", lower=True) * m.solve(S, c, transposed=True),
        m.cho_solve(m.cho_factor(P), c) ** 2,
        m.solve_triangular(S, c) * m.solve_triangular(S, c, trans="T", lower=True),
        m.solve_triangular(S, c, lower=True, unit_diagonal=True) * m.inv(S)[:, :2],
        m.cho_solve(m.cho_factor(P, lower=True), c) * m.cho_solve((m.cholesky(P), False), c),
        m.cholesky(P, lower=True) ** 2 + m.cholesky(P) * m.cho_factor(P)[0],
        m.lu_solve(m.lu_factor(S[::-1]), c) + m.lu_solve(m.lu_factor(S[::-1]), c, trans=1) ** 2,
        m.solve(S[:3, :3], k) * m.det(S),
    )


def _factoring(S: Any, P: Any, a: Any) -> Any:
    m = scipy.linalg
    apart = P + np.diag([0.0, 2.0, 4.0, 6.0])  # eigenvalues that do not come near each other
    return (
        m.expm(S / 3) ** 2 + m.lu_factor(S)[0] ** 2,
        m.lu(S[::-1])[1] * m.lu(S[::-1])[2] + m.lu(S, permute_l=True)[0] ** 2,
        np.prod(m.eigh(apart)[1], axis=0) * m.eigh(apart, lower=False)[0] + m.eigvalsh(P),
        m.eigh(P, eigvals_only=True) ** 2,
        m.qr(S[:, :3], mode="economic")[0] ** 3 @ m.qr(S, mode="r")[0][:3],
        m.svd(S)[0] @ m.svd(S, full_matrices=False)[2],
        m.svdvals(a) * m.pinv(S[:, :3])[:, :3],
        m.norm(a) * m.norm(a, axis=1) + m.norm(S, 1),
        m.lstsq(S[:, :3], S)[0] ** 2,
    )


def _placing(u: Any, v: Any, S: Any, a: Any) -> Any:
    m = scipy.linalg
    return (
        m.toeplitz(u, v) ** 2 + m.toeplitz(u) * m.circulant(v) + m.hankel(u),
        m.block_diag(S, a) ** 2,
        m.solve_toeplitz((u + 3 * np.eye(5)[0], v), u) * m.khatri_rao(a, a)[0, 0],
    )


register_all(
    "scipy.linalg",
    COMPOSED,
    {
        "solve": solve,
        "solve_triangular": solve_triangular,
        "cholesky": cholesky,
        "cho_factor": cho_factor,
        "cho_solve": cho_solve,
        "lu_solve": lu_solve,
        "det": _ignoring(np.linalg.det),
        "inv": _ignoring(np.linalg.inv),
    },
    _solving,
)
register("scipy.linalg.expm", NODE, expm, _factoring)
register_all(
    "scipy.linalg",
    COMPOSED,
    {
        "lu_factor": _ignoring(_packed),
        "lu": lu,
        "eigh": eigh,
        "eigvalsh": eigvalsh,
        "qr": qr,
        "svd": svd,
        "svdvals": _ignoring(np.linalg.svdvals),
        "pinv": _ignoring(np.linalg.pinv),
        "norm": _ignoring(linalg.norm),
        "lstsq": _ignoring(linalg.lstsq),
    },
    _factoring,
)
register("scipy.linalg.toeplitz scipy.linalg.hankel", MOVE, ("c", "r"), _placing)
register("scipy.linalg.circulant", MOVE, ("c",), _placing)
register("scipy.linalg.block_diag", MOVE, ("arrs",), _placing)
register_all(
    "scipy.linalg",
    COMPOSED,
    {"solve_toeplitz": solve_toeplitz, "khatri_rao": khatri_rao},
    _placing,
)
