"""The VJPs of matrix decompositions, inverses and determinants, in NumPy.

Most formulas are in M. Giles, "An extended collection of matrix derivative results for forward and
reverse mode algorithmic differentiation" (2008); that of QR in M. Seeger et al.,
"Auto-Differentiating Linear Algebra" (2017).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.ir.unbroadcast import unbroadcast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Array = Any  # of float32 or float64, whichever the program runs in


def _transposed(x: Array) -> Array:
    return np.swapaxes(x, -1, -2)


def _solve(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    a, b = xs
    right = np.linalg.solve(_transposed(a), ybar)
    return unbroadcast(right, b.shape) if k else unbroadcast(-right @ _transposed(y), a.shape)


def _cholesky(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    """Return L⁻ᵀ Φ(Lᵀ L̄) L⁻¹, symmetric; Φ takes the lower triangle, half of the diagonal."""
    lower = np.tril(_transposed(y) @ np.tril(ybar))
    phi = lower - 0.5 * lower * np.eye(y.shape[-1], dtype=y.dtype)
    inverse = np.linalg.inv(y)
    whole = _transposed(inverse) @ phi @ inverse
    return (whole + _transposed(whole)) / 2


def _eigenvalues(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    vectors = np.linalg.eigh(xs[0], static[0]).eigenvectors
    return (vectors * ybar[..., None, :]) @ _transposed(vectors)


def _singular_values(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    u, _, vt = np.linalg.svd(xs[0], full_matrices=False)
    return (u * ybar[..., None, :]) @ vt


def _inverse_gaps(squares: Array) -> Array:
    """Return 1/(s_j − s_i), 0 on the diagonal."""
    gaps = squares[..., None, :] - squares[..., :, None]
    return np.where(gaps == 0, 0.0, 1 / np.where(gaps == 0, 1.0, gaps)).astype(squares.dtype)


def _eigenvectors(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    inner = _inverse_gaps(np.linalg.eigvalsh(xs[0])) * (_transposed(y) @ ybar)
    return y @ inner @ _transposed(y)


def _qr(q: Array, r: Array, qbar: Array, rbar: Array) -> Array:
    """Return the cotangent of A = QR: (Q̄ + Q copyltu(M)) R⁻ᵀ with M = R R̄ᵀ − Q̄ᵀ Q."""
    m = r @ _transposed(rbar) - _transposed(qbar) @ q
    lower = np.tril(m)
    both = lower + _transposed(np.tril(m, -1))
    return _transposed(np.linalg.solve(r, _transposed(qbar + q @ both)))


def _qr_q(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    r = _transposed(y) @ xs[0]
    return _qr(y, r, ybar, np.zeros_like(r))


def _qr_r(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    q = _transposed(np.linalg.solve(_transposed(y), _transposed(xs[0])))
    return _qr(q, y, np.zeros_like(q), ybar)


def _svd_u(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    """Return [U (F ∘ (UᵀŪ − ŪᵀU)) S + (1 − UUᵀ) Ū S⁻¹] Vᵀ with F = 1/(s_j² − s_i²)."""
    s = np.linalg.svdvals(xs[0])[..., None, :]
    vh = _transposed(y) @ xs[0] / _transposed(s)
    turned = _transposed(y) @ ybar
    inner = y @ (_inverse_gaps(s[..., 0, :] ** 2) * (turned - _transposed(turned))) * s
    return (inner + (ybar - y @ turned) / s) @ vh


def _svd_vh(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    """Return that of U for the transposed matrix, transposed."""
    flipped = [_transposed(xs[0])]
    return _transposed(_svd_u(k, _transposed(ybar), _transposed(y), flipped, static))


def _expm(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    """Return the corner of exp([[Aᵀ, Ȳ], [0, Aᵀ]])."""
    from scipy import linalg

    a, n = _transposed(xs[0]), xs[0].shape[-1]
    block = np.concatenate(
        [np.concatenate([a, ybar], -1), np.concatenate([np.zeros_like(a), a], -1)], -2
    )
    return linalg.expm(block)[..., :n, n:]


def _lu(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    """Return Pᵀ L⁻ᵀ [tril(Lᵀ L̄, −1) + triu(Ū Uᵀ)] U⁻ᵀ of PA = LU, stored in one matrix."""
    n = y.shape[-1]
    lower, upper = np.tril(y, -1) + np.eye(n, dtype=y.dtype), np.triu(y)
    inner = np.tril(lower.T @ np.tril(ybar, -1), -1) + np.triu(np.triu(ybar) @ upper.T)
    permuted = np.linalg.solve(lower.T, np.linalg.solve(upper, inner.T).T)
    permutation = np.rint(xs[0] @ np.linalg.inv(lower @ upper))  # A (LU)⁻¹ = Pᵀ
    return permutation.astype(y.dtype) @ permuted


def _pinv(k: int, ybar: Array, y: Array, xs: Sequence[Array], static: Any) -> Array:
    """Return −PᵀP̄Pᵀ + (1 − AP) P̄ᵀ PPᵀ + PᵀP P̄ᵀ (1 − PA) for P = A⁺."""
    (a,), t = xs, _transposed
    left = (t(ybar) - a @ (y @ t(ybar))) @ y @ t(y)
    right = t(y) @ y @ (t(ybar) - t(ybar) @ y @ a)
    return left + right - t(y) @ ybar @ t(y)


LINALG: dict[str, Callable[..., Array]] = {
    "inv": lambda k, ybar, y, xs, static: -_transposed(y) @ ybar @ _transposed(y),
    "det": lambda k, ybar, y, xs, static: (
        (ybar * y)[..., None, None] * _transposed(np.linalg.inv(xs[0]))
    ),
    "logabsdet": lambda k, ybar, y, xs, static: (
        ybar[..., None, None] * _transposed(np.linalg.inv(xs[0]))
    ),
    "solve": _solve,
    "cholesky": _cholesky,
    "eigenvalues": _eigenvalues,
    "singular_values": _singular_values,
    "eigenvectors": _eigenvectors,
    "qr_q": _qr_q,
    "qr_r": _qr_r,
    "svd_u": _svd_u,
    "svd_vh": _svd_vh,
    "pinv": _pinv,
    "expm": _expm,
    "lu": _lu,
}
