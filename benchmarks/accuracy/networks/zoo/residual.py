"""A residual block and a linear layer on top."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.accuracy.networks.zoo.parts import ACTIVATIONS, COSTS

if TYPE_CHECKING:
    from benchmarks.accuracy.networks.zoo.parts import Array, Scalar
    from reference.example import Grads


def loss(
    W0: Array,
    W1: Array,
    b1: Array,
    W2: Array,
    b2: Array,
    W3: Array,
    X: Array,
    Y: Array,
    activation: str,
    cost: str,
) -> Scalar:
    """Return the cost of (h + act(h W1 + b1) W2 + b2) W3 with h = X W0."""
    act, _ = ACTIVATIONS[activation]
    h = X @ W0
    r = h + act(h @ W1 + b1) @ W2 + b2
    return COSTS[cost][0](r @ W3, Y)


def gradient(
    W0: Array,
    W1: Array,
    b1: Array,
    W2: Array,
    b2: Array,
    W3: Array,
    X: Array,
    Y: Array,
    activation: str,
    cost: str,
) -> Grads:
    """Return the derivative of the loss by every parameter."""
    act, slope = ACTIVATIONS[activation]
    h = X @ W0
    z = h @ W1 + b1
    a = act(z)
    r = h + a @ W2 + b2
    dout = COSTS[cost][1](r @ W3, Y)
    dr = dout @ W3.T
    dz = dr @ W2.T * slope(z)
    dh = dr + dz @ W1.T
    return {
        "W0": X.T @ dh,
        "W1": h.T @ dz,
        "b1": dz.sum(axis=0),
        "W2": a.T @ dr,
        "b2": dr.sum(axis=0),
        "W3": r.T @ dout,
    }
