"""A two-layer network in NumPy with its hand-written gradient, in three sizes: what `cost` checks.

h = tanh(X W1 + b1)             d = (o − Y) / N          grad W2 = hᵀ d     grad b2 = Σ d
o = h W2 + b2                   e = (d W2ᵀ)(1 − h²)      grad W1 = Xᵀ e     grad b1 = Σ e
loss = ½ mean over rows of Σ (o − Y)²
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference.example import Array, Grads

BATCH = 64
SHAPES = {100: (4, 12, 3), 10_000: (40, 200, 10), 1_000_000: (500, 1900, 20)}  # in, hidden, out


# ruff: noqa: PLR0913, PLR0917 - four parameters and two data: the network as it is


def loss(W1: Array, b1: Array, W2: Array, b2: Array, X: Array, Y: Array) -> Array:
    """Return the loss, shape ()."""
    h = np.tanh(X @ W1 + b1)
    o = h @ W2 + b2
    result: Array = 0.5 * np.mean(np.sum((o - Y) ** 2, axis=1))
    return result


def gradient(W1: Array, b1: Array, W2: Array, b2: Array, X: Array, Y: Array) -> Grads:
    """Return the hand-written gradient of the loss."""
    h = np.tanh(X @ W1 + b1)
    d = (h @ W2 + b2 - Y) / len(X)
    e = (d @ W2.T) * (1 - h**2)
    return {"W1": X.T @ e, "b1": e.sum(axis=0), "W2": h.T @ d, "b2": d.sum(axis=0)}


@dataclass(frozen=True)
class Case:
    """The network at a point: about `size` parameters, float64."""

    size: int
    params: dict[str, Array]
    data: dict[str, Array]

    @property
    def parameters(self) -> int:
        """How many parameters there are."""
        return sum(array.size for array in self.params.values())


def case(size: int) -> Case:
    """Return the network of about `size` parameters at a random point, always the same."""
    n, hidden, out = SHAPES[size]
    rng = np.random.default_rng(size)
    params: dict[str, Array] = {
        "W1": rng.standard_normal((n, hidden)) / np.sqrt(n),
        "b1": 0.1 * rng.standard_normal(hidden),
        "W2": rng.standard_normal((hidden, out)) / np.sqrt(hidden),
        "b2": 0.1 * rng.standard_normal(out),
    }
    data: dict[str, Array] = {
        "X": rng.standard_normal((BATCH, n)),
        "Y": rng.standard_normal((BATCH, out)),
    }
    return Case(size, params, data)


def entries(case: Case) -> dict[str, int]:
    """Return which entry of the flat gradient of W1 is the largest, and which is typical."""
    order = np.argsort(np.abs(gradient(**case.params, **case.data)["W1"]), axis=None)
    return {"large": int(order[-1]), "typical": int(order[order.size // 2])}


def planted(entry: int, relative: float) -> Callable[..., Grads]:
    """Return the hand-written gradient with one entry of W1's off by a relative error."""

    def wrong(**arguments: Array) -> Grads:
        result = gradient(**arguments)
        result["W1"].reshape(-1)[entry] *= 1 + relative
        return result

    return wrong
