"""An RNN over a batch of sequences, with a cost at the last step or at every one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.accuracy.networks.zoo.parts import ACTIVATIONS, COSTS

if TYPE_CHECKING:
    from benchmarks.accuracy.networks.zoo.parts import Array, Scalar
    from reference.example import Grads


def loss(
    Wx: Array,
    Wh: Array,
    b: Array,
    V: Array,
    c: Array,
    X: Array,
    Y: Array,
    activation: str,
    cost: str,
    every: bool,  # noqa: FBT001 - data, by name
) -> Scalar:
    """Return the cost; X has shape (batch, time, inputs), Y (time, batch, outputs)."""
    act, _ = ACTIVATIONS[activation]
    N, T, _ = X.shape
    h = np.zeros((N, T + 1, len(b)))
    total = np.zeros(())
    for t in range(T):
        h[:, t + 1] = act(X[:, t] @ Wx + h[:, t] @ Wh + b)
        if every or t == T - 1:
            total = total + COSTS[cost][0](h[:, t + 1] @ V + c, Y[t])
    return total


def gradient(
    Wx: Array,
    Wh: Array,
    b: Array,
    V: Array,
    c: Array,
    X: Array,
    Y: Array,
    activation: str,
    cost: str,
    every: bool,  # noqa: FBT001 - data, by name
) -> Grads:
    """Return the derivative of the loss by every parameter, backwards through time."""
    act, slope = ACTIVATIONS[activation]
    N, T, _ = X.shape
    h = np.zeros((N, T + 1, len(b)))
    z = np.zeros((N, T, len(b)))
    for t in range(T):
        z[:, t] = X[:, t] @ Wx + h[:, t] @ Wh + b
        h[:, t + 1] = act(z[:, t])
    grads = {n: np.zeros_like(p) for n, p in {"Wx": Wx, "Wh": Wh, "b": b, "V": V, "c": c}.items()}
    dh = np.zeros((N, len(b)))
    for t in reversed(range(T)):
        if every or t == T - 1:
            dout = COSTS[cost][1](h[:, t + 1] @ V + c, Y[t])
            grads["V"] += h[:, t + 1].T @ dout
            grads["c"] += dout.sum(axis=0)
            dh = dh + dout @ V.T
        dz = dh * slope(z[:, t])
        grads["Wx"] += X[:, t].T @ dz
        grads["Wh"] += h[:, t].T @ dz
        grads["b"] += dz.sum(axis=0)
        dh = dz @ Wh.T
    return grads
