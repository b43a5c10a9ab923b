"""Overflow, underflow, saturation, big constants, tiny scales, entries of many orders."""

from __future__ import annotations

import mpmath
import numpy as np

from benchmarks.accuracy.attack.case import family

KIND = "scales and saturation"
R = np.random.default_rng(15).standard_normal
X, Y = R((6, 3)), R(6)


def each(function):
    """Return a function of mpmath for arrays, in 40 digits, as longdouble."""

    def call(x):
        with mpmath.workdps(40):
            values = [function(to_mp(v)) for v in x.ravel()]
            return np.array([from_mp(v) for v in values]).reshape(x.shape)

    return call


def to_mp(x):
    """Return a longdouble as an mpf without loss."""
    high = float(x)
    return mpmath.mpf(high) + mpmath.mpf(float(x - np.longdouble(high)))


def from_mp(x):
    """Return an mpf as a longdouble."""
    high = float(x)
    return np.longdouble(high) + np.longdouble(float(x - mpmath.mpf(high)))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def cases():
    yield from family(
        "sigmoid, saturated at ±30",
        lambda z: np.sum(sigmoid(z) * Y),
        {"z": np.array([30.0, -30.0, 5.0, -4.0, 20.0, 0.1])},
        lambda z: sigmoid(z) * (1 - sigmoid(z)) * Y,
        {"1 − s twice": lambda z: sigmoid(z) * (1 - sigmoid(z)) ** 2 * Y},
        around=0.001,
    )
    yield from family(
        "all saturated",
        lambda z: np.sum(sigmoid(z)),
        {"z": np.array([38.0, 39.0, 41.0])},
        lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2,
        {"s(1 − s) is 0": lambda z: 0.5 * sigmoid(z) * (1 - sigmoid(z))},
        exact=lambda z: np.sum(each(lambda t: -1 / (1 + mpmath.exp(t)))(z)),
        around=0.001,
        is_easy=False,
    )
    yield from family(
        "tanh, saturated",
        lambda z: np.sum(np.tanh(z) * Y),
        {"z": np.array([9.0, -8.0, 1.0, 0.1, -0.3, 4.0])},
        lambda z: (1 - np.tanh(z) ** 2) * Y,
        {"1 − a": lambda z: (1 - np.tanh(z)) * Y},
    )
    yield from family(
        "softplus by logaddexp",
        lambda z: np.sum(np.logaddexp(0, z)),
        {"z": np.array([800.0, -50.0, 2.0, -745.0])},
        lambda z: 1 / (1 + np.exp(-z)),
        {"step function": lambda z: (z > 0).astype(float)},
        exact=lambda z: np.sum(each(lambda t: mpmath.log1p(mpmath.exp(t)))(z)),
        around=0.001,
    )
    yield from family(
        "naive softplus that overflows",
        lambda z: np.sum(np.log(1 + np.exp(z))),
        {"z": np.array([100.0, 300.0, 2.0])},
        lambda z: 1 / (1 + np.exp(-z)),
        {"inverse sign": lambda z: 1 / (1 + np.exp(z))},
        is_easy=False,
    )
    for scale in (1e-30, 1e-12, 1e12, 1e30):
        yield from family(
            f"parameters of {scale:g}",
            lambda w, s=scale: np.sum(np.tanh(X @ w / s) ** 2),
            {"w": scale * R(3)},
            lambda w, s=scale: X.T @ (2 * np.tanh(X @ w / s) * (1 - np.tanh(X @ w / s) ** 2)) / s,
            {
                "scale not divided": lambda w, s=scale: (
                    X.T @ (2 * np.tanh(X @ w / s) * (1 - np.tanh(X @ w / s) ** 2))
                ),
                "1e-6 off": lambda w, s=scale: (
                    1.000001 * X.T @ (2 * np.tanh(X @ w / s) * (1 - np.tanh(X @ w / s) ** 2)) / s
                ),
            },
            scale=scale,
        )
    for size in (1e-200, 1e-40, 1e40, 1e200):
        yield from family(
            f"loss of {size:g}",
            lambda w, s=size: s * np.sum((X @ w - Y) ** 2),
            {"w": R(3)},
            lambda w, s=size: s * (2 * X.T @ (X @ w - Y)),
            {"two forgotten": lambda w, s=size: s * (X.T @ (X @ w - Y))},
            is_easy=False,
        )
    yield from family(
        "log1p of 1e-12 times 1e20",
        lambda w: np.sum(w) + 1e20 * np.sum(np.log1p(1e-12 * w) ** 2),
        {"w": R(4)},
        lambda w: 1 + 2e8 * np.log1p(1e-12 * w) / (1 + 1e-12 * w),
        {"one lost": lambda w: 2e8 * np.log1p(1e-12 * w) / (1 + 1e-12 * w)},
    )
    yield from family(
        "log(1 + 1e-9 w) times 1e9",
        lambda w: 1e9 * np.sum(np.log(1 + 1e-9 * w) * Y[:4]),
        {"w": R(4)},
        lambda w: Y[:4] / (1 + 1e-9 * w),
        {"twice": lambda w: 2 * Y[:4] / (1 + 1e-9 * w)},
        exact=lambda w: 1e9 * np.sum(np.log1p(1e-9 * w) * Y[:4]),
        tolerance=1e-6,
        is_easy=False,
    )
    D = np.array([1.0, 30.0, 1e3, 0.03])
    yield from family(
        "rows of many orders",
        lambda W: np.sum((D[:, None] * W) ** 2) / 2,
        {"W": R((4, 3))},
        lambda W: D[:, None] ** 2 * W,
        {
            "first row doubled": lambda W: D[:, None] ** 2 * W * [[2], [1], [1], [1]],
            "last row zero": lambda W: D[:, None] ** 2 * W * [[1], [1], [1], [0]],
        },
        tolerance=1e-13,
    )
    B = np.column_stack([np.ones(6), 1e6 * R(6)])
    yield from family(
        "intercept beside a column of 1e6",
        lambda w: np.mean((B @ w - Y) ** 2) / 2,
        {"w": np.array([0.3, 1e-6])},
        lambda w: B.T @ (B @ w - Y) / 6,
        {
            "intercept doubled": lambda w: B.T @ (B @ w - Y) / 6 * [2, 1],
            "intercept zero": lambda w: B.T @ (B @ w - Y) / 6 * [0, 1],
            "intercept 1.001": lambda w: B.T @ (B @ w - Y) / 6 * [1.001, 1],
        },
        tolerance=1e-12,
        around=0.01,
    )
    H = np.column_stack([np.ones(6), 1e9 * R(6)])
    yield from family(
        "intercept beside a column of 1e9",
        lambda w: np.mean((H @ w - Y) ** 2) / 2,
        {"w": np.array([0.3, 1e-9])},
        None,
        {"intercept doubled": lambda w: H.T @ (H @ w - Y) / 6 * [2, 1]},
        tolerance=1e-14,
        around=0,
        scale=1e-9,
        limit="entr|row",
    )
    for relative in (1e-5, 1e-7, 1e-9):
        yield from family(
            "one entry of 60",
            lambda W: np.sum(np.sin(W) * W),
            {"W": R((6, 10))},
            None,
            {
                f"off by {relative:g}": lambda W, e=relative: (
                    (np.sin(W) + W * np.cos(W)) * (1 + e * (np.arange(60).reshape(6, 10) == 17))
                ),
                f"added {relative:g} of the largest": lambda W, e=relative: (
                    np.sin(W) + W * np.cos(W) + 2 * e * (np.arange(60).reshape(6, 10) == 41)
                ),
            },
            tolerance=relative / 1e4,
        )
    yield from family(
        "gradient of denormals",
        lambda w: np.sum(w * 1e-310 * Y[:3]),
        {"w": R(3)},
        lambda w: 1e-310 * Y[:3],
        {"twice": lambda w: 2e-310 * Y[:3]},
        is_easy=False,
        tolerance=1e-6,
    )
    yield from family(
        "zero gradient that is declared",
        lambda w, u: np.sum(w**2) + 0 * np.sum(u),
        {"w": R(3), "u": R(2)},
        lambda w, u: (2 * w, 0 * u),
        {"not zero": lambda w, u: (2 * w, 1e-3 + 0 * u)},
        options={"zero": ["u"]},
    )
    yield from family(
        "shift of a softmax, zero by symmetry",
        lambda z, b: np.log(np.sum(np.exp(z + b))) - (z[0] + b),
        {"z": R(4), "b": np.array(0.3)},
        lambda z, b: (
            np.exp(z) / np.sum(np.exp(z)) - np.eye(4)[0],
            np.sum(np.exp(z) / np.sum(np.exp(z))) - 1 + 0 * b,
        ),
        {
            "shift not zero": lambda z, b: (
                np.exp(z) / np.sum(np.exp(z)) - np.eye(4)[0],
                1e-6 + 0 * b,
            )
        },
        options={"zero": ["b"]},
    )
    yield from family(
        "norm to the power 40",
        lambda w: np.sum(w**2) ** 20,
        {"w": 3 * R(4)},
        lambda w: 40 * np.sum(w**2) ** 19 * w,
        {"power 19 for 20": lambda w: 38 * np.sum(w**2) ** 19 * w},
    )
    yield from family(
        "gaussian tails",
        lambda m: np.sum(np.exp(-((Y[:4] - m) ** 2) / 2)),
        {"m": np.array([6.0, -6.0, 8.0, 0.0])},
        lambda m: (Y[:4] - m) * np.exp(-((Y[:4] - m) ** 2) / 2),
        {"sign": lambda m: (m - Y[:4]) * np.exp(-((Y[:4] - m) ** 2) / 2)},
    )
