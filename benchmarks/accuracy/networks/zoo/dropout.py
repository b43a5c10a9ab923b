"""Two hidden layers with inverted dropout: the masks are data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.accuracy.networks.zoo.parts import ACTIVATIONS, COSTS

if TYPE_CHECKING:
    from benchmarks.accuracy.networks.zoo.parts import Array, Scalar
    from reference.example import Grads

KEEP = 0.5


def loss(
    W1: Array,
    b1: Array,
    W2: Array,
    b2: Array,
    W3: Array,
    X: Array,
    noise1: Array,
    noise2: Array,
    Y: Array,
    activation: str,
    cost: str,
) -> Scalar:
    """Return the cost of the network, averaged over the rows of X; noise above 0 is kept."""
    act, _ = ACTIVATIONS[activation]
    h1 = act(X @ W1 + b1) * (noise1 > 0) / KEEP
    h2 = act(h1 @ W2 + b2) * (noise2 > 0) / KEEP
    return COSTS[cost][0](h2 @ W3, Y)


def gradient(
    W1: Array,
    b1: Array,
    W2: Array,
    b2: Array,
    W3: Array,
    X: Array,
    noise1: Array,
    noise2: Array,
    Y: Array,
    activation: str,
    cost: str,
) -> Grads:
    """Return the derivative of the loss by every parameter."""
    act, slope = ACTIVATIONS[activation]
    mask1, mask2 = (noise1 > 0) / KEEP, (noise2 > 0) / KEEP
    z1 = X @ W1 + b1
    h1 = act(z1) * mask1
    z2 = h1 @ W2 + b2
    h2 = act(z2) * mask2
    dout = COSTS[cost][1](h2 @ W3, Y)
    d2 = dout @ W3.T * mask2 * slope(z2)
    d1 = d2 @ W2.T * mask1 * slope(z1)
    return {
        "W1": X.T @ d1,
        "b1": d1.sum(axis=0),
        "W2": h1.T @ d2,
        "b2": d2.sum(axis=0),
        "W3": h2.T @ dout,
    }
