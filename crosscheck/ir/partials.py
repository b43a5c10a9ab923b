"""The partial derivatives of every elementwise primitive, in NumPy.

Of complex numbers the cotangent ȳ is that of dL = Re(ȳ dy), so that the formulas are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log, pi, sqrt
from typing import Any

import numpy as np

Array = Any  # of float32 or float64, whichever the program runs in
Partial = Callable[..., Array]


def special(name: str, *args: Array) -> Array:
    """Return a function of scipy.special: the user has it who uses it."""
    from scipy import special as module

    return getattr(module, name)(*args)


def _halves(x: Array, z: Array) -> Array:
    return np.where(x == z, 0.5, (x > z) * 1.0).astype(x.dtype)


def _normal(x: Array) -> Array:
    return np.exp(-x * x / 2) / sqrt(2 * pi)


def _over(y: Array, x: Array) -> Array:
    """Return y / x for y = i1(x) or i1e(x); it is 1/2 at 0."""
    return np.where(x == 0, 0.5, y / np.where(x == 0, 1.0, x))


def _gamma_density(a: Array, x: Array) -> Array:
    return np.exp(special("xlogy", a - 1, x) - x - special("gammaln", a))


# Of y = f(*xs), by each of xs: functions of (y, *xs).
PARTIALS: dict[str, tuple[Partial, ...]] = {
    "add": (lambda y, a, b: 1.0, lambda y, a, b: 1.0),
    "subtract": (lambda y, a, b: 1.0, lambda y, a, b: -1.0),
    "multiply": (lambda y, a, b: b, lambda y, a, b: a),
    "divide": (lambda y, a, b: 1 / b, lambda y, a, b: -y / b),
    "power": (
        lambda y, a, b: np.where(b == 0, 0.0, b * a ** np.where(b == 0, 1.0, b - 1)),
        lambda y, a, b: np.where(y == 0, 0.0, y * np.log(np.where(a == 0, 1.0, a))),
    ),
    "exp": (lambda y, x: y,),
    "exp2": (lambda y, x: y * log(2),),
    "expm1": (lambda y, x: y + 1,),
    "log": (lambda y, x: 1 / x,),
    "log2": (lambda y, x: 1 / (x * log(2)),),
    "log10": (lambda y, x: 1 / (x * log(10)),),
    "log1p": (lambda y, x: 1 / (1 + x),),
    "sqrt": (lambda y, x: 0.5 / y,),
    "cbrt": (lambda y, x: 1 / (3 * y * y),),
    "square": (lambda y, x: 2 * x,),
    "reciprocal": (lambda y, x: -y * y,),
    "negative": (lambda y, x: -1.0,),
    "positive": (lambda y, x: 1.0,),
    "absolute": (lambda y, x: np.sign(x),),
    "sin": (lambda y, x: np.cos(x),),
    "cos": (lambda y, x: -np.sin(x),),
    "tan": (lambda y, x: 1 + y * y,),
    "sinh": (lambda y, x: np.cosh(x),),
    "cosh": (lambda y, x: np.sinh(x),),
    "tanh": (lambda y, x: 1 - y * y,),
    "arcsin": (lambda y, x: 1 / np.sqrt(1 - x * x),),
    "arccos": (lambda y, x: -1 / np.sqrt(1 - x * x),),
    "arctan": (lambda y, x: 1 / (1 + x * x),),
    "arcsinh": (lambda y, x: 1 / np.sqrt(x * x + 1),),
    "arccosh": (lambda y, x: 1 / np.sqrt(x * x - 1),),
    "arctanh": (lambda y, x: 1 / (1 - x * x),),
    "arctan2": (lambda y, a, b: b / (a * a + b * b), lambda y, a, b: -a / (a * a + b * b)),
    "maximum": (lambda y, a, b: _halves(a, b), lambda y, a, b: _halves(b, a)),
    "minimum": (lambda y, a, b: _halves(b, a), lambda y, a, b: _halves(a, b)),
    "fmax": (lambda y, a, b: _halves(a, b), lambda y, a, b: _halves(b, a)),
    "fmin": (lambda y, a, b: _halves(b, a), lambda y, a, b: _halves(a, b)),
    "clip": (
        lambda y, x, low, high: ((low <= x) & (x <= high)) * 1.0,
        lambda y, x, low, high: (x < low) * 1.0,
        lambda y, x, low, high: (x > high) * 1.0,
    ),
    "where": (
        lambda y, mask, a, b: 0.0,
        lambda y, mask, a, b: mask * 1.0,
        lambda y, mask, a, b: ~mask * 1.0,
    ),
    "hypot": (lambda y, a, b: a / y, lambda y, a, b: b / y),
    "logaddexp": (lambda y, a, b: np.exp(a - y), lambda y, a, b: np.exp(b - y)),
    "logaddexp2": (lambda y, a, b: np.exp2(a - y), lambda y, a, b: np.exp2(b - y)),
    "sinc": (lambda y, x: np.where(x == 0, 0.0, (np.cos(pi * x) - y) / np.where(x == 0, 1.0, x)),),
    "erf": (lambda y, x: 2 / sqrt(pi) * np.exp(-x * x),),
    "erfc": (lambda y, x: -2 / sqrt(pi) * np.exp(-x * x),),
    "expit": (lambda y, x: y * (1 - y),),
    "logit": (lambda y, x: 1 / (x * (1 - x)),),
    "gammaln": (lambda y, x: special("psi", x),),
    "psi": (lambda y, x: special("polygamma", 1, x),),
    "xlogy": (lambda y, a, b: np.log(b), lambda y, a, b: a / b),
    "erfinv": (lambda y, x: sqrt(pi) / 2 * np.exp(y * y),),
    "ndtri": (lambda y, x: 1 / _normal(y),),
    "i0": (lambda y, x: special("i1", x),),
    "i1": (lambda y, x: special("i0", x) - _over(y, x),),
    "i0e": (lambda y, x: special("i1e", x) - np.sign(x) * y,),
    "i1e": (lambda y, x: special("i0e", x) - np.sign(x) * y - _over(y, x),),
    # by the second argument alone: the first is a constant
    "gammainc": (lambda y, a, x: np.nan, lambda y, a, x: _gamma_density(a, x)),
    "gammaincc": (lambda y, a, x: np.nan, lambda y, a, x: -_gamma_density(a, x)),
    "ndtr": (lambda y, x: _normal(x),),
    "log_ndtr": (lambda y, x: _normal(x) / np.exp(y),),
    "modulus": (lambda y, x: np.conj(x) / np.where(y == 0, 1.0, y),),
    "cast": (lambda y, x: 1.0,),
    "rounded": (lambda y, x: 1.0,),
}


def partial(operation: str, k: int, y: Array, xs: Sequence[Array]) -> Array:
    """Return ∂y/∂x_k of an elementwise primitive, of a shape that broadcasts to y's."""
    return PARTIALS[operation][k](y, *xs)
