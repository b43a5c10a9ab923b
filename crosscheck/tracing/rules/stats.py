"""`scipy.stats`: the methods of its distributions, and some of its functions."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.tracing.registry import COMPOSED, REPLACED, register, register_all
from crosscheck.tracing.rules.distributions import DISTRIBUTIONS
from crosscheck.tracing.rules.imported import special
from crosscheck.tracing.rules.linalg import from_triangle
from crosscheck.tracing.values import as_array

if TYPE_CHECKING:
    import scipy.stats  # imported by the user's code or not at all


def multivariate_normal(x: Any, mean: Any = None, cov: Any = 1, allow_singular: Any = False) -> Any:
    """Logarithm of the density; SciPy reads the lower triangle of the covariance."""
    x, cov = as_array(x), as_array(cov)
    length = max(np.size(0 if mean is None else mean), np.shape(cov)[0] if cov.ndim > 1 else 1)
    if cov.ndim < 2:  # noqa: PLR2004  # variances
        cov = np.eye(length) * cov
    cov = from_triangle(cov, "L")
    deviation = x - (0.0 if mean is None else as_array(mean))
    if length == 1 and (deviation.ndim == 0 or deviation.shape[-1] != 1):
        deviation = deviation[..., None]
    rows = np.reshape(deviation, (-1, length))
    squares = np.sum(rows * np.linalg.solve(cov, rows.T).T, axis=-1)
    constant = length * np.log(2 * np.pi) + np.linalg.slogdet(cov)[1]
    return np.reshape(-0.5 * (constant + squares), deviation.shape[:-1])


def frozen_normal(mean: Any = None, cov: Any = 1, allow_singular: Any = False, **_: Any) -> Any:
    """A distribution that knows its mean and covariance."""
    of = sys.modules["scipy.stats"].multivariate_normal
    return types.SimpleNamespace(
        mean=mean,
        cov=cov,
        logpdf=lambda x: of.logpdf(x, mean, cov, allow_singular),
        pdf=lambda x: of.pdf(x, mean, cov, allow_singular),
    )


def entropy(pk: Any, qk: Any = None, base: Any = None, axis: int = 0) -> Any:
    """Entropy of weights, or their divergence from others."""
    p = pk / np.sum(pk, axis=axis, keepdims=True)
    if qk is None:
        total = np.sum(special.entr(p), axis=axis)
    else:
        q = qk / np.sum(qk, axis=axis, keepdims=True)
        total = np.sum(special.rel_entr(p, q), axis=axis)
    return total if base is None else total / np.log(base)


def zscore(a: Any, axis: Any = 0, ddof: int = 0) -> Any:
    """Deviations from the mean, in standard deviations."""
    return (a - np.mean(a, axis=axis, keepdims=True)) / np.std(
        a, axis=axis, ddof=ddof, keepdims=True
    )


def standard_error(a: Any, axis: Any = 0, ddof: int = 1) -> Any:
    """The standard deviation of a mean."""
    a = np.ravel(a) if axis is None else a
    return np.std(a, axis=axis or 0, ddof=ddof) / np.sqrt(np.shape(a)[axis or 0])


def moment_ratio(order: int, less: float) -> Callable[..., Any]:
    """The central moment of an order, in units of the standard deviation."""

    def rule(a: Any, axis: Any = 0, fisher: bool = True) -> Any:
        deviation = a - np.mean(a, axis=axis, keepdims=True)
        spread = np.mean(deviation**2, axis=axis) ** (order / 2)
        return np.mean(deviation**order, axis=axis) / spread - (less if fisher else 0.0)

    return rule


# Where a shape is the first argument of an incomplete gamma function, which is a constant.
CONSTANT_SHAPES = frozenset({"gamma", "chi2", "invgamma"})


def _example(name: str, methods: Sequence[str]) -> Callable[..., Any]:
    """Call the methods with a traced variable, shapes, location and scale."""
    of, constant = DISTRIBUTIONS[name], name in CONSTANT_SHAPES
    start = 2.5 if name == "pareto" else 0.1
    inside = np.zeros(1) if name == "bernoulli" else np.arange(1.0, 4.0)

    def calls(u: Any, s: Any, v: Any) -> Any:
        shapes = {n: 3.0 if n == "n" else v[k] + (n != "p") for k, n in enumerate(of.shapes)}
        known = {n: float(2 + k) for k, n in enumerate(of.shapes)}
        results = []
        for method in methods:
            call = getattr(getattr(scipy.stats, name), method)
            given = known if constant and not method.endswith("pdf") else shapes
            finite = method.startswith("log")  # inside the support
            if of.discrete:
                counts = inside if finite else np.arange(-1.0, 3.0)
                results.append(call(counts, **given) + u[0])
            elif method in {"ppf", "isf"}:
                results.append(call(u, **given, loc=s) + call(0.3, *given.values(), 0.0, u))
            else:
                x = start + (0.5 if finite or name == "beta" else 2) * u
                results.append(call(x, *given.values(), 0.1 * s, 1 + s))
        return results

    return calls


def _others(u: Any, v: Any, a: Any, S: Any) -> Any:
    m = scipy.stats
    return (
        m.multivariate_normal.logpdf(a, u[:4], S @ S.T + 2 * np.eye(4))
        + m.multivariate_normal.logpdf(u, v, 2.0),
        m.multivariate_normal.pdf(a[0], np.zeros(4), cov=u[:4])
        + m.multivariate_normal.logpdf(u, 0.5, 1 + u[0]),
        m.multivariate_normal(v[:4], S @ S.T + 2 * np.eye(4)).logpdf(a)
        + m.norm(u[0], v[1]).logpdf(a[:, 0]),
        m.entropy(u) * m.entropy(u, v, base=2) + m.entropy(a, axis=1),
        m.zscore(S) * m.zscore(S, axis=None, ddof=1),
        m.gmean(a) * m.hmean(a, axis=0) + m.sem(u) * m.sem(S, axis=None) + m.skew(S, axis=0),
        m.kurtosis(S, axis=1) * m.kurtosis(S, axis=1, fisher=False),
    )


for _name, _one in DISTRIBUTIONS.items():
    _rules = _one.methods()
    register_all(f"scipy.stats.{_name}", COMPOSED, _rules, _example(_name, [*_rules]))
register_all(
    "scipy.stats",
    COMPOSED,
    {
        "multivariate_normal.logpdf": multivariate_normal,
        "multivariate_normal.pdf": lambda *args, **kwargs: np.exp(
            multivariate_normal(*args, **kwargs)
        ),
        "entropy": entropy,
        "zscore": zscore,
        "sem": standard_error,
        "gmean": lambda a, axis=0: np.exp(np.mean(np.log(a), axis=axis)),
        "hmean": lambda a, axis=0: 1 / np.mean(1 / as_array(a), axis=axis),
        "skew": moment_ratio(3, 0.0),
        "kurtosis": moment_ratio(4, 3.0),
    },
    _others,
)
register("scipy.stats.multivariate_normal.__call__", REPLACED, frozen_normal, _others)
