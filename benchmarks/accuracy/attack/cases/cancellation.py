"""Right gradients that are computed noisily, and wrong ones that look like noise."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.attack.case import family

KIND = "cancellation"
R = np.random.default_rng(13).standard_normal
X, Y = R((8, 3)), R(8)
L = np.array([0, 1, 2, 0, 1, 2, 2, 1])


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def cases():
    for offset in (10.0, 1e3, 1e5):
        x = offset + R(12)

        def one_pass(x):
            return (np.mean(x**2) - np.mean(x) ** 2) * 3

        yield from family(
            f"variance around {offset:g}, one pass in the gradient",
            lambda x: 3 * np.var(x),
            {"x": x},
            lambda x: 6 * x / x.size - 6 * np.sum(x) / x.size**2,
            {
                "N − 1": lambda x: 6 * (x - x.mean()) / (x.size - 1),
                "mean path added": lambda x: 6 * (x - x.mean()) / x.size + 6e-4 * x.mean() / x.size,
            },
            around=1e-4,
            tolerance=1e-8,
        )
        yield from family(
            f"one-pass variance around {offset:g} in the loss",
            one_pass,
            {"x": x},
            lambda x: 6 * (x - x.mean()) / x.size,
            {"two for three": lambda x: 4 * (x - x.mean()) / x.size},
            around=1e-4,
            exact=lambda x: 3 * np.var(x),
        )
    for scale in (5, 25, 36):
        W = {"W": scale * np.eye(3)}
        Z = np.eye(3)[L] + 0.05 * R((8, 3))

        def ce(W, Z=Z):
            z = Z @ W
            z = z - z.max(axis=1, keepdims=True)
            return np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(8), L])

        def dce(W, Z=Z, n=8):
            return Z.T @ (softmax(Z @ W) - np.eye(3)[L]) / n

        yield from family(
            f"confident softmax, logits of {scale}",
            ce,
            W,
            dce,
            {
                "N forgotten": lambda W, dce=dce: dce(W, n=1),
                "times 1.3": lambda W, dce=dce: 1.3 * dce(W),
                "one class dropped": lambda W, dce=dce: dce(W) * [1, 1, 0],
            },
            around=0.005,
            tolerance={5: 1e-9, 25: 1e-4, 36: 1e-1}[scale],
            is_easy=scale < 30,
        )
    yield from family(
        "logsumexp without the maximum",
        lambda z: np.log(np.sum(np.exp(z))),
        {"z": 20 * R(6)},
        lambda z: np.exp(z) / np.sum(np.exp(z)),
        {"softmax without its sum": lambda z: np.exp(z - z.max())},
    )
    yield from family(
        "1 − cos x for small x",
        lambda x: np.sum(1 - np.cos(x)),
        {"x": 1e-3 * R(5)},
        lambda x: np.sin(x),
        {"sin of 2x": lambda x: np.sin(2 * x)},
    )
    yield from family(
        "sqrt(x + 1) − sqrt(x) for large x",
        lambda x: np.sum(1e6 * (np.sqrt(x + 1) - np.sqrt(x))),
        {"x": 1e6 * np.abs(R(4)) + 1e6},
        lambda x: 5e5 * (1 / np.sqrt(x + 1) - 1 / np.sqrt(x)),
        {"second term lost": lambda x: 5e5 / np.sqrt(x + 1)},
        tolerance=1e-6,
    )
    yield from family(
        "derivative by a complex step",
        lambda x: np.sum(np.exp(x) / np.sqrt(np.sin(x) ** 3 + np.cos(x) ** 3 + 2)),
        {"x": R(4)},
        lambda x: (
            np.imag(
                np.exp(x + 1e-30j) / np.sqrt(np.sin(x + 1e-30j) ** 3 + np.cos(x + 1e-30j) ** 3 + 2)
            )
            / 1e-30
        ),
        {
            "step left in": lambda x: (
                np.imag(
                    np.exp(x + 1e-2j) / np.sqrt(np.sin(x + 1e-2j) ** 3 + np.cos(x + 1e-2j) ** 3 + 2)
                )
                / 1e-2
            )
        },
    )
    for h, tolerance in ((1e-3, 1e-12), (1e-5, 1e-13)):
        yield from family(
            f"central difference, h = {h}",
            lambda x: np.sum(np.exp(x) * Y[:4]),
            {"x": R(4)},
            None,
            {"h² is left": lambda x, h=h: (np.exp(x + h) - np.exp(x - h)) / (2 * h) * Y[:4]},
            tolerance=tolerance,
        )
    yield from family(
        "sum of 10⁸ and its negative",
        lambda w: np.sum((1e8 + w) - 1e8) * 0.5 + np.sum(w**2),
        {"w": R(4)},
        lambda w: 0.5 + 2 * w,
        {"constant path lost": lambda w: 2 * w},
        exact=lambda w: 0.5 * np.sum(w) + np.sum(w**2),
    )
    yield from family(
        "batch normalisation, x̂ from σ² without its mean path",
        batchnorm,
        {"x": R((8, 3))},
        dbatchnorm,
        {
            "mean path lost": lambda x: (
                C / np.sqrt(x.var(0) + 1e-5)
                - xhat(x) * np.mean(C * xhat(x), 0) / np.sqrt(x.var(0) + 1e-5)
            ),
            "variance path lost": lambda x: (C - C.mean(0)) / np.sqrt(x.var(0) + 1e-5),
            "ε lost": lambda x: (C - C.mean(0) - xh(x) * np.mean(C * xh(x), 0)) / np.sqrt(x.var(0)),
        },
    )


C = R((8, 3))


def xhat(x):
    return (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)


def xh(x):
    return (x - x.mean(0)) / np.sqrt(x.var(0))


def batchnorm(x):
    return np.sum(C * xhat(x))


def dbatchnorm(x):
    return (C - C.mean(0) - xhat(x) * np.mean(C * xhat(x), 0)) / np.sqrt(x.var(0) + 1e-5)
