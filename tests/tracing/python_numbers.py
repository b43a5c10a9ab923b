"""Python's numbers and types on the way, and SciPy's functions by other ways of writing."""

from __future__ import annotations

import functools
import itertools
import math
import operator
from collections.abc import Callable
from math import exp as power_of_e
from typing import Any

import numpy as np
import scipy.special
from scipy import linalg, special, stats
from scipy.special import logsumexp
from scipy.stats import norm

ERF = np.vectorize(math.erf)
KINDS: list[Any] = [np.float64]
FLOAT_KINDS = (np.float32, np.float64, float)


def converted(u: Any) -> Any:
    """Numbers taken out by every name, and used in Python's arithmetic."""
    first = 2.0 * float(u[0]) + u[1].item() ** 2 - u.item(2) / 3
    second = np.float64(u[3]) * float(np.sum(u**2)) + np.float64(u[:1].reshape(()))
    return first * second + float(3) * np.float64(2.0) + abs(-float(u[4])) // 10


def listed(a: Any, u: Any) -> Any:
    """Lists of numbers, by Python's own functions."""
    rows, numbers = a.tolist(), u.tolist()
    products = sum(row[0] * row[1] for row in rows)
    ordered = sorted(numbers)
    powers = sum(k * value for k, value in enumerate(ordered)) + max(numbers) * min(numbers)
    running = list(itertools.accumulate(numbers, operator.mul))[-1]
    return products + powers + running + functools.reduce(operator.add, numbers) ** 2


def by_math(u: Any) -> Any:
    """Functions of `math`, of the module, by name, mapped and vectorised."""
    mapped = sum(map(math.exp, u)) + math.fsum(math.log(v) ** 2 for v in u.tolist())
    return mapped * power_of_e(u[0]) + ERF(u).sum() + math.prod(u) + math.fsum([0.5, 2.0])


def rounded(u: Any) -> Any:
    """Steps, which have no slope."""
    return u[0] * round(u[1].item(), 1) + round(u[2]) * u[3] + int(10 * u[4].item()) * u[0]


def asked_for_types(u: Any, s: Any) -> Any:
    """What asks for exact types, or makes something of a type."""
    kinds = (type(u), type(u[0]), type(u.item(0)))
    if any(a is not b for a, b in zip(kinds, (np.ndarray, np.float64, float), strict=True)):
        raise TypeError
    if not (isinstance(s, float) and isinstance(u[0], np.float64) and issubclass(bool, int)):
        raise TypeError
    assert issubclass(KINDS[0], float)
    assert {(1.0).__class__: 1} == {float: 1}
    if not (u.dtype == np.float64 and u.dtype in FLOAT_KINDS and {float: 1}[float] == 1):
        raise TypeError

    class Mine(float):
        """A number of the user's."""

    made = (float | None, str | float, Mine, float.fromhex("0x1p0"), repr(float))
    assert isinstance(1.0, made[0])
    assert isinstance(1.0, made[1])
    assert not hasattr(type, "dtype")
    grid = np.zeros(5, dtype=float) + np.asarray(u, np.float64).astype(float)
    return np.sum(grid * u) * Mine(s) if s > 9 else np.sum(grid * u) * s


def printed(u: Any) -> Any:
    """Python floats look as they do without tracing."""
    text = f"{u.tolist()} {u[0].item()!r} {u[1].item()} {u[2].item():.3f}"
    return u.sum() ** 2 * ("np.float64" not in text)


def imported_within(u: Any, a: Any) -> Any:
    """Names that the function imports itself, and lists."""
    from scipy.special import softmax

    ends = logsumexp([u[0], u[1], 0.0]) * special.logsumexp(a, axis=(0, 1))
    return ends + softmax(a, axis=0)[0, 1] * scipy.special.log_softmax(u)[2]


def frozen(u: Any, s: Any) -> Any:
    """Distributions that know their parameters."""
    x = np.linspace(-1, 2, 4)
    one = norm(u[0], s)
    return (
        one.logpdf(x).sum() + stats.norm(loc=u[1], scale=np.exp(s)).cdf(x).sum()
        + stats.t(df=2 + s).logpdf(u).sum() + stats.poisson(mu=u).logpmf([0, 1, 3, 2, 1]).sum()
        + stats.norm.pdf(0.3) * s
    )  # fmt: skip


def linear_algebra(S: Any, P: Any, c: Any, s: Any) -> Any:
    """Arguments of `scipy.linalg` that the examples do not use."""
    factor = linalg.lu_factor(S)
    squares = linalg.solve(S, c, assume_a="gen") + linalg.lu_solve(factor, c, trans=1)
    triangles = linalg.solve_triangular(np.triu(S), c, trans=1) + linalg.lu(S)[0] @ c
    stacked = np.block([[P, np.zeros((4, 1))], [np.ones((1, 4)), np.eye(1)]])
    return np.sum(squares * triangles) + linalg.det(stacked) * linalg.svd(S, compute_uv=False)[0]


def gaussian_process(s: Any) -> Any:
    """The usual likelihood."""
    from scipy.spatial.distance import cdist

    x, y = np.linspace(0, 1, 5)[:, None], np.sin(np.arange(5.0))
    K = np.exp(-cdist(x / s, x / s, "sqeuclidean")) + 0.1 * np.eye(5)
    factor = linalg.cho_factor(K, lower=True)
    return 0.5 * y @ linalg.cho_solve(factor, y) + np.sum(np.log(np.diag(factor[0])))


def at_the_same_place(a: Any) -> Any:
    """Distances of 0, and points in which a coordinate is 0."""
    from scipy.spatial.distance import cdist

    shifted = a - a[0]
    known = sum(np.sum(cdist(shifted, shifted, name)) for name in ("euclidean", "minkowski"))
    ends = np.stack([a[0] * [1, 1, 1, 0], a[1] * [1, 1, 1, 0]])
    return known + np.sum(cdist(ends, ends, "canberra"))


def complex_on_the_way(q: Any) -> Any:
    """A filter in the frequency domain, complex arrays that are written, scalars."""
    spectrum = np.zeros(4, dtype=complex)
    assert spectrum.real.sum() == np.sum(spectrum.imag)
    spectrum[1:] = np.fft.rfft(q)[1:] * (1 - 0.5j)
    one = spectrum[1].item() + np.zeros(2, complex).real.sum()
    return np.sum(np.fft.irfft(spectrum, 7) ** 2) + abs(one) ** 2 + np.abs(q[0] ** 2j).sum()


NAMED = (
    converted, listed, by_math, rounded, asked_for_types, printed, imported_within, frozen,
    linear_algebra, gaussian_process, at_the_same_place, complex_on_the_way,
)  # fmt: skip
PYTHON_NUMBERS: dict[str, Callable[..., Any]] = {f.__name__.replace("_", " "): f for f in NAMED}
