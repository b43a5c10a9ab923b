"""Activations and costs, each beside its derivative."""

from __future__ import annotations

from math import pi, sqrt
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Array: TypeAlias = npt.NDArray[Any]
    Scalar: TypeAlias = Any  # NumPy has two kinds: float64, and an array of shape ()

GELU = sqrt(2 / pi)
LEAK = 0.125


def sigmoid(z: Array) -> Array:
    """Return 1/(1 + e⁻ᶻ)."""
    return 1 / (1 + np.exp(-z))


def gelu(z: Array) -> Array:
    """Return the tanh form of z Φ(z)."""
    out: Array = 0.5 * z * (1 + np.tanh(GELU * (z + 0.044715 * z**3)))
    return out


def gelu_slope(z: Array) -> Array:
    """Return the derivative of that form."""
    t: Array = np.tanh(GELU * (z + 0.044715 * z**3))
    slope: Array = 0.5 * (1 + t) + 0.5 * z * (1 - t**2) * GELU * (1 + 0.134145 * z**2)
    return slope


def softmax(z: Array) -> Array:
    """Return the softmax over the last axis."""
    e: Array = np.exp(z - np.max(z, axis=-1, keepdims=True))
    e /= np.sum(e, axis=-1, keepdims=True)
    return e


# name: the function and its derivative, both of the preactivation
ACTIVATIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0),
    "leaky": (lambda z: np.where(z > 0, z, LEAK * z), lambda z: np.where(z > 0, 1.0, LEAK)),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
    "softplus": (lambda z: np.logaddexp(0, z), sigmoid),
    "gelu": (gelu, gelu_slope),
}


def _squared(z: Array, Y: Array) -> Scalar:
    return 0.5 * np.sum((z - Y) ** 2) / len(Y)


def _cross_entropy(z: Array, Y: Array) -> Scalar:
    shifted = z - np.max(z, axis=1, keepdims=True)
    return -np.sum(Y * (shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True)))) / len(Y)


def _binary(z: Array, Y: Array) -> Scalar:
    p = sigmoid(z)
    return -np.sum(Y * np.log(p) + (1 - Y) * np.log(1 - p)) / len(Y)


# name: the loss averaged over the rows, and its derivative, both of the last layer's output
COSTS: dict[str, tuple[Callable[[Array, Array], Scalar], Callable[[Array, Array], Array]]] = {
    "squared": (_squared, lambda z, Y: (z - Y) / len(Y)),
    "cross-entropy": (_cross_entropy, lambda z, Y: (softmax(z) - Y) / len(Y)),
    "binary": (_binary, lambda z, Y: (sigmoid(z) - Y) / len(Y)),
}
