"""Branches that are rarely taken: a bounded ReLU, Huber's loss, a penalty that is often 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from benchmarks.accuracy.networks.zoo.parts import Array, Scalar
    from reference.example import Grads

RATE = 0.3


def loss(
    W1: Array, b1: Array, W2: Array, b2: Array, X: Array, Y: Array, top: float, delta: float
) -> Scalar:
    """Return Huber's loss of the network, with a penalty on W2 beyond a radius."""
    a = np.minimum(np.maximum(X @ W1 + b1, 0), top)
    r = a @ W2 + b2 - Y
    fit = np.sum(np.where(np.abs(r) <= delta, 0.5 * r**2, delta * (np.abs(r) - 0.5 * delta)))
    squares = np.sum(W2**2)
    return fit + RATE * (squares - top) ** 2 if squares > top else fit


def gradient(
    W1: Array, b1: Array, W2: Array, b2: Array, X: Array, Y: Array, top: float, delta: float
) -> Grads:
    """Return the derivative of the loss by every parameter."""
    z = X @ W1 + b1
    a = np.minimum(np.maximum(z, 0), top)
    r = a @ W2 + b2 - Y
    dr = np.where(np.abs(r) <= delta, r, delta * np.sign(r))
    dz = dr @ W2.T * ((z > 0) & (z < top))
    dW2 = a.T @ dr
    squares = np.sum(W2**2)
    if squares > top:
        dW2 = dW2 + 4 * RATE * (squares - top) * W2
    return {"W1": X.T @ dz, "b1": dz.sum(axis=0), "W2": dW2, "b2": dr.sum(axis=0)}
