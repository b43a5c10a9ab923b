"""Mistakes of many sizes: each must be seen, or be smaller than the resolution that is stated."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.attack.case import family

KIND = "stated resolution"
R = np.random.default_rng(25).standard_normal
X, Y = R((7, 4)), R(7)
f4 = np.float32
SIZES = (1e-2, 1e-4, 1e-5, 1e-6, 1e-7, 1e-9)


def sizes(name, loss, params, right, entry=False, **rest):
    """Yield the right gradient and ones that are off by each size, everywhere or in one entry."""

    def off(size):
        def gradient(**p):
            g = right(**p)
            factor = np.ones(g.shape, g.dtype)
            factor[(0,) * g.ndim if entry else ...] += size
            return g * factor

        return gradient

    tolerance = rest.setdefault("tolerance", 1e-12)
    wrong = {f"off by {size:g}": off(size) for size in SIZES if size > 3 * tolerance}
    yield from family(name, loss, params, right, wrong, **rest)


def deep(w):
    a = X @ w
    for _ in range(6):
        a = np.sin(1.3 * a) + 0.1 * a
    return np.sum(a**2)


def d_deep(w):
    a, d = X @ w, 1.0
    for _ in range(6):
        d = d * (1.3 * np.cos(1.3 * a) + 0.1)
        a = np.sin(1.3 * a) + 0.1 * a
    return X.T @ (2 * a * d)


def softmax32(W):
    z = X.astype(f4) @ W.astype(f4)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.mean(np.log(p[np.arange(7), L]))


def d_softmax32(W):
    z = X.astype(f4) @ W.astype(f4)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return X.astype(f4).T @ (p - np.eye(3, dtype=f4)[L]) / f4(7)


def softmax64(W):
    z = X @ W
    z = z - z.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(7), L])


L = np.array([0, 1, 2, 0, 1, 2, 2])


def cases():
    yield from sizes(
        "mean square",
        lambda w: np.mean((X @ w - Y) ** 2),
        {"w": R(4)},
        lambda w: 2 * X.T @ (X @ w - Y) / 7,
    )
    yield from sizes(
        "mean square, one entry",
        lambda w: np.mean((X @ w - Y) ** 2),
        {"w": R(4)},
        lambda w: 2 * X.T @ (X @ w - Y) / 7,
        entry=True,
    )
    yield from sizes("6 sines", deep, {"w": 0.5 * R(4)}, d_deep, tolerance=1e-10)
    yield from sizes(
        "float32 softmax", softmax32, {"W": R((4, 3))}, d_softmax32, exact=softmax64, tolerance=1e-6
    )
    yield from sizes(
        "float64 gradient of a float32 loss",
        lambda w: np.sum((X.astype(f4) @ w.astype(f4)) ** 2),
        {"w": R(4)},
        lambda w: 2 * X.T @ (X @ w),
        exact=lambda w: np.sum((X @ w) ** 2),
        tolerance=1e-12,
    )
    yield from sizes(
        "float32 gradient of a float64 loss",
        lambda w: np.sum((X @ w) ** 2),
        {"w": R(4)},
        lambda w: 2 * X.astype(f4).T @ (X.astype(f4) @ w.astype(f4)),
        tolerance=1e-6,
    )
    yield from sizes(
        "float32 parameters",
        lambda w: np.sum(np.tanh(X.astype(f4) @ w) ** 2),
        {"w": R(4).astype(f4)},
        lambda w: X.astype(f4).T @ (2 * np.tanh(X.astype(f4) @ w) / np.cosh(X.astype(f4) @ w) ** 2),
        exact=lambda w: np.sum(np.tanh(X.astype(f4).astype(np.longdouble) @ w) ** 2),
        tolerance=3e-6,
    )
    yield from sizes(
        "one-pass variance around 1e4",
        lambda x: np.mean(x**2) - np.mean(x) ** 2,
        {"x": 1e4 + R(5)},
        lambda x: 2 * (x - x.mean()) / x.size,
        around=1e-5,
        exact=lambda x: np.var(x),
    )
    yield from sizes(
        "float32 buffer of running sums",
        lambda x: np.sum(np.cumsum(x) ** 2),
        {"x": R(40)},
        suffix32,
        tolerance=1e-5,
    )
    yield from sizes(
        "float16 cast of a factor",
        lambda w: np.sum(np.sin(w)),
        {"w": R(5)},
        lambda w: np.cos(w.astype(np.float16)).astype(float),
        tolerance=2e-3,
    )


def suffix32(x):
    total = np.zeros(x.size, f4)
    running = f4(0)
    sums = np.cumsum(x.astype(f4))
    for i in range(x.size - 1, -1, -1):
        running = f4(running + 2 * sums[i])
        total[i] = running
    return total
