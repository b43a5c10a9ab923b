"""The closed forms of SciPy's distributions, from its documentation of each.

`k` is a count, `y` the standardised variable; then come the shapes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from crosscheck.tracing.rules.distribution import Distribution
from crosscheck.tracing.rules.imported import special
from crosscheck.tracing.rules.special import betaln
from crosscheck.tracing.values import plain

TWO_PI = 2 * np.pi


def _choose(n: Any, k: Any) -> Any:
    """Logarithm of a binomial coefficient."""
    return special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)


def _log_t(y: Any, df: Any) -> Any:
    constant = special.gammaln((df + 1) / 2) - special.gammaln(df / 2) - np.log(df * np.pi) / 2
    return constant - (df + 1) / 2 * np.log1p(y * y / df)


def _log_f(y: Any, m: Any, n: Any) -> Any:
    shape = m / 2 * np.log(m) + n / 2 * np.log(n) + special.xlogy(m / 2 - 1, y)
    return shape - (m + n) / 2 * np.log(n + m * y) - betaln(m / 2, n / 2)


def _two_sided(y: Any) -> Any:
    """The cdf of Laplace's distribution."""
    half = np.exp(-np.abs(y)) / 2
    return np.where(plain(y) > 0, 1 - half, half)


POSITIVE = (0.0, np.inf)
UNIT = (0.0, 1.0)

DISTRIBUTIONS: dict[str, Distribution] = {
    "norm": Distribution(
        forms={
            "log": lambda y: -y * y / 2 - np.log(TWO_PI) / 2,
            "cdf": lambda y: special.ndtr(y),
            "sf": lambda y: special.ndtr(-y),
            "logcdf": lambda y: special.log_ndtr(y),
            "logsf": lambda y: special.log_ndtr(-y),
            "ppf": lambda q: special.ndtri(q),
        }
    ),
    "t": Distribution(("df",), {"log": _log_t}),
    "f": Distribution(("dfn", "dfd"), {"log": _log_f}, POSITIVE),
    "gamma": Distribution(
        ("a",),
        {
            "log": lambda y, a: special.xlogy(a - 1, y) - y - special.gammaln(a),
            "cdf": lambda y, a: special.gammainc(a, y),
            "sf": lambda y, a: special.gammaincc(a, y),
        },
        POSITIVE,
    ),
    "chi2": Distribution(
        ("df",),
        {
            "log": lambda y, df: (
                special.xlogy(df / 2 - 1, y)
                - y / 2
                - special.gammaln(df / 2)
                - df / 2 * np.log(2.0)
            ),
            "cdf": lambda y, df: special.gammainc(df / 2, y / 2),
            "sf": lambda y, df: special.gammaincc(df / 2, y / 2),
        },
        POSITIVE,
    ),
    "invgamma": Distribution(
        ("a",),
        {
            "log": lambda y, a: -(a + 1) * np.log(y) - special.gammaln(a) - 1 / y,
            "cdf": lambda y, a: special.gammaincc(a, 1 / y),
            "sf": lambda y, a: special.gammainc(a, 1 / y),
        },
        POSITIVE,
    ),
    "beta": Distribution(
        ("a", "b"),
        {
            "log": lambda y, a, b: (
                special.xlogy(a - 1, y) + special.xlog1py(b - 1, -y) - betaln(a, b)
            )
        },
        UNIT,
    ),
    "expon": Distribution(
        (),
        {
            "log": lambda y: -y,
            "cdf": lambda y: -np.expm1(-y),
            "sf": lambda y: np.exp(-y),
            "logsf": lambda y: -y,
            "ppf": lambda q: -np.log1p(-q),
        },
        POSITIVE,
    ),
    "uniform": Distribution(
        (),
        {
            "log": lambda y: 0.0 * y,
            "cdf": lambda y: y,
            "sf": lambda y: 1 - y,
            "ppf": lambda q: q,
        },
        UNIT,
    ),
    "laplace": Distribution(
        (),
        {
            "log": lambda y: -np.abs(y) - np.log(2.0),
            "cdf": _two_sided,
            "sf": lambda y: _two_sided(-y),
            "ppf": lambda q: np.where(
                plain(q) > 0.5,  # noqa: PLR2004  # the median
                -np.log(2 * (1 - q)),
                np.log(2 * q),
            ),
        },
    ),
    "logistic": Distribution(
        (),
        {
            "log": lambda y: special.log_expit(y) + special.log_expit(-y),
            "cdf": lambda y: special.expit(y),
            "sf": lambda y: special.expit(-y),
            "logcdf": lambda y: special.log_expit(y),
            "logsf": lambda y: special.log_expit(-y),
            "ppf": lambda q: special.logit(q),
        },
    ),
    "lognorm": Distribution(
        ("s",),
        {
            "log": lambda y, s: -((np.log(y) / s) ** 2) / 2 - np.log(s * y * np.sqrt(TWO_PI)),
            "cdf": lambda y, s: special.ndtr(np.log(y) / s),
            "sf": lambda y, s: special.ndtr(-np.log(y) / s),
            "logcdf": lambda y, s: special.log_ndtr(np.log(y) / s),
            "logsf": lambda y, s: special.log_ndtr(-np.log(y) / s),
            "ppf": lambda q, s: np.exp(s * special.ndtri(q)),
        },
        POSITIVE,
    ),
    "cauchy": Distribution(
        (),
        {
            "log": lambda y: -np.log(np.pi) - np.log1p(y * y),
            "cdf": lambda y: 0.5 + np.arctan(y) / np.pi,
            "sf": lambda y: 0.5 - np.arctan(y) / np.pi,
            "ppf": lambda q: np.tan(np.pi * (q - 0.5)),
        },
    ),
    "halfnorm": Distribution(
        (),
        {
            "log": lambda y: np.log(2 / np.pi) / 2 - y * y / 2,
            "cdf": lambda y: special.erf(y / np.sqrt(2.0)),
            "sf": lambda y: special.erfc(y / np.sqrt(2.0)),
            "ppf": lambda q: special.ndtri((1 + q) / 2),
        },
        POSITIVE,
    ),
    "weibull_min": Distribution(
        ("c",),
        {
            "log": lambda y, c: np.log(c) + special.xlogy(c - 1, y) - y**c,
            "cdf": lambda y, c: -np.expm1(-(y**c)),
            "sf": lambda y, c: np.exp(-(y**c)),
            "logsf": lambda y, c: -(y**c),
            "ppf": lambda q, c: (-np.log1p(-q)) ** (1 / c),
        },
        POSITIVE,
    ),
    "pareto": Distribution(
        ("b",),
        {
            "log": lambda y, b: np.log(b) - (b + 1) * np.log(y),
            "cdf": lambda y, b: 1 - y**-b,
            "sf": lambda y, b: y**-b,
            "ppf": lambda q, b: (1 - q) ** (-1 / b),
        },
        (1.0, np.inf),
        inner=2.0,
    ),
    "gumbel_r": Distribution(
        (),
        {
            "log": lambda y: -y - np.exp(-y),
            "cdf": lambda y: np.exp(-np.exp(-y)),
            "logcdf": lambda y: -np.exp(-y),
            "sf": lambda y: -np.expm1(-np.exp(-y)),
            "ppf": lambda q: -np.log(-np.log(q)),
        },
    ),
    "gumbel_l": Distribution(
        (),
        {
            "log": lambda y: y - np.exp(y),
            "cdf": lambda y: -np.expm1(-np.exp(y)),
            "sf": lambda y: np.exp(-np.exp(y)),
            "logsf": lambda y: -np.exp(y),
            "ppf": lambda q: np.log(-np.log1p(-q)),
        },
    ),
    "rayleigh": Distribution(
        (),
        {
            "log": lambda y: np.log(y) - y * y / 2,
            "cdf": lambda y: -np.expm1(-y * y / 2),
            "sf": lambda y: np.exp(-y * y / 2),
            "logsf": lambda y: -y * y / 2,
            "ppf": lambda q: np.sqrt(-2 * np.log1p(-q)),
        },
        POSITIVE,
    ),
    "vonmises": Distribution(
        ("kappa",),
        {"log": lambda y, k: k * (np.cos(y) - 1) - np.log(TWO_PI) - np.log(special.i0e(k))},
    ),
    "skewnorm": Distribution(
        ("a",),
        {"log": lambda y, a: np.log(2 / TWO_PI**0.5) - y * y / 2 + special.log_ndtr(a * y)},
    ),
    "poisson": Distribution(
        ("mu",),
        {
            "log": lambda k, mu: special.xlogy(k, mu) - special.gammaln(k + 1) - mu,
            "cdf": lambda k, mu: special.gammaincc(k + 1, mu),
            "sf": lambda k, mu: special.gammainc(k + 1, mu),
        },
        POSITIVE,
        discrete=True,
    ),
    "binom": Distribution(
        ("n", "p"),
        {"log": lambda k, n, p: _choose(n, k) + special.xlogy(k, p) + special.xlog1py(n - k, -p)},
        (0.0, lambda n, p: n),
        inner=0.0,
        discrete=True,
    ),
    "bernoulli": Distribution(
        ("p",),
        {
            "log": lambda k, p: special.xlogy(k, p) + special.xlog1py(1 - k, -p),
            "cdf": lambda k, p: np.where(plain(k) < 1, 1 - p, 1.0),
            "sf": lambda k, p: np.where(plain(k) < 1, p, 0.0),
        },
        UNIT,
        inner=0.0,
        discrete=True,
    ),
    "nbinom": Distribution(
        ("n", "p"),
        {
            "log": lambda k, n, p: (
                special.gammaln(n + k)
                - special.gammaln(k + 1)
                - special.gammaln(n)
                + n * np.log(p)
                + special.xlog1py(k, -p)
            )
        },
        POSITIVE,
        discrete=True,
    ),
    "geom": Distribution(
        ("p",),
        {
            "log": lambda k, p: special.xlog1py(k - 1, -p) + np.log(p),
            "cdf": lambda k, p: 1 - (1 - p) ** k,
            "sf": lambda k, p: (1 - p) ** k,
            "logsf": lambda k, p: k * np.log1p(-p),
        },
        (1.0, np.inf),
        inner=1.0,
        discrete=True,
    ),
    "betabinom": Distribution(
        ("n", "a", "b"),
        {"log": lambda k, n, a, b: _choose(n, k) + betaln(k + a, n - k + b) - betaln(a, b)},
        (0.0, lambda n, a, b: n),
        inner=0.0,
        discrete=True,
    ),
}
