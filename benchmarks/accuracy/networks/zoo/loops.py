"""A convolution with padding, one output pixel at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.accuracy.networks.zoo.parts import ACTIVATIONS

if TYPE_CHECKING:
    from benchmarks.accuracy.networks.zoo.parts import Array, Scalar
    from reference.example import Grads


def loss(
    K: Array, b: Array, v: Array, X: Array, y: Array, activation: str, stride: int, padding: int
) -> Scalar:
    """Return half the squared error of v · act(X * K + b) for images (N, C, H, W)."""
    act, _ = ACTIVATIONS[activation]
    padded = np.pad(X, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    filters, _, height, width = K.shape
    rows = (padded.shape[2] - height) // stride + 1
    columns = (padded.shape[3] - width) // stride + 1
    z = np.zeros((len(X), filters, rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = padded[:, :, i * stride : i * stride + height, j * stride : j * stride + width]
            z[:, :, i, j] = window.reshape(len(X), -1) @ K.reshape(filters, -1).T + b
    return 0.5 * np.sum((act(z).reshape(len(X), -1) @ v - y) ** 2)


def gradient(
    K: Array, b: Array, v: Array, X: Array, y: Array, activation: str, stride: int, padding: int
) -> Grads:
    """Return the derivative of the loss by every parameter."""
    act, slope = ACTIVATIONS[activation]
    padded = np.pad(X, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    filters, _, height, width = K.shape
    rows = (padded.shape[2] - height) // stride + 1
    columns = (padded.shape[3] - width) // stride + 1
    z = np.zeros((len(X), filters, rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = padded[:, :, i * stride : i * stride + height, j * stride : j * stride + width]
            z[:, :, i, j] = window.reshape(len(X), -1) @ K.reshape(filters, -1).T + b
    a = act(z)
    off = a.reshape(len(X), -1) @ v - y
    dz = np.outer(off, v).reshape(z.shape) * slope(z)
    dK, db = np.zeros_like(K), np.zeros_like(b)
    for i in range(rows):
        for j in range(columns):
            window = padded[:, :, i * stride : i * stride + height, j * stride : j * stride + width]
            dK += np.einsum("nf,nchw->fchw", dz[:, :, i, j], window)
            db += dz[:, :, i, j].sum(axis=0)
    return {"K": dK, "b": db, "v": a.reshape(len(X), -1).T @ off}
