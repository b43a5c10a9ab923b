"""An RNN over a sequence that a layer of its own computes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.accuracy.networks.zoo.parts import ACTIVATIONS

if TYPE_CHECKING:
    from benchmarks.accuracy.networks.zoo.parts import Array, Scalar
    from reference.example import Grads


def loss(
    We: Array, Wx: Array, Wh: Array, b: Array, V: Array, X: Array, Y: Array, activation: str
) -> Scalar:
    """Return half the squared error after the last step; X has shape (batch, time, inputs)."""
    act, _ = ACTIVATIONS[activation]
    E = np.sin(X @ We)
    h = np.full((len(X), len(b)), 0.5)
    for t in range(X.shape[1]):
        h = act(E[:, t] @ Wx + h @ Wh + b)
    return 0.5 * np.sum((h @ V - Y) ** 2) / len(X)


def gradient(
    We: Array, Wx: Array, Wh: Array, b: Array, V: Array, X: Array, Y: Array, activation: str
) -> Grads:
    """Return the derivative of the loss by every parameter, backwards through time."""
    act, slope = ACTIVATIONS[activation]
    E = np.sin(X @ We)
    h, z = [np.full((len(X), len(b)), 0.5)], []
    for t in range(X.shape[1]):
        z.append(E[:, t] @ Wx + h[t] @ Wh + b)
        h.append(act(z[t]))
    dout = (h[-1] @ V - Y) / len(X)
    dh, dE = dout @ V.T, np.zeros_like(E)
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)
    for t in reversed(range(X.shape[1])):
        dz = dh * slope(z[t])
        dWx += E[:, t].T @ dz
        dWh += h[t].T @ dz
        db += dz.sum(axis=0)
        dE[:, t] = dz @ Wx.T
        dh = dz @ Wh.T
    dWe = np.einsum("nti,ntj->ij", X, dE * np.cos(X @ We))
    return {"We": dWe, "Wx": dWx, "Wh": dWh, "b": db, "V": h[-1].T @ dout}
