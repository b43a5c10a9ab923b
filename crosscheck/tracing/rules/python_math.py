"""`math`: NumPy's functions of one number, and Python floats as results."""

from __future__ import annotations

import functools
import math
import operator
from typing import Any

import numpy as np

from crosscheck.tracing.registry import COMPOSED, CONSTANT, REPLACED, register, register_all
from crosscheck.tracing.rules import ufuncs
from crosscheck.tracing.rules.rearrange import stacked
from crosscheck.tracing.values import as_array, fresh, is_tracked, node_of, plain


def _recorded(operation: str, function: Any) -> Any:
    """A primitive of one number."""

    def rule(x: Any) -> Any:
        exact, session = function(plain(x)), x.buffer.session
        node = session.node("reshape", node_of(x, session, np.dtype(float)), static=((),))
        return fresh(exact, session, session.node(operation, node))

    return rule


lgamma = _recorded("gammaln", math.lgamma)


def _fsum(seq: Any) -> Any:
    """The sum of an iterable, which may be used up."""
    numbers = list(seq)
    exact = math.fsum(plain(numbers))
    if not any(map(is_tracked, numbers)):
        return exact
    return ufuncs.adopt(exact, np.sum(stacked([np.reshape(x, ()) for x in numbers])))


def _product(iterable: Any, *, start: Any = 1) -> Any:
    """The product of an iterable."""
    return functools.reduce(operator.mul, iterable, start)


def _hypot(*coordinates: Any) -> Any:
    return np.sqrt(sum(as_array(x) ** 2 for x in coordinates))


def _log(x: Any, *base: Any) -> Any:
    return np.log(x) / np.log(base[0]) if base else np.log(x)


def _one(s: Any, u: Any) -> Any:
    x, y = u[0], u[1:2].reshape(())
    return [
        math.exp(s) * math.log(x) + math.log(x, y + 1) * math.log2(x) + math.log10(y),
        math.log1p(x) * math.expm1(s) + math.exp2(s) * math.sqrt(s) * math.cbrt(s),
        math.sin(x) * math.cos(y) * math.tan(s) + math.asin(x) * math.acos(y) * math.atan(s),
        math.sinh(x) * math.cosh(y) * math.tanh(s) + math.asinh(x) * math.acosh(y + 1),
        math.atanh(s) * math.fabs(-s) + math.degrees(x) * math.radians(y),
        math.erf(x) * math.erfc(y) + math.gamma(x) * math.lgamma(y) * math.pow(x, y),
    ]


def _several(s: Any, u: Any, v: Any) -> Any:
    return [
        math.hypot(u[0], s, 2.0) * math.atan2(u[1], u[2]) + math.copysign(s, -1.0),
        math.fmod(3 * u[0], s) + math.dist(u, v) * math.ldexp(s, 2),
        math.fsum(u) * math.prod(v, start=s) + math.fsum([s, 1.0]),
    ]


def _constants(s: Any, u: Any) -> Any:
    whole = math.floor(3 * s) + math.ceil(s) + math.trunc(2 * u[0])
    fine = math.isfinite(s) and not math.isnan(s) and not math.isinf(s)
    return s * whole * fine * (2 - math.isclose(s, u[0]))


register_all(
    "math",
    COMPOSED,
    {
        "exp": np.exp,
        "log": _log,
        "log2": np.log2,
        "log10": np.log10,
        "log1p": np.log1p,
        "expm1": np.expm1,
        "exp2": np.exp2,
        "sqrt": np.sqrt,
        "cbrt": np.cbrt,
        "sin": np.sin,
        "cos": np.cos,
        "tan": np.tan,
        "asin": np.arcsin,
        "acos": np.arccos,
        "atan": np.arctan,
        "sinh": np.sinh,
        "cosh": np.cosh,
        "tanh": np.tanh,
        "asinh": np.arcsinh,
        "acosh": np.arccosh,
        "atanh": np.arctanh,
        "fabs": np.abs,
        "degrees": np.degrees,
        "radians": np.radians,
        "erf": _recorded("erf", math.erf),
        "erfc": _recorded("erfc", math.erfc),
        "lgamma": lgamma,
        "gamma": lambda x: np.exp(lgamma(x)) * np.sign(math.gamma(plain(x))),
        "pow": np.power,
    },
    _one,
)
register_all(
    "math",
    COMPOSED,
    {
        "hypot": _hypot,
        "atan2": np.arctan2,
        "copysign": np.copysign,
        "fmod": np.fmod,
        "dist": lambda p, q: _hypot(*(as_array(x) - y for x, y in zip(p, q, strict=True))),
        "ldexp": np.ldexp,
    },
    _several,
)
register_all("math", REPLACED, {"fsum": _fsum, "prod": _product}, _several)
register(
    "math.floor math.ceil math.trunc math.isnan math.isinf math.isfinite math.isclose",
    CONSTANT,
    None,
    _constants,
)
