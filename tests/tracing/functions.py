"""One line for each NumPy function: the corpus's table of what is supported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view
from scipy import special

STEP = np.dtype(float).itemsize
APART = np.diag([0.0, 2.0, 4.0, 6.0])  # eigenvalues that do not come near each other

UFUNCS: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: np.add(a, b),
    "subtract": lambda a, b: np.subtract(a, b),
    "multiply": lambda a, b: np.multiply(a, b),
    "divide": lambda a, b: np.divide(a, b),
    "power": lambda a, b: np.power(a, b),
    "float_power": lambda a: np.float_power(a, 3),
    "operators": lambda a, b: (-a + 2 * b - 1) / (3 - a) * b**2 + 2**a + abs(a - b) + (+a) ** 0.5,
    "square sqrt cbrt": lambda a: np.square(a) + np.sqrt(a) + np.cbrt(a),
    "reciprocal negative positive": lambda a: np.reciprocal(a) + np.negative(a) * np.positive(a),
    "absolute fabs": lambda a: np.abs(a - 0.5) * np.fabs(a - 0.6),
    "exp exp2 expm1": lambda a: np.exp(a) + np.exp2(a) + np.expm1(a),
    "log log2 log10 log1p": lambda a: np.log(a) + np.log2(a) + np.log10(a) + np.log1p(a),
    "logaddexp logaddexp2": lambda a, b: np.logaddexp(a, b) + np.logaddexp2(a, b),
    "sin cos tan": lambda a: np.sin(a) + np.cos(a) * np.tan(a),
    "arcsin arccos arctan": lambda a: np.arcsin(a) + np.arccos(a) ** 2 + np.arctan(a),
    "sinh cosh tanh": lambda a: np.sinh(a) + np.cosh(a) * np.tanh(a),
    "arcsinh arccosh arctanh": lambda a: np.arcsinh(a) + np.arccosh(a + 1) + np.arctanh(a),
    "arctan2 hypot": lambda a, b: np.arctan2(a, b) * np.hypot(a, b),
    "degrees radians": lambda a: np.degrees(a) + np.rad2deg(a) + np.radians(a) + np.deg2rad(a),
    "maximum minimum": lambda a, b: np.maximum(a, b) * np.minimum(a, 0.5),
    "fmax fmin": lambda a, b: np.fmax(a, b) + np.fmin(a, b) ** 2,
    "remainder fmod": lambda u, s: np.remainder(5 * u, s) + np.fmod(3 * u, s) + (7 * u) % 1.0,
    "divmod floor_divide": lambda a, b: divmod(3 * a, b)[1] + (3 * a) // b * a,
    "modf": lambda a: np.modf(4 * a)[0] * a + np.modf(4 * a)[1] * a,
    "copysign ldexp": lambda a: np.copysign(a, np.array([1.0, -1, 1, -1])) + np.ldexp(a, 2),
    "floor ceil trunc rint sign": lambda a: (
        a * (np.floor(3 * a) + np.ceil(a) + np.trunc(2 * a) + np.rint(a) + np.sign(a - 0.5))
    ),
    "heaviside": lambda a: a * np.heaviside(a - 0.5, 0.5),
    "conjugate real imag": lambda a: np.conj(a) * a.real + np.real(a) + a.imag + a.conj() ** 2,
    "matmul": lambda a, c: np.matmul(a, c) + (a @ c) ** 2,
    "matmul of vectors": lambda u, v: u @ v,
    "matmul of a stack": lambda T, c: T @ c,
    "vecdot matvec vecmat": lambda a, b, c, k: (
        np.vecdot(a, b),
        np.matvec(a.T, k),
        np.vecmat(k, a),
    ),
    "ufunc.reduce": lambda a: np.add.reduce(a) + np.maximum.reduce(a) * np.multiply.reduce(a),
    "ufunc.reduce minimum": lambda a: np.minimum.reduce(a, axis=1, keepdims=True) * a,
    "ufunc.reduce others": lambda a: np.subtract.reduce(a, axis=1) + np.logaddexp.reduce(a, 1),
    "ufunc.reduce initial where": lambda a, mask: np.add.reduce(a, 1, where=mask, initial=2.0) ** 2,
    "ufunc.accumulate": lambda a: np.add.accumulate(a, 1) * np.multiply.accumulate(a),
    "ufunc.accumulate maximum": lambda a: np.maximum.accumulate(a, axis=1) * a,
    "ufunc.outer": lambda u, v: np.multiply.outer(u, v) + np.subtract.outer(u, v) ** 2,
    "ufunc.reduceat": lambda u: np.add.reduceat(u, [0, 2, 1]) ** 2,
    "ufunc where out": lambda a, mask: np.log(a, where=mask, out=np.zeros_like(a)),
    "ufunc where": lambda a, mask: np.where(mask, np.sqrt(a, where=mask, out=None), a * 2),
    "scipy erf expit gammaln": lambda a: special.erf(a) + special.expit(a) + special.gammaln(a),
    "scipy erfc logit psi xlogy": lambda a, b: (
        special.erfc(a) + special.logit(a) + special.psi(a) + special.xlogy(a, b)
    ),
    "scipy ndtr log_ndtr log_expit xlog1py": lambda a, b: (
        special.ndtr(a) + special.log_ndtr(a) + special.log_expit(a) + special.xlog1py(a, b)
    ),
}

REDUCTIONS: dict[str, Callable[..., Any]] = {
    "sum": lambda a: np.sum(a, axis=0) * a.sum() + a.sum(axis=(0, 1)) ** 2,
    "sum where initial": lambda a, mask: np.sum(a, axis=1, where=mask, initial=1.0) ** 2,
    "prod": lambda a: np.prod(a, axis=1) + a.prod() + a.prod(axis=(0, 1), keepdims=True)[0],
    "mean": lambda a: np.mean(a, axis=0) * a.mean() + a.mean(1, keepdims=True),
    "mean where": lambda a, mask: np.mean(a, axis=1, where=mask) ** 2,
    "std var": lambda a: np.std(a, axis=0) + a.var() + np.var(a, 1, ddof=1).sum() + a.std(ddof=1),
    "max min": lambda a: a.max(axis=1) * np.min(a, axis=1) + np.amax(a) * np.amin(a),
    "ptp": lambda a: np.ptp(a, axis=1) ** 2,
    "median": lambda a, u: np.median(a, axis=0) * np.median(u) * np.median(a),
    "quantile percentile": lambda a, s: (
        np.quantile(a, s) ** 2,
        np.quantile(a, 0.3, axis=1) ** 2,
        np.percentile(a, [20.0, 70.0], axis=0) ** 2,
    ),
    "average": lambda a, k: np.average(a, axis=0, weights=k) * np.average(a),
    "average returned": lambda a, b: np.average(a, axis=0, weights=b, returned=True),
    "cumsum cumprod": lambda a: np.cumsum(a, axis=1) * a.cumprod(axis=0) + np.cumsum(a)[-1],
    "cumulative_sum cumulative_prod": lambda u: np.cumulative_sum(u) * np.cumulative_prod(u),
    "nansum nanmean nanmax nanmin": lambda a, mask: (
        np.nansum(np.where(mask, a, np.nan), axis=1) ** 2
        + np.nanmean(np.where(mask, a, np.nan), axis=1)
        + np.nanmax(np.where(mask, a, np.nan), axis=1) * np.nanmin(np.where(mask, a, 9.0), axis=1)
    ),
    "nanprod nanvar nanstd nan_to_num": lambda a, mask: (
        np.nanprod(np.where(mask, a, np.nan), axis=1)
        + np.nanvar(np.where(mask, a, np.nan), axis=1, ddof=1)
        + np.nanstd(np.where(mask, a, np.nan), axis=1)
        + np.nan_to_num(np.where(mask, a, np.nan)).sum(axis=1) ** 2
    ),
    "cov corrcoef": lambda a: (np.cov(a), np.corrcoef(a), np.cov(a, rowvar=False, bias=True)),
    "cov of two": lambda u, v: np.cov(u, v),
    "trapezoid": lambda u, v: np.trapezoid(u, dx=0.5) * np.trapezoid(u, np.cumsum(v)),
    "diff ediff1d": lambda a: (np.diff(a, axis=0) ** 2, np.diff(a, 2), np.ediff1d(a) ** 2),
    "diff prepend": lambda u: np.diff(u, prepend=0.0, append=u[:1]) ** 2,
    "gradient": lambda a: np.gradient(a, 0.5)[1] ** 2 + np.gradient(a, axis=0) ** 3,
    "argmax argmin": lambda a: a[np.arange(3), np.argmax(a, axis=1)] * a.flatten()[a.argmin()],
    "count_nonzero searchsorted": lambda u: u * np.count_nonzero(u > 0.5) + np.searchsorted(u, 0.5),
    "allclose any all": lambda a: a * np.allclose(a, a) + (a * 2) * (a > 0.5).any() * np.all(a < 1),
}

MOVES: dict[str, Callable[..., Any]] = {
    "reshape": lambda a: np.reshape(a, (2, 6)) ** 2 + a.reshape(-1, 6) * a.reshape((6, 2)).T,
    "ravel flatten": lambda a: a.ravel() * a.T.ravel() + a.flatten() * a.T.flatten("F"),
    "transpose swapaxes moveaxis": lambda T: (
        T.transpose(1, 0, 2) * np.moveaxis(T, 0, 1) + np.swapaxes(T, 0, 1) + np.rollaxis(T, 1)
    ),
    "T mT": lambda T: T.T[:, :, 0] * T.mT[1] + np.permute_dims(T)[:, :, 1],
    "expand_dims squeeze newaxis": lambda u: np.squeeze(np.expand_dims(u, 0) ** 2) * u[None][0],
    "atleast": lambda u, s: np.atleast_2d(u) * np.atleast_1d(s) + np.atleast_3d(u)[0, :, 0],
    "broadcast_to": lambda u: np.broadcast_to(u, (3, 5)) ** 2,
    "broadcast_arrays": lambda u, k: np.broadcast_arrays(u[None], k[:, None]),
    "concatenate": lambda a, b: np.concatenate([a, b, np.ones((3, 1))], axis=1) ** 2,
    "concatenate axis None": lambda a, u: np.concatenate((a, u), axis=None) ** 2,
    "stack": lambda u, v: np.stack([u, v, u * v], axis=1) ** 2,
    "vstack hstack dstack": lambda a, b: (
        np.vstack([a, b])[1:4] * np.hstack([a, b])[:, 2:6] + np.dstack([a, b])[:, :, 0]
    ),
    "column_stack block": lambda u, v, S: (
        np.column_stack([u, v]) ** 2,
        np.block([[S, S.T], [np.eye(4), S]]) ** 2,
    ),
    "split array_split": lambda a, u: np.split(a**2, 2, axis=1)[1] * np.array_split(u, 2)[1][0],
    "hsplit vsplit dsplit": lambda a, T: (
        np.hsplit(a, 2)[0] ** 2,
        np.vsplit(a, 3)[1] ** 2,
        np.dsplit(T, 2)[1] ** 2,
    ),
    "unstack": lambda a: np.unstack(a)[1] * np.unstack(a, axis=0)[2],
    "tile repeat": lambda u: np.tile(u, 2) * np.repeat(u, 2) + np.tile(u * u, (2, 2))[1],
    "flip": lambda a: np.flip(a, 1) * np.fliplr(a) + np.flipud(a) * a[::-1, ::-1],
    "rot90 roll": lambda S: np.rot90(S) * np.roll(S, 1, axis=0) + np.roll(S, 3),
    "take take_along_axis": lambda a, rows: (
        np.take(a, rows, axis=0) ** 2 + np.take_along_axis(a, np.argsort(a, axis=1), axis=1)
    ),
    "take method": lambda a: a.take([0, 5, 5]) ** 2 * a.take(1),
    "compress extract": lambda a, mask: (
        np.compress([True, False, True], a, axis=0) ** 2,
        np.extract(mask, a) ** 2,
    ),
    "delete insert append": lambda u, s: (
        np.delete(u, 1) ** 2,
        np.insert(u, 2, s) ** 2,
        np.append(u, [s, 1.0]) ** 2,
    ),
    "resize": lambda u: np.resize(u, (2, 4)) ** 2,
    "tril triu": lambda S: np.tril(S) @ np.triu(S, 1),
    "diag diagflat diagonal": lambda S, u: (
        np.diag(S) ** 2,
        np.diag(u) @ np.diagflat(u),
        np.diagonal(S, 1) ** 2,
        S.diagonal() ** 3,
    ),
    "pad": lambda a: np.pad(a, ((1, 2), (0, 1))) ** 2,
    "pad constant_values": lambda u, s: np.pad(u, 2, constant_values=s) ** 2,
    "pad edge reflect wrap": lambda u: (
        np.pad(u, 2, mode="edge") ** 2,
        np.pad(u, (1, 2), "reflect") ** 2,
        np.pad(u, 1, mode="wrap") ** 2,
        np.pad(u, 1, "symmetric") ** 2,
    ),
    "where": lambda a, b: np.where(a > b, a**2, 3 * b),
    "where indices": lambda a: a[np.where(a > 0.5)] ** 2,
    "select choose": lambda a, b: (
        np.select([a > 0.7, a > 0.4], [a**2, b], default=0.5 * a),
        np.choose([[0, 1, 0, 1]] * 3, [a, b]) ** 2,
    ),
    "select default": lambda a: np.select([a > 0.5], [a**2]),
    "piecewise": lambda u: np.piecewise(u, [u < 0.5, u >= 0.5], [lambda x: x**2, lambda x: 3 * x]),
    "piecewise otherwise": lambda u: np.piecewise(u, [u < 0.5], [0.25, np.exp]),
    "clip": lambda a: np.clip(a, 0.3, 0.7) * a + a.clip(min=0.4) ** 2 + np.clip(a, None, 0.6),
    "sort": lambda a: np.sort(a, axis=0) ** 2 * np.sort(a)[:, ::-1],
    "sort axis None": lambda a: np.sort(a, axis=None) ** 2 * np.cumsum(np.ones(12)),
    "partition": lambda u: np.partition(u, 2)[2] * np.partition(u[:, None], 1, axis=None)[1],
    "argsort": lambda a, u: u[np.argsort(u)] ** 2 * u[u.argsort()[::-1]],
    "unique": lambda u: np.unique(np.concatenate([u, u])) ** 2 * np.arange(5),
    "unique return_counts": lambda u: np.unique(u, return_counts=True)[0] ** 2 * np.arange(5),
    "meshgrid": lambda u, k: np.meshgrid(u, k)[0] * np.meshgrid(u, k, indexing="xy")[1],
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
    "apply_along_axis": lambda a: np.apply_along_axis(lambda row: row / row.sum(), 1, a),
    "apply_along_axis scalar": lambda T: np.apply_along_axis(np.prod, 1, T),
    "apply_over_axes": lambda T: np.apply_over_axes(np.sum, T**2, [0, 2]),
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
    "dot": lambda a, c, u, v: (np.dot(a, c), np.dot(u, v) * a.dot(2.0), a.dot(c) ** 2),
    "dot of a stack": lambda T, c, k: (np.dot(T, c), np.dot(T.transpose(0, 2, 1), k)),
    "dot of two stacks": lambda T: np.dot(T, T.transpose(0, 2, 1)),
    "inner vdot": lambda a, b, u, v: (np.inner(a, b), np.vdot(a, b), np.inner(u, v) * u),
    "outer": lambda u, k: np.outer(u, k) ** 2,
    "tensordot": lambda T, a, c: (
        np.tensordot(T, c, axes=1),
        np.tensordot(T, a, axes=([1, 2], [0, 1])),
        np.tensordot(a, a, 2),
    ),
    "einsum": lambda T, c: np.einsum("nij,jk->nki", T, c),
    "einsum implicit": lambda a, b: np.einsum("ij, kj", a, b) * np.einsum("ij,ij->", a, b),
    "einsum trace ellipsis": lambda S, T: (
        np.einsum("ii", S) * np.einsum("ii->i", S),
        np.einsum("...ij->...ji", T) ** 2,
    ),
    "einsum by number": lambda a, c: np.einsum(a, [0, 1], c, [1, 2], [0, 2]),
    "einsum three": lambda a, c, k: np.einsum("i,ij,jk->k", k, a, c, optimize=True),
    "kron": lambda a, c, u: (np.kron(a, c), np.kron(u, u)),
    "trace": lambda S: np.trace(S) * S.trace(1) * np.linalg.trace(S @ S),
    "cross": lambda k, m: np.cross(k, m) ** 2,
    "cross axis": lambda a, b: np.cross(a, b, axis=0) ** 2,
    "convolve": lambda q, k: (
        np.convolve(q, k),
        np.convolve(q, k, "same"),
        np.convolve(k, q, mode="valid"),
    ),
    "correlate": lambda q, k: (
        np.correlate(q, k),
        np.correlate(q, k, mode="full"),
        np.correlate(k, q, "full"),
    ),
    "bincount": lambda u: np.bincount([0, 2, 2], u[:3], minlength=4) ** 2,
    "interp": lambda u, k: np.interp(u, [0.0, 0.5, 1.0], k) ** 2,
    "interp outside": lambda u: np.interp(u, [0.4, 0.5, 0.6], [1.0, 3.0, 2.0], left=0.0) * u,
    "polyval": lambda k, u: np.polyval(k, u),
    "sinc": lambda a: np.sinc(a),
    "linspace logspace": lambda s: np.linspace(s, 2 * s, 4) ** 2 + np.logspace(s, 1.0, 4),
    "linalg.inv det": lambda S: np.linalg.inv(S) * np.linalg.det(S),
    "linalg.slogdet": lambda S: np.linalg.slogdet(S)[1] * np.linalg.slogdet(S).sign,
    "linalg.solve": lambda S, c, k: (np.linalg.solve(S, c), np.linalg.solve(S[:3, :3], k)),
    "linalg.solve of a stack": lambda S, T: np.linalg.solve(S * np.ones((2, 1, 1)), T.mT),
    "linalg.cholesky": lambda P: np.linalg.cholesky(P) ** 2,
    "linalg.cholesky upper": lambda P: np.linalg.cholesky(P, upper=True) ** 2,
    "linalg.eigvalsh": lambda P: np.linalg.eigvalsh(P) ** 2 * np.linalg.eigvalsh(P, "U"),
    "linalg.svdvals svd": lambda a: np.linalg.svdvals(a) ** 3 * np.linalg.svd(a, compute_uv=False),
    "linalg.eigh": lambda P: (
        np.linalg.eigh(P + APART)[1] * np.linalg.eigh(P + APART).eigenvalues,
        np.linalg.eigh(P + APART, UPLO="U").eigenvectors,
    ),
    "linalg.qr": lambda Q, T: (
        np.linalg.qr(Q)[0] ** 3 @ np.linalg.qr(Q).R,
        np.linalg.qr(Q, mode="r") + np.linalg.qr(T.mT).R[0][:, :2] @ np.ones((2, 3)),
    ),
    "linalg.svd": lambda S, a: (
        np.linalg.svd(S)[0] * np.linalg.svd(S).Vh,
        np.linalg.svd(a, full_matrices=False).U @ np.linalg.svd(a, full_matrices=False)[2],
    ),
    "linalg.pinv": lambda Q, a: (np.linalg.pinv(Q), np.linalg.pinv(a)),
    "linalg.lstsq": lambda S, c, b2: (
        np.linalg.lstsq(S[:, 1:], c, rcond=None)[0] ** 2 + np.linalg.lstsq(S[:, 1:], c)[1],
        np.linalg.lstsq(S[1:, 1:], b2)[0] + np.sum(np.linalg.lstsq(S[1:, 1:], b2)[1]),
        np.linalg.lstsq(S[:, 1:], c)[3] ** 2 * np.linalg.lstsq(S[:, 1:], c)[2],
    ),
    "linalg.matrix_power": lambda S: np.linalg.matrix_power(S, 3) + np.linalg.matrix_power(S, -2),
    "linalg.multi_dot": lambda a, c, S: np.linalg.multi_dot([a, S, c]),
    "linalg.norm": lambda a, u: (
        np.linalg.norm(a) * np.linalg.norm(u),
        np.linalg.norm(a, axis=1, keepdims=True) * a,
        np.linalg.norm(u, 1) * np.linalg.norm(u, np.inf) * np.linalg.norm(u, 3),
    ),
    "linalg.norm of a matrix": lambda a: (
        np.linalg.norm(a, "fro") * np.linalg.norm(a, 1) * np.linalg.norm(a, np.inf),
        np.linalg.norm(a, 2) * np.linalg.norm(a, "nuc") * np.linalg.norm(a, -2),
    ),
    "linalg.vector_norm matrix_norm": lambda a: (
        np.linalg.vector_norm(a, axis=0, ord=-np.inf) ** 2 * np.linalg.vector_norm(a)
        + np.linalg.matrix_norm(a) * np.linalg.vector_norm(a, ord=0)
    ),
    "linalg.matmul outer vecdot": lambda a, b, c, u: (
        np.linalg.matmul(a, c),
        np.linalg.outer(u, u),
        np.linalg.vecdot(a, b) * np.linalg.tensordot(a, b, axes=2),
        np.linalg.cross(a, b, axis=0),
        np.linalg.diagonal(a[:, :3]) ** 2 + np.linalg.matrix_transpose(a)[0],
    ),
}

FUNCTIONS = {**UFUNCS, **REDUCTIONS, **MOVES, **PRODUCTS}
