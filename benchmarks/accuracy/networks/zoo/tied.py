"""An autoencoder whose decoder is the encoder's transpose: one weight, used twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.accuracy.networks.zoo.parts import ACTIVATIONS

if TYPE_CHECKING:
    from benchmarks.accuracy.networks.zoo.parts import Array, Scalar
    from reference.example import Grads


def loss(W: Array, b: Array, c: Array, X: Array, activation: str) -> Scalar:
    """Return half the squared error of the reconstruction, averaged over the rows of X."""
    act, _ = ACTIVATIONS[activation]
    return 0.5 * np.sum((act(X @ W + b) @ W.T + c - X) ** 2) / len(X)


def gradient(W: Array, b: Array, c: Array, X: Array, activation: str) -> Grads:
    """Return the derivative of the loss by every parameter."""
    act, slope = ACTIVATIONS[activation]
    z = X @ W + b
    a = act(z)
    dout = (a @ W.T + c - X) / len(X)
    dz = dout @ W * slope(z)
    return {"W": X.T @ dz + dout.T @ a, "b": dz.sum(axis=0), "c": dout.sum(axis=0)}
