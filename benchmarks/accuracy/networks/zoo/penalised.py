"""One hidden layer with weight decay; its cross-entropy keeps away from log 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.accuracy.networks.zoo.parts import ACTIVATIONS, softmax

if TYPE_CHECKING:
    from benchmarks.accuracy.networks.zoo.parts import Array, Scalar
    from reference.example import Grads

RATE, TINY = 0.02, 1e-7


def loss(
    W1: Array, b1: Array, W2: Array, b2: Array, X: Array, Y: Array, activation: str, cost: str
) -> Scalar:
    """Return the cost, summed up over the rows of X, and half the decay of the weights."""
    act, _ = ACTIVATIONS[activation]
    out = act(X @ W1 + b1) @ W2 + b2
    decay = 0.5 * RATE * (np.sum(W1**2) + np.sum(W2**2))
    if cost == "squared":
        fit = 0.5 * np.sum((out - Y) ** 2)
    else:
        fit = -np.sum(Y * np.log(softmax(out) + TINY))
    return fit + decay


def gradient(
    W1: Array, b1: Array, W2: Array, b2: Array, X: Array, Y: Array, activation: str, cost: str
) -> Grads:
    """Return the derivative of the loss by every parameter."""
    act, slope = ACTIVATIONS[activation]
    z = X @ W1 + b1
    a = act(z)
    out = a @ W2 + b2
    if cost == "squared":
        dout = out - Y
    else:
        p = softmax(out)
        dp = -Y / (p + TINY)
        dout = p * (dp - np.sum(dp * p, axis=1, keepdims=True))
    dz = dout @ W2.T * slope(z)
    return {
        "W1": X.T @ dz + RATE * W1,
        "b1": dz.sum(axis=0),
        "W2": a.T @ dout + RATE * W2,
        "b2": dout.sum(axis=0),
    }
