"""Further arguments of functions, and what needs no rule: one line each.

The registry's own examples are the rest of the corpus.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

STEP = np.dtype(float).itemsize
APART = np.diag([0.0, 2.0, 4.0, 6.0])  # eigenvalues that do not come near each other

UFUNCS: dict[str, Callable[..., Any]] = {
    "operators": lambda a, b: (-a + 2 * b - 1) / (3 - a) * b**2 + 2**a + abs(a - b) + (+a) ** 0.5,
    "matmul of vectors": lambda u, v: u @ v,
    "matmul of a stack": lambda T, c: T @ c,
    "ufunc.reduce others": lambda a: np.subtract.reduce(a, axis=1) + np.logaddexp.reduce(a, 1),
    "ufunc.reduce initial where": lambda a, mask: np.add.reduce(a, 1, where=mask, initial=2.0) ** 2,
    "ufunc.accumulate maximum": lambda a: np.maximum.accumulate(a, axis=1) * a,
    "ufunc.outer": lambda u, v: np.multiply.outer(u, v) + np.subtract.outer(u, v) ** 2,
    "ufunc.reduceat": lambda u: np.add.reduceat(u, [0, 2, 1]) ** 2,
    "ufunc where out": lambda a, mask: np.log(a, where=mask, out=np.zeros_like(a)),
    "ufunc where": lambda a, mask: np.where(mask, np.sqrt(a, where=mask, out=None), a * 2),
}

REDUCTIONS: dict[str, Callable[..., Any]] = {
    "sum where initial": lambda a, mask: np.sum(a, axis=1, where=mask, initial=1.0) ** 2,
    "mean where": lambda a, mask: np.mean(a, axis=1, where=mask) ** 2,
    "average returned": lambda a, b: np.average(a, axis=0, weights=b, returned=True),
    "cov of two": lambda u, v: np.cov(u, v),
    "diff prepend": lambda u: np.diff(u, prepend=0.0, append=u[:1]) ** 2,
    "argmax argmin": lambda a: a[np.arange(3), np.argmax(a, axis=1)] * a.flatten()[a.argmin()],
    "count_nonzero searchsorted": lambda u: u * np.count_nonzero(u > 0.5) + np.searchsorted(u, 0.5),
    "allclose any all": lambda a: a * np.allclose(a, a) + (a * 2) * (a > 0.5).any() * np.all(a < 1),
}

MOVES: dict[str, Callable[..., Any]] = {
    "concatenate axis None": lambda a, u: np.concatenate((a, u), axis=None) ** 2,
    "pad constant_values": lambda u, s: np.pad(u, 2, constant_values=s) ** 2,
    "pad edge reflect wrap": lambda u: (
        np.pad(u, 2, mode="edge") ** 2,
        np.pad(u, (1, 2), "reflect") ** 2,
        np.pad(u, 1, mode="wrap") ** 2,
        np.pad(u, 1, "symmetric") ** 2,
    ),
    "where indices": lambda a: a[np.where(a > 0.5)] ** 2,
    "select default": lambda a: np.select([a > 0.5], [a**2]),
    "piecewise otherwise": lambda u: np.piecewise(u, [u < 0.5], [0.25, np.exp]),
    "sort axis None": lambda a: np.sort(a, axis=None) ** 2 * np.cumsum(np.ones(12)),
    "argsort": lambda a, u: u[np.argsort(u)] ** 2 * u[u.argsort()[::-1]],
    "unique return_counts": lambda u: np.unique(u, return_counts=True)[0] ** 2 * np.arange(5),
    "ix_": lambda a: a[np.ix_([0, 2], [1, 3, 1])] ** 2,
    "r_ c_": lambda u, v, s: (np.r_[u, 0.0, s, v[1:3]] ** 2, np.c_[u, v] ** 2),
    "sliding_window_view": lambda q: sliding_window_view(q, 3) @ np.array([1.0, -2.0, 0.5]) * q[:5],
    "sliding_window_view 2-D": lambda plane, kernel: np.einsum(
        "ijkl,kl->ij", sliding_window_view(plane, (3, 2)), kernel
    ),
    "as_strided": lambda q: as_strided(q, (3, 3), (2 * STEP, STEP)) ** 2,
    "lib.stride_tricks.as_strided": lambda q: np.lib.stride_tricks.as_strided(
        q, shape=(5, 3), strides=(STEP, STEP)
    ).max(axis=1),
    "apply_along_axis scalar": lambda T: np.apply_along_axis(np.prod, 1, T),
    "vectorize": lambda a, s: np.vectorize(lambda x, y: x * x if x > 0.5 else y * x)(a, s),
    "vectorize signature": lambda a, c: np.vectorize(np.dot, signature="(n),(n,m)->(m)")(a, c),
    "vectorize two results": lambda u: np.vectorize(lambda x: (x**2, x**3), otypes=[float] * 2)(u),
    "frompyfunc": lambda u: np.sum(np.frompyfunc(lambda x: x * x, 1, 1)(u)),
    "ndenumerate ndindex": lambda a: (
        sum((i + j) * x**2 for (i, j), x in np.ndenumerate(a))
        + sum(a[index] for index in np.ndindex(2, 2))
    ),
    "trim_zeros": lambda u: u * len(np.trim_zeros(np.array([0.0, 1.0, 0.0]))),
}

PRODUCTS: dict[str, Callable[..., Any]] = {
    "dot of a stack": lambda T, c, k: (np.dot(T, c), np.dot(T.transpose(0, 2, 1), k)),
    "dot of two stacks": lambda T: np.dot(T, T.transpose(0, 2, 1)),
    "einsum implicit": lambda a, b: np.einsum("ij, kj", a, b) * np.einsum("ij,ij->", a, b),
    "einsum trace ellipsis": lambda S, T: (
        np.einsum("ii", S) * np.einsum("ii->i", S),
        np.einsum("...ij->...ji", T) ** 2,
    ),
    "einsum by number": lambda a, c: np.einsum(a, [0, 1], c, [1, 2], [0, 2]),
    "einsum three": lambda a, c, k: np.einsum("i,ij,jk->k", k, a, c, optimize=True),
    "cross axis": lambda a, b: np.cross(a, b, axis=0) ** 2,
    "interp outside": lambda u: np.interp(u, [0.4, 0.5, 0.6], [1.0, 3.0, 2.0], left=0.0) * u,
    "linalg.solve of a stack": lambda S, T: np.linalg.solve(S * np.ones((2, 1, 1)), T.mT),
    "linalg.cholesky upper": lambda P: np.linalg.cholesky(P, upper=True) ** 2,
    "linalg.eigh": lambda P: (
        np.linalg.eigh(P + APART)[1] * np.linalg.eigh(P + APART).eigenvalues,
        np.linalg.eigh(P + APART, UPLO="U").eigenvectors,
    ),
    "linalg.qr": lambda Q, T: (
        np.linalg.qr(Q)[0] ** 3 @ np.linalg.qr(Q).R,
        np.linalg.qr(Q, mode="r") + np.linalg.qr(T.mT).R[0][:, :2] @ np.ones((2, 3)),
    ),
    "linalg.lstsq": lambda S, c, b2: (
        np.linalg.lstsq(S[:, 1:], c, rcond=None)[0] ** 2 + np.linalg.lstsq(S[:, 1:], c)[1],
        np.linalg.lstsq(S[1:, 1:], b2)[0] + np.sum(np.linalg.lstsq(S[1:, 1:], b2)[1]),
        np.linalg.lstsq(S[:, 1:], c)[3] ** 2 * np.linalg.lstsq(S[:, 1:], c)[2],
    ),
    "linalg.norm of a matrix": lambda a: (
        np.linalg.norm(a, "fro") * np.linalg.norm(a, 1) * np.linalg.norm(a, np.inf),
        np.linalg.norm(a, 2) * np.linalg.norm(a, "nuc") * np.linalg.norm(a, -2),
    ),
    "linalg.vector_norm matrix_norm": lambda a: (
        np.linalg.vector_norm(a, axis=0, ord=-np.inf) ** 2 * np.linalg.vector_norm(a)
        + np.linalg.matrix_norm(a) * np.linalg.vector_norm(a, ord=0)
    ),
}

FUNCTIONS = {**UFUNCS, **REDUCTIONS, **MOVES, **PRODUCTS}
