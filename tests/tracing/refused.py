"""Snippets that lose a gradient, each at the line marked `lost`."""

from __future__ import annotations

import builtins
import io
import pickle
import statistics
from typing import Any

import numpy as np
from scipy import linalg, signal, sparse, special, stats
from scipy.spatial import distance

SPARSE = sparse.csr_matrix(np.eye(3))
PLAIN = np.zeros(3)
ALONG: Any = {"axis": 0}
CACHE: dict[str, float] = {}
CALLS: list[int] = []


def outside(w: Any) -> Any:
    """A helper that leaves the trace."""
    return statistics.fmean([w, 1.0])  # lost


def by_statistics(w: Any) -> Any:
    return w[0] + statistics.fmean(w) ** 2  # lost


def by_helper(w: Any) -> Any:
    return np.sum(w) * outside(w[0])


def by_float(w: Any) -> Any:
    doubled = 2.0 * builtins.float(w[0])  # lost
    return doubled * w[1]


def by_complex(w: Any) -> Any:
    return abs(complex(w[0]) ** 2) * w[1]  # lost


def by_array2string(w: Any) -> Any:
    text = np.array2string(w, precision=17)  # lost
    return sum(map(float, text[1:-1].split())) * w[0]


def by_astype_text(w: Any) -> Any:
    first = w.astype(str).astype(float)  # lost
    return first.sum() * w[1]


def by_file(w: Any) -> Any:
    file = io.BytesIO()
    np.save(file, w)  # lost
    file.seek(0)
    return np.load(file).sum() * w[1]


def by_plain_destination(w: Any) -> Any:
    PLAIN[1] = w[0]  # lost
    return np.sum(PLAIN**2) + w[1]


def by_random_destination(w: Any) -> Any:
    h = np.random.default_rng(0).normal(size=3)
    h[0] = w[0]  # lost
    return np.sum(h * w)


def by_plain_out(w: Any) -> Any:
    h = np.random.default_rng(0).normal(size=3)
    np.multiply(h, w, out=h)  # lost
    return h.sum() + w[0]


def by_plain_in_place(w: Any) -> Any:
    h = np.random.default_rng(0).normal(size=3)
    h *= w  # lost
    return np.sum(h) + w[0]


def by_plain_masked_out(w: Any) -> Any:
    h = np.random.default_rng(0).normal(size=3)
    np.exp(w, out=h, where=w > 0)  # lost
    return h.sum() + w[0]


def by_plain_add_at(w: Any) -> Any:
    h = np.random.default_rng(0).normal(size=3)
    np.add.at(h, [0, 0, 1], w)  # lost
    return h.sum() + w[0]


def by_plain_copyto(w: Any) -> Any:
    h = np.random.default_rng(0).normal(size=3)
    np.copyto(h, w)  # lost
    return h.sum() + w[0]


def by_plain_fill(w: Any) -> Any:
    h = np.random.default_rng(0).normal(size=3)
    h.fill(w[0])  # lost
    return h @ w


def by_imported_conversion(w: Any) -> Any:
    from numpy import asarray

    return np.sum(asarray(w) ** 2) + w[0]  # lost


def by_ufunc_of_a_list(w: Any) -> Any:
    return np.sum(np.exp([w[0], 1.0])) + w[1]  # lost


def by_cache(w: Any) -> Any:
    if "scale" not in CACHE:
        CACHE["scale"] = 3.0 * builtins.float(w[0])  # lost
    return CACHE["scale"] * w[1]


def by_chance(w: Any) -> Any:
    CALLS.append(0)
    print(builtins.float(w[0]))  # lost
    return w[1] * len(CALLS)


def by_error(w: Any) -> Any:
    if abs(builtins.float(w[0]) - 0.5) > 1e-12:  # lost
        raise ArithmeticError
    return w[1]


def by_text(w: Any) -> Any:
    first = float(f"{w[0]:.17g}")  # lost
    return first * w[1]


def by_result(w: Any) -> Any:
    return builtins.float(w[0]) + builtins.float(w[1])  # lost


def unsupported_function(w: Any) -> Any:
    return np.histogram(w, weights=w)[0].sum()  # lost


def unsupported_argument(w: Any) -> Any:
    return np.quantile(w, 0.5, method="inverted_cdf", weights=[1, 2, 1])  # lost


def another_distribution(w: Any) -> Any:
    return stats.crystalball.logpdf(w, 2.0, 3.0).sum()  # lost


def method_without_a_form(w: Any) -> Any:
    return stats.t(5.0).cdf(w).sum()  # lost


def signed_logsumexp(w: Any) -> Any:
    return special.logsumexp(w, return_sign=True)[0]  # lost


def shape_of_a_gamma(w: Any) -> Any:
    return stats.gamma.cdf(w, w[0]).sum()  # lost


def other_metric(w: Any) -> Any:
    return distance.cdist(w[:, None], w[:, None], "jensenshannon").sum()  # lost


def metric_of_the_users(w: Any) -> Any:
    return distance.pdist(w[:, None], lambda x, y: (x - y)[0] ** 2).sum()  # lost


def order_of_a_polygamma(w: Any) -> Any:
    return special.polygamma([1, 2, 3], w).sum()  # lost


def banded_solve(w: Any) -> Any:
    return linalg.solve(np.diag(w), w, assume_a="diagonal").sum()  # lost


def other_eigenvalues(w: Any) -> Any:
    return linalg.eigvalsh(np.outer(w, w), subset_by_index=[1, 2]).sum()  # lost


def pivoted_factors(w: Any) -> Any:
    return linalg.qr(np.outer(w, w) + np.eye(3), pivoting=True)[1].sum()  # lost


def filter_with_a_state(w: Any) -> Any:
    return signal.lfilter([1.0], [1.0, 0.5], w, zi=[0.1])[0].sum()  # lost


def even_correlation(w: Any) -> Any:
    return signal.correlate2d(np.outer(w, w), np.ones((2, 2)), "same").sum()  # lost


def traced_filter(w: Any) -> Any:
    return signal.savgol_filter(w, 3, 1, delta=w[0]).sum()  # lost


def scaled_sparse(w: Any) -> Any:
    return (SPARSE * w[0]).sum()  # lost


def quantile_of_a_level(w: Any) -> Any:
    return np.quantile(w, w[0], method="lower")  # lost


def unsupported_ufunc(w: Any) -> Any:
    return np.sum(np.spacing(w))  # lost


def unsupported_axes(w: Any) -> Any:
    return np.sum(np.vecdot(w[:, None], w[:, None], **ALONG))  # lost


def singular_vectors(w: Any) -> Any:
    return np.linalg.svd(np.outer(w, w)[:2])[2].sum()  # lost


def wide_factors(w: Any) -> Any:
    return np.linalg.qr(np.outer(w, w)[:2])[1].sum()  # lost


def complete_factors(w: Any) -> Any:
    return np.linalg.qr(np.outer(w, w)[:, :2], "complete")[0].sum()  # lost


def complex_eigenvalues(w: Any) -> Any:
    return np.linalg.eigvals(np.outer(w, w)).real.sum()  # lost


def transformed(w: Any) -> Any:
    return np.fft.hfft(w).sum()  # lost


def planar_cross(w: Any) -> Any:
    return np.sum(np.cross(w[:, None] * np.ones(2), w[:, None] * np.ones(2)))  # lost


def curved_gradient(w: Any) -> Any:
    return np.sum(np.gradient(w, w[0]))  # lost


def long_double(w: Any) -> Any:
    return np.sum(np.multiply(w, w, dtype=np.longdouble))  # lost


def bytes_as_integers(w: Any) -> Any:
    return np.sum(w.view(np.int64) * w)  # lost


def bytes_out(w: Any) -> Any:
    return len(w.tobytes()) * w[0]  # lost


def flat_of_a_gap(w: Any) -> Any:
    return np.sum(np.stack([w, w]).T.flat[1:3])  # lost


def pickled(w: Any) -> Any:
    return len(pickle.dumps(w)) * w[0]  # lost


def base_memory(w: Any) -> Any:
    return np.sum(w[:2].base) + w[0]  # lost


def wider_than_its_parts(w: Any) -> Any:
    return np.mean(w.astype(np.float32), dtype=np.float64)  # lost


def overlapping_writer(w: Any) -> Any:
    h = np.outer(w, w)
    np.fill_diagonal(h, h[0])  # lost
    return h.sum()


def lent_memory(w: Any) -> Any:
    h = np.zeros(3)
    view = h.__array__()
    h[0] = w[0]  # lost
    return np.sum(h) + view.sum()


def writing_function(w: Any) -> Any:
    return np.nan_to_num(w * 2, copy=False).sum() + np.sum(np.linalg.pinv(np.outer(w, w)))  # lost


REFUSED = (
    by_statistics,
    by_helper,
    by_float,
    by_complex,
    by_plain_destination,
    by_random_destination,
    by_plain_out,
    by_plain_in_place,
    by_plain_masked_out,
    by_plain_add_at,
    by_plain_copyto,
    by_plain_fill,
    by_imported_conversion,
    by_ufunc_of_a_list,
    by_cache,
    by_chance,
    by_error,
    by_result,
    by_text,
    by_array2string,
    by_astype_text,
    by_file,
    unsupported_function,
    unsupported_argument,
    another_distribution,
    method_without_a_form,
    signed_logsumexp,
    shape_of_a_gamma,
    other_metric,
    metric_of_the_users,
    order_of_a_polygamma,
    banded_solve,
    other_eigenvalues,
    pivoted_factors,
    filter_with_a_state,
    even_correlation,
    traced_filter,
    scaled_sparse,
    quantile_of_a_level,
    unsupported_ufunc,
    unsupported_axes,
    singular_vectors,
    wide_factors,
    complete_factors,
    complex_eigenvalues,
    transformed,
    curved_gradient,
    *([planar_cross] if np.lib.NumpyVersion(np.__version__) < "2.5.0" else []),  # gone since
    long_double,
    bytes_as_integers,
    bytes_out,
    base_memory,
    wider_than_its_parts,
    flat_of_a_gap,
    pickled,
    lent_memory,
    overlapping_writer,
    writing_function,
)
