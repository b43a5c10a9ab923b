"""SwiGLU, GeGLU with the tanh formula, dynamic tanh, and rotary positions."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.accuracy.kernels.kernel import COMMON, Kernel

ROOT, CUBIC = float(np.sqrt(2 / np.pi)), 0.044715


def swiglu(xp: Any, a: Any, b: Any) -> Any:
    return a * xp.sigmoid(a) * b


def swiglu_forward(xp: Any, a: Any, b: Any) -> Any:
    wide = xp.wide(a)
    return xp.as_like(wide * xp.sigmoid(wide) * xp.wide(b), a), (a, b)


def swiglu_backward(xp: Any, wrong: str, saved: Any, g: Any) -> Any:
    a, b = saved
    wide, g = xp.wide(a), xp.wide(g)
    s = xp.sigmoid(wide)
    silu = wide * s
    slope = s if wrong == "sigmoid alone" else silu * (1 - s) + s
    if wrong == "derivative of the sigmoid":
        slope = s * (1 - s)
    return xp.as_like(g * xp.wide(b) * slope, a), xp.as_like(g * silu, b)


def geglu(xp: Any, a: Any, b: Any) -> Any:
    return 0.5 * a * (1 + xp.tanh(ROOT * (a + CUBIC * a**3))) * b


def geglu_forward(xp: Any, a: Any, b: Any) -> Any:
    wide = xp.wide(a)
    t = xp.tanh(ROOT * (wide + CUBIC * wide**3))
    return xp.as_like(0.5 * wide * (1 + t) * xp.wide(b), a), (a, b)


def geglu_backward(xp: Any, wrong: str, saved: Any, g: Any) -> Any:
    a, b = saved
    wide, g = xp.wide(a), xp.wide(g)
    t = xp.tanh(ROOT * (wide + CUBIC * wide**3))
    cubic = CUBIC if wrong == "3 left out" else 3 * CUBIC
    inner = 0.0 if wrong == "second term left out" else ROOT * (1 + cubic * wide**2)
    slope = 0.5 * (1 + t) + 0.5 * wide * (1 - t * t) * inner
    return xp.as_like(g * xp.wide(b) * slope, a), xp.as_like(g * 0.5 * wide * (1 + t), b)


def dynamic_tanh(xp: Any, x: Any, alpha: Any, w: Any, b: Any) -> Any:
    return xp.tanh(alpha * x) * w + b


def dynamic_forward(xp: Any, x: Any, alpha: Any, w: Any, b: Any) -> Any:
    t = xp.tanh(xp.wide(alpha) * xp.wide(x))
    return xp.as_like(t * xp.wide(w) + xp.wide(b), x), (x, alpha, w, t)


def dynamic_backward(xp: Any, wrong: str, saved: Any, g: Any) -> Any:
    x, alpha, w, t = saved
    g = xp.wide(g)
    inner = g * xp.wide(w) * (1 if wrong == "slope left out" else 1 - t * t)
    dalpha = xp.sum(inner * (1 if wrong == "x left out" else xp.wide(x)))
    return (
        xp.as_like(inner * xp.wide(alpha), x),
        xp.as_like(dalpha.reshape(alpha.shape), alpha),
        xp.as_like(xp.sum(g * t, axis=0), w),
        xp.as_like(xp.sum(g, axis=0), w),
    )


def _angles(xp: Any, x: Any) -> tuple[Any, Any]:
    """Return the cosine and sine of each position's angles; shape (length, features / 2)."""
    half = x.shape[-1] // 2
    angles = np.arange(x.shape[0])[:, None] * 10000.0 ** (-np.arange(half) / half)
    return xp.constant(np.cos(angles), x), xp.constant(np.sin(angles), x)


def _rotated(xp: Any, x: Any, angles: tuple[Any, Any], sign: float) -> Any:
    cos, sin = angles
    half = x.shape[-1] // 2
    first, second = x[..., :half], x[..., half:]
    parts = (first * cos - sign * second * sin, second * cos + sign * first * sin)
    return xp.concatenate(parts, -1)


def rope(xp: Any, q: Any, k: Any) -> Any:
    return tuple(_rotated(xp, x, _angles(xp, x), 1.0) for x in (q, k))


def rope_forward(xp: Any, q: Any, k: Any) -> Any:
    wide = [xp.wide(x) for x in (q, k)]
    both = [_rotated(xp, x, _angles(xp, x), 1.0) for x in wide]
    return tuple(xp.as_like(out, q) for out in both), (q, k)


def rope_backward(xp: Any, wrong: str, saved: Any, *upstream: Any) -> Any:
    sign = 1.0 if wrong == "rotated forward" else -1.0
    found = []
    for g, x in zip(upstream, saved, strict=True):
        wide = xp.wide(g)
        cos, sin = _angles(xp, wide)
        if wrong == "one position late":
            cos, sin = (xp.concatenate((each[1:], each[:1]), 0) for each in (cos, sin))
        found.append(xp.as_like(_rotated(xp, wide, (cos, sin), sign), x))
    return found


def _two(rng: np.random.Generator) -> list[Any]:
    return [*rng.standard_normal((2, 4, 8))]


def _dynamic(rng: np.random.Generator) -> list[Any]:
    return [rng.standard_normal((4, 8)), np.array([0.7]), *rng.standard_normal((2, 8))]


GATES = [
    Kernel(
        "swiglu",
        swiglu,
        swiglu_forward,
        swiglu_backward,
        _two,
        (*COMMON, "swapped", "sigmoid alone", "derivative of the sigmoid"),
    ),
    Kernel(
        "geglu",
        geglu,
        geglu_forward,
        geglu_backward,
        _two,
        (*COMMON, "swapped", "3 left out", "second term left out"),
    ),
    Kernel(
        "dynamic_tanh",
        dynamic_tanh,
        dynamic_forward,
        dynamic_backward,
        _dynamic,
        (*COMMON, "slope left out", "x left out"),
    ),
    Kernel(
        "rope",
        rope,
        rope_forward,
        rope_backward,
        _two,
        (*COMMON, "swapped", "rotated forward", "one position late"),
    ),
]
