"""Two hidden layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.accuracy.networks.zoo.parts import ACTIVATIONS, COSTS

if TYPE_CHECKING:
    from benchmarks.accuracy.networks.zoo.parts import Array, Scalar
    from reference.example import Grads


def loss(
    W1: Array,
    b1: Array,
    W2: Array,
    b2: Array,
    W3: Array,
    b3: Array,
    X: Array,
    Y: Array,
    activation: str,
    cost: str,
) -> Scalar:
    """Return the cost of the network, averaged over the rows of X."""
    act, _ = ACTIVATIONS[activation]
    a1 = act(X @ W1 + b1)
    a2 = act(a1 @ W2 + b2)
    return COSTS[cost][0](a2 @ W3 + b3, Y)


def gradient(
    W1: Array,
    b1: Array,
    W2: Array,
    b2: Array,
    W3: Array,
    b3: Array,
    X: Array,
    Y: Array,
    activation: str,
    cost: str,
) -> Grads:
    """Return the derivative of the loss by every parameter."""
    act, slope = ACTIVATIONS[activation]
    z1 = X @ W1 + b1
    a1 = act(z1)
    z2 = a1 @ W2 + b2
    a2 = act(z2)
    z3 = a2 @ W3 + b3
    d3 = COSTS[cost][1](z3, Y)
    d2 = d3 @ W3.T * slope(z2)
    d1 = d2 @ W2.T * slope(z1)
    return {
        "W1": X.T @ d1,
        "b1": d1.sum(axis=0),
        "W2": a1.T @ d2,
        "b2": d2.sum(axis=0),
        "W3": a2.T @ d3,
        "b3": d3.sum(axis=0),
    }
