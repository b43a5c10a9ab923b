"""Random masks and noise: global, in objects, in closures, seeded and not."""

from __future__ import annotations

import random

import numpy as np

from benchmarks.accuracy.attack.case import Case, family

KIND = "randomness"
R = np.random.default_rng(19).standard_normal
X, Y = R((6, 4)), R((6, 4))
W = {"W": R((4, 4))}


class Dropout:
    """A mask from a generator of its own, kept for the gradient."""

    def __init__(self, seed, scale=2.0):
        self.rng, self.scale, self.mask = np.random.default_rng(seed), scale, None

    def loss(self, W):
        self.mask = (self.rng.random((6, 4)) < 0.5) * 2.0
        return np.sum(np.tanh(X @ W) * self.mask * Y)

    def gradient(self, W):
        mask = (self.rng.random((6, 4)) < 0.5) * self.scale
        return X.T @ (Y * mask / np.cosh(X @ W) ** 2)


class Old(Dropout):
    """The same with a RandomState."""

    def __init__(self, seed, scale=2.0):
        super().__init__(seed, scale)
        self.rng = np.random.RandomState(seed)


def seeded(W, scale=2.0):
    mask = (np.random.default_rng(5).random((6, 4)) < 0.5) * scale
    return X.T @ (Y * mask / np.cosh(X @ W) ** 2)


def seeded_loss(W):
    mask = (np.random.default_rng(5).random((6, 4)) < 0.5) * 2.0
    return np.sum(np.tanh(X @ W) * mask * Y)


def global_loss(W):
    mask = (np.random.rand(6, 4) < 0.5) * 2.0
    return np.sum(np.tanh(X @ W) * mask * Y)


def global_gradient(W, scale=2.0):
    mask = (np.random.rand(6, 4) < 0.5) * scale
    return X.T @ (Y * mask / np.cosh(X @ W) ** 2)


def seeds_globally(W):
    np.random.seed(3)
    return global_loss(W)


def seeds_globally_too(W):
    np.random.seed(3)
    return global_gradient(W)


def seeds_differently(W):
    np.random.seed(4)
    return global_gradient(W)


def python_loss(W):
    mask = np.array([[random.random() < 0.5 for _ in range(4)] for _ in range(6)]) * 2.0
    return np.sum(np.tanh(X @ W) * mask * Y)


def python_gradient(W, scale=2.0):
    mask = np.array([[random.random() < 0.5 for _ in range(4)] for _ in range(6)]) * scale
    return X.T @ (Y * mask / np.cosh(X @ W) ** 2)


def cases():
    # the true loss of a random mask is that of the mask which the gradient is given: its own draw
    def of_mask(draw):
        return lambda W: np.sum(np.tanh(X @ W) * draw() * Y)

    yield from family(
        "seeded inside",
        seeded_loss,
        W,
        seeded,
        {
            "scale 1": lambda W: seeded(W, 1.0),
            "mask without scale in one entry": lambda W: seeded(W) * (1 - 1e-6 * np.eye(4)),
        },
    )
    yield from family(
        "np.random.seed in both",
        seeds_globally,
        W,
        seeds_globally_too,
        {"another seed": seeds_differently},
    )

    def first(seed):
        return lambda: (np.random.default_rng(seed).random((6, 4)) < 0.5) * 2.0

    pairs = (
        ("generator in an object", lambda s: (Dropout(7, s), first(7))),
        (
            "RandomState in an object",
            lambda s: (
                Old(7, s),
                lambda: (np.random.RandomState(7).random_sample((6, 4)) < 0.5) * 2.0,
            ),
        ),
    )
    for name, build in pairs:
        for scale in (2.0, 1.0):
            layer, draw = build(scale)
            yield Case(
                f"{name}, scale {scale}",
                layer.loss,
                layer.gradient,
                W,
                exact=of_mask(draw),
                around=0,
                mistake="" if scale == 2.0 else "1/keep forgotten",
            )
    rng = np.random.default_rng(8)

    def closure_loss(W):
        return np.sum(np.tanh(X @ W) * (rng.random((6, 4)) < 0.5) * 2.0 * Y)

    def closure_gradient(W, scale=2.0):
        return X.T @ (Y * (rng.random((6, 4)) < 0.5) * scale / np.cosh(X @ W) ** 2)

    yield Case(
        "generator in a closure",
        closure_loss,
        closure_gradient,
        W,
        exact=of_mask(first(8)),
        around=0,
    )
    rng9 = np.random.default_rng(9)

    def closure9(W):
        return np.sum(np.tanh(X @ W) * (rng9.random((6, 4)) < 0.5) * 2.0 * Y)

    yield Case(
        "generator in a closure, mask drawn after another",
        closure9,
        lambda W: (
            rng9.random(3),
            X.T @ (Y * (rng9.random((6, 4)) < 0.5) * 2 / np.cosh(X @ W) ** 2),
        )[1],
        W,
        exact=of_mask(first(9)),
        around=0,
        mistake="another mask",
    )
    yield Case(
        "generator in data",
        lambda W, rng: np.sum(np.tanh(X @ W) * (rng.random((6, 4)) < 0.5) * 2.0 * Y),
        lambda W, rng: X.T @ (Y * (rng.random((6, 4)) < 0.5) * 2.0 / np.cosh(X @ W) ** 2),
        W,
        {"rng": np.random.default_rng(10)},
        around=0,
        exact=lambda W, rng: of_mask(first(10))(W),
    )
    yield Case(
        "generator in data, scale 1",
        lambda W, rng: np.sum(np.tanh(X @ W) * (rng.random((6, 4)) < 0.5) * 2.0 * Y),
        lambda W, rng: X.T @ (Y * (rng.random((6, 4)) < 0.5) * 1.0 / np.cosh(X @ W) ** 2),
        W,
        {"rng": np.random.default_rng(10)},
        mistake="scale",
        around=0,
        exact=lambda W, rng: of_mask(first(10))(W),
    )
    yield Case(
        "random noise added to the gradient",
        lambda w: np.sum(w**2),
        lambda w: 2 * w + 1e-7 * np.random.randn(3),
        {"w": R(3)},
        mistake="noise",
    )
    yield Case(
        "noise of a seeded generator added to the gradient",
        lambda w: np.sum(w**2),
        lambda w: 2 * w + 1e-7 * np.random.default_rng(1).standard_normal(3),
        {"w": R(3)},
        mistake="noise",
    )
    yield Case(
        "fresh unseeded generator in the gradient",
        lambda w: np.sum(w**2),
        lambda w: 2 * w * (1 + 0.1 * np.random.default_rng().standard_normal(3)),
        {"w": R(3)},
        mistake="noise",
    )
    yield Case(
        "stochastic rows of the batch, unseeded",
        lambda w: np.sum((X @ w) ** 2),
        rows,
        {"w": R(4)},
        mistake="rows dropped",
    )
    yield Case(
        "random order of a sum",
        lambda w: np.sum((X @ w) ** 2),
        lambda w: sum(2 * X[i] * (X[i] @ w) for i in np.random.permutation(6)),
        {"w": R(4)},
    )
    yield Case(
        "random order of a sum, one row twice",
        lambda w: np.sum((X @ w) ** 2),
        lambda w: sum(2 * X[i] * (X[i] @ w) for i in [*np.random.permutation(6), 0]),
        {"w": R(4)},
        mistake="row 0 twice",
    )
    yield Case(
        "random probe vector: forward mode along one direction",
        lambda w: np.sum((X @ w) ** 2),
        probe,
        {"w": R(4)},
        mistake="one direction of four",
    )


def rows(w):
    keep = np.random.default_rng().random(6) < 0.5
    return 4 * X[keep].T @ (X[keep] @ w)


def probe(w):
    v = np.random.default_rng(2).standard_normal(4)
    return (2 * (X @ w) @ (X @ v)) * v
