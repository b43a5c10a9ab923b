"""A layer normalised over the batch (axis 0) or over its units (axis 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.accuracy.networks.zoo.parts import ACTIVATIONS, COSTS

if TYPE_CHECKING:
    from benchmarks.accuracy.networks.zoo.parts import Array, Scalar
    from reference.example import Grads

EPS = 1e-5


def loss(
    W1: Array,
    b1: Array,
    gamma: Array,
    beta: Array,
    W2: Array,
    b2: Array,
    X: Array,
    Y: Array,
    activation: str,
    cost: str,
    axis: int,
) -> Scalar:
    """Return the cost; over the batch, b1 has no effect and its derivative is 0."""
    act, _ = ACTIVATIONS[activation]
    z = X @ W1 + b1
    centred = z - np.mean(z, axis=axis, keepdims=True)
    n = centred / np.sqrt(np.mean(centred**2, axis=axis, keepdims=True) + EPS)
    return COSTS[cost][0](act(gamma * n + beta) @ W2 + b2, Y)


def gradient(
    W1: Array,
    b1: Array,
    gamma: Array,
    beta: Array,
    W2: Array,
    b2: Array,
    X: Array,
    Y: Array,
    activation: str,
    cost: str,
    axis: int,
) -> Grads:
    """Return the derivative of the loss by every parameter."""
    act, slope = ACTIVATIONS[activation]
    z = X @ W1 + b1
    centred = z - np.mean(z, axis=axis, keepdims=True)
    inverse = 1 / np.sqrt(np.mean(centred**2, axis=axis, keepdims=True) + EPS)
    n = centred * inverse
    s = gamma * n + beta
    a = act(s)
    dout = COSTS[cost][1](a @ W2 + b2, Y)
    ds = dout @ W2.T * slope(s)
    dn = ds * gamma
    through_mean = np.mean(dn, axis=axis, keepdims=True)
    through_variance = n * np.mean(dn * n, axis=axis, keepdims=True)
    dz = inverse * (dn - through_mean - through_variance)
    return {
        "W1": X.T @ dz,
        "b1": dz.sum(axis=0),
        "gamma": (ds * n).sum(axis=0),
        "beta": ds.sum(axis=0),
        "W2": a.T @ dout,
        "b2": dout.sum(axis=0),
    }
