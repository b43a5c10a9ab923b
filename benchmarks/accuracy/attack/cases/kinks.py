"""Kinks: where several gradients are right, and mistakes that hide there."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.attack.case import Case, family

KIND = "kinks"
R = np.random.default_rng(21).standard_normal
X, C = R((6, 4)), R((6, 3))


def relu_net(W, b):
    return np.sum(np.maximum(X @ W + b, 0) * C)


def relu_gradient(W, b, slope=0.0, other=None):
    z = X @ W + b
    d = C * np.where(z > 0, 1, np.where(z == 0, slope, 0))
    e = d if other is None else C * np.where(z > 0, 1, np.where(z == 0, other, 0))
    return X.T @ d, e.sum(axis=0)


def cases():
    off = {"params": {"W": R((4, 3)), "b": R(3)}}
    yield from family(
        "ReLU, off its kink",
        relu_net,
        off["params"],
        relu_gradient,
        {
            "bias without mask": lambda W, b: (relu_gradient(W, b)[0], C.sum(axis=0)),
            "mask of ≥ −0.05": lambda W, b: (
                X.T @ (C * (X @ W + b > -0.5)),
                (C * (X @ W + b > -0.5)).sum(axis=0),
            ),
        },
        at=[{"W": R((4, 3)), "b": R(3)} for _ in range(20)],
    )
    for slope in (0.0, 0.5, 1.0):
        yield Kink(
            f"all preactivations 0, slope {slope:g}",
            relu_net,
            lambda W, b, s=slope: relu_gradient(W, b, s),
            "",
        )
    for slope in (2.0, -1.0):
        yield Kink(
            f"all preactivations 0, slope {slope:g}",
            relu_net,
            lambda W, b, s=slope: relu_gradient(W, b, s),
            "slope beyond the one-sided ones",
        )
    one = {"W": np.zeros((4, 1)), "b": np.zeros(1)}
    for first, second in ((1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.3, 0.3), (0.3, 0.7)):
        yield Kink(
            f"one unit, slope {first:g} for W and {second:g} for b",
            lambda W, b: np.sum(np.maximum(X[:1] @ W + b, 0)),
            lambda W, b, s=first, t=second: (
                X[:1].T @ share(X[:1] @ W + b, s),
                share(X[:1] @ W + b, t).sum(axis=0),
            ),
            "" if first == second else "two slopes at one kink",
            one,
        )
    a = {"x": np.array([0.0, 1.0, -2.0])}
    for name, gradient, mistake in (
        ("sign(0) = 0", lambda x: np.sign(x), ""),
        ("sign(0) = 1", lambda x: np.where(x >= 0, 1.0, -1.0), ""),
        ("sign(0) = −1", lambda x: np.where(x > 0, 1.0, -1.0), ""),
        ("sign(0) = 3", lambda x: np.where(x == 0, 3.0, np.sign(x)), "slope 3"),
        ("1e-3 at 0", lambda x: np.where(x == 0, 1.001, np.sign(x)), "slope 1.001"),
    ):
        yield Kink(f"|x|, {name}", lambda x: np.sum(np.abs(x)), gradient, mistake, a)
    m = {"x": np.array([1.0, 1.0, 0.3])}
    for name, shares, mistake in (
        ("first takes all", (1.0, 0.0, 0.0), ""),
        ("shared", (0.5, 0.5, 0.0), ""),
        ("both take all", (1.0, 1.0, 0.0), "sum is 2"),
        ("nobody", (0.0, 0.0, 0.0), "sum is 0"),
    ):
        yield Kink(
            f"max of a tie, {name}",
            lambda x: np.max(x),
            lambda x, s=shares: np.array(s) if x[0] == x[1] else 1.0 * (x == np.max(x)),
            mistake,
            m,
        )


def share(z, s):
    return np.where(z > 0, 1, np.where(z == 0, s, 0.0))


def Kink(name, loss, gradient, mistake, params=None):  # noqa: N802
    """Return a case whose given point is a kink; its truth is decided by one-sided slopes."""
    given = params or {"W": np.zeros((4, 3)), "b": np.zeros(3)}
    return Case(name, loss, gradient, given, mistake=mistake, is_kink=True)
