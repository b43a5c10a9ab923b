"""Functions whose truth comes from mpmath, in 40 digits."""

from __future__ import annotations

import mpmath
import numpy as np
from scipy import special

from benchmarks.accuracy.attack.case import family
from benchmarks.accuracy.attack.cases.saturation import each

KIND = "special functions"
R = np.random.default_rng(24).standard_normal
C = R(5)


def summed(function):
    """Return Σ c·f(x) with f from mpmath."""
    return lambda x: np.sum(each(function)(x) * C[: x.size])


def cases():
    pi = np.sqrt(np.pi)
    pos, any_ = {"x": np.abs(R(5)) + 0.4}, {"x": R(5)}
    yield from family(
        "erf",
        lambda x: np.sum(special.erf(x) * C),
        any_,
        lambda x: 2 / pi * np.exp(-(x**2)) * C,
        {
            "2 forgotten": lambda x: np.exp(-(x**2)) / pi * C,
            "√2 of the normal law": lambda x: 2 / pi * np.exp(-(x**2) / 2) * C,
        },
        exact=summed(mpmath.erf),
    )
    yield from family(
        "log gamma",
        lambda x: np.sum(special.gammaln(x) * C),
        pos,
        lambda x: special.digamma(x) * C,
        {
            "log x for digamma": lambda x: np.log(x) * C,
            "Stirling": lambda x: (np.log(x) - 1 / (2 * x)) * C,
        },
        exact=summed(mpmath.loggamma),
        around=0.02,
    )
    yield from family(
        "expit",
        lambda x: np.sum(special.expit(x) * C),
        {"x": 5 * R(5)},
        lambda x: special.expit(x) * special.expit(-x) * C,
        {"one factor": lambda x: special.expit(x) * C},
        exact=summed(lambda t: 1 / (1 + mpmath.exp(-t))),
    )
    yield from family(
        "log of expit",
        lambda x: np.sum(np.log(special.expit(x)) * C),
        any_,
        lambda x: special.expit(-x) * C,
        {"sign": lambda x: -special.expit(x) * C},
        exact=summed(lambda t: -mpmath.log(1 + mpmath.exp(-t))),
    )
    yield from family(
        "softplus by log1p",
        lambda x: np.sum(np.log1p(np.exp(x)) * C),
        any_,
        lambda x: C / (1 + np.exp(-x)),
        {"expm1": lambda x: C / (1 + np.expm1(-x))},
        exact=summed(lambda t: mpmath.log(1 + mpmath.exp(t))),
    )
    yield from family(
        "arctan2 across quadrants",
        lambda x: np.sum(np.arctan2(x, C)),
        any_,
        lambda x: C / (x**2 + C**2),
        {"x for c": lambda x: x / (x**2 + C**2)},
        exact=lambda x: sum(
            each(lambda t, c=c: mpmath.atan2(t, c))(np.array([v]))[0]
            for v, c in zip(x, C, strict=True)
        ),
    )
    yield from family(
        "x log x",
        lambda x: np.sum(x * np.log(x) * C),
        pos,
        lambda x: (np.log(x) + 1) * C,
        {"1 forgotten": lambda x: np.log(x) * C},
        exact=summed(lambda t: t * mpmath.log(t)),
        around=0.02,
    )
    yield from family(
        "xlogy",
        lambda x: np.sum(special.xlogy(x, x) * C),
        pos,
        lambda x: (np.log(x) + 1) * C,
        {"one argument": lambda x: np.log(x) * C},
        exact=summed(lambda t: t * mpmath.log(t)),
        around=0.02,
    )
    yield from family(
        "x to the x",
        lambda x: np.sum(x**x * C),
        pos,
        lambda x: x**x * (np.log(x) + 1) * C,
        {
            "power rule": lambda x: x * x ** (x - 1) * C,
            "exponential rule": lambda x: x**x * np.log(x) * C,
        },
        exact=summed(lambda t: t**t),
        around=0.02,
    )
    yield from family(
        "sinc",
        lambda x: np.sum(np.sinc(x) * C),
        any_,
        lambda x: (np.cos(np.pi * x) - np.sinc(x)) / x * C,
        {"π forgotten": lambda x: (np.cos(x) - np.sinc(x)) / x * C},
        exact=summed(lambda t: mpmath.sinpi(t) / (mpmath.pi * t)),
    )
    yield from family(
        "logsumexp of scipy",
        lambda x: special.logsumexp(3 * x) * 2,
        any_,
        lambda x: 6 * special.softmax(3 * x),
        {"3 forgotten": lambda x: 2 * special.softmax(3 * x)},
        exact=lambda x: 2 * each(mpmath.log)(np.array([np.sum(each(mpmath.exp)(3 * x))]))[0],
    )
    yield from family(
        "expm1 near zero",
        lambda x: np.sum(np.expm1(x) ** 2 * C),
        {"x": 1e-5 * R(5)},
        lambda x: 2 * np.expm1(x) * np.exp(x) * C,
        {"exp − 1": lambda x: 2 * np.expm1(x) * C, "x": lambda x: 2 * x * C},
        exact=summed(lambda t: mpmath.expm1(t) ** 2),
        scale=1e-5,
    )
    yield from family(
        "cube root",
        lambda x: np.sum(np.cbrt(x) * C),
        pos,
        lambda x: C / (3 * np.cbrt(x) ** 2),
        {"square root": lambda x: C / (2 * np.sqrt(x))},
        exact=summed(lambda t: mpmath.cbrt(t)),
        around=0.02,
    )
    yield from family(
        "arcsin near 1",
        lambda x: np.sum(np.arcsin(x) * C[:3]),
        {"x": np.array([0.99, -0.9, 0.5])},
        lambda x: C[:3] / np.sqrt(1 - x**2),
        {"1 − x": lambda x: C[:3] / np.sqrt(1 - np.abs(x))},
        exact=summed(mpmath.asin),
        around=0.0005,
        scale=0.005,
    )
    yield from family(
        "Student's t likelihood",
        lambda x: np.sum(np.log1p(x**2 / 3) * C) + np.sum(special.gammaln(x**2 + 1)),
        any_,
        lambda x: 2 * x / (3 + x**2) * C + 2 * x * special.digamma(x**2 + 1),
        {"inner derivative of Γ": lambda x: 2 * x / (3 + x**2) * C + special.digamma(x**2 + 1)},
        exact=lambda x: (
            summed(lambda t: mpmath.log(1 + t**2 / 3))(x)
            + np.sum(each(lambda t: mpmath.loggamma(t**2 + 1))(x))
        ),
    )
    yield from family(
        "normal distribution function",
        lambda x: np.sum(special.ndtr(x) * C),
        any_,
        lambda x: np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi) * C,
        {"√2 forgotten": lambda x: np.exp(-(x**2) / 2) / pi * C},
        exact=summed(mpmath.ncdf),
        is_easy=False,
    )
