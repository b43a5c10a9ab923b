"""Factors of a matrix in either framework, with the signs of NumPy's columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crosscheck.ir.program import Kernels


def factors(framework: Any) -> Kernels:
    """Kernels of a matrix and of NumPy's columns; `framework` is torch or jax.numpy.

    A column and the row that goes with it change sign together: both are right, and neither the
    product nor a gradient knows the difference. The sign itself has no gradient.
    """
    linalg = framework.linalg

    def signs(columns: Any, like: Any) -> Any:
        return framework.sign((columns * like).sum(-2))

    def columns(factor: Any, like: Any) -> Any:
        return factor * signs(factor, like)[..., None, :]

    def rows(factor: Any, turned: Any, like: Any) -> Any:
        return factor * signs(turned, like)[..., :, None]

    def svd(x: Any) -> Any:
        return linalg.svd(x, full_matrices=False)

    return {
        "eigenvectors": lambda x, like: columns(linalg.eigh(x)[1], like),
        "qr_q": lambda x, like: columns(linalg.qr(x)[0], like),
        "qr_r": lambda x, like: rows(linalg.qr(x)[1], linalg.qr(x)[0], like),
        "svd_u": lambda x, like: columns(svd(x)[0], like),
        "svd_vh": lambda x, like: rows(svd(x)[2], svd(x)[0], like),
    }
