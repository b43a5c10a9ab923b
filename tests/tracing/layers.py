"""Textbook layers that the networks of the corpus call: helper functions and classes."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
from numpy import exp, zeros


def sigmoid(z: Any) -> Any:
    """Logistic function."""
    return 1 / (1 + exp(-z))


def stable_sigmoid(z: Any) -> Any:
    """Logistic function without overflow, by masks into a preallocated array."""
    out = np.empty_like(z)
    positive = z >= 0
    out[positive] = 1 / (1 + np.exp(-z[positive]))
    grown = np.exp(z[~positive])
    out[~positive] = grown / (1 + grown)
    return out


def softmax(z: Any, axis: int = -1) -> Any:
    """Probabilities."""
    shifted = np.exp(z - np.max(z, axis=axis, keepdims=True))
    return shifted / shifted.sum(axis=axis, keepdims=True)


def cross_entropy(probabilities: Any, y: Any) -> Any:
    """Mean over the examples; `y` holds the classes."""
    return -np.mean(np.log(probabilities[np.arange(len(y)), y] + 1e-7))


def im2col(images: Any, height: int, width: int, stride: int = 1, pad: int = 0) -> Any:
    """Patches as rows, by the double loop of the textbooks."""
    n, channels, rows, columns = images.shape
    out_h = (rows + 2 * pad - height) // stride + 1
    out_w = (columns + 2 * pad - width) // stride + 1
    img = np.pad(images, [(0, 0), (0, 0), (pad, pad), (pad, pad)], "constant")
    col = zeros((n, channels, height, width, out_h, out_w))
    for i in range(height):
        for j in range(width):
            rows_end, columns_end = i + stride * out_h, j + stride * out_w
            col[:, :, i, j, :, :] = img[:, :, i:rows_end:stride, j:columns_end:stride]
    return col.transpose(0, 4, 5, 1, 2, 3).reshape(n * out_h * out_w, -1)


class Affine:
    """A layer that keeps what its backward pass would need."""

    def __init__(self, W: Any, b: Any) -> None:
        self.W, self.b = W, b
        self.x: Any = None

    def forward(self, x: Any) -> Any:
        """`x W + b`."""
        self.x = x
        return np.dot(x, self.W) + self.b


class Relu:
    """A layer that writes zeros through a mask."""

    def forward(self, x: Any) -> Any:
        """max(x, 0)."""
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out


class Network:
    """Layers by name."""

    def __init__(self, **layers: Any) -> None:
        self.layers = OrderedDict(layers)

    def __call__(self, x: Any) -> Any:
        for layer in self.layers.values():
            x = layer.forward(x)
        return x
