"""A convolution by im2col, any stride, then max-pooling with windows that may overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.accuracy.networks.zoo.parts import ACTIVATIONS

if TYPE_CHECKING:
    from benchmarks.accuracy.networks.zoo.parts import Array, Scalar
    from reference.example import Grads


def patches(X: Array, kernel: tuple[int, ...], stride: int) -> Array:
    """Return the windows of images (N, C, H, W): shape (N, rows, columns, C, height, width)."""
    height, width = kernel
    rows, columns = (X.shape[2] - height) // stride + 1, (X.shape[3] - width) // stride + 1
    out = np.zeros((len(X), rows, columns, X.shape[1], height, width))
    for i in range(height):
        for j in range(width):
            seen = X[:, :, i : i + stride * rows : stride, j : j + stride * columns : stride]
            out[..., i, j] = seen.transpose(0, 2, 3, 1)
    return out


def unpatch(D: Array, shape: tuple[int, ...], stride: int) -> Array:
    """Return the derivative by the images, from that by their windows: overlaps add up."""
    _, rows, columns, _, height, width = D.shape
    out = np.zeros(shape)
    for i in range(height):
        for j in range(width):
            back = D[..., i, j].transpose(0, 3, 1, 2)
            out[:, :, i : i + stride * rows : stride, j : j + stride * columns : stride] += back
    return out


def loss(
    K: Array,
    b: Array,
    M: Array,
    V: Array,
    X: Array,
    Y: Array,
    activation: str,
    stride: int,
    step: int,
) -> Scalar:
    """Return half the squared error of V times the pooled, activated convolutions of X.

    K has shape (filters, channels, height, width); M, (filters, filters, 1, 2), convolves the
    first result once more, with stride 1, before 2×2 pooling every `step` pixels.
    """
    act, _ = ACTIVATIONS[activation]
    a = act(np.einsum("nrcdhw,fdhw->nfrc", patches(X, K.shape[2:], stride), K) + b[:, None, None])
    z = np.einsum("nrcdhw,fdhw->nfrc", patches(a, M.shape[2:], 1), M)
    pooled = np.max(patches(z, (2, 2), step), axis=(4, 5))
    return 0.5 * np.sum((pooled.reshape(len(X), -1) @ V - Y) ** 2) / len(X)


def gradient(
    K: Array,
    b: Array,
    M: Array,
    V: Array,
    X: Array,
    Y: Array,
    activation: str,
    stride: int,
    step: int,
) -> Grads:
    """Return the derivative of the loss by every parameter."""
    act, slope = ACTIVATIONS[activation]
    columns = patches(X, K.shape[2:], stride)
    s = np.einsum("nrcdhw,fdhw->nfrc", columns, K) + b[:, None, None]
    a = act(s)
    inner = patches(a, M.shape[2:], 1)
    z = np.einsum("nrcdhw,fdhw->nfrc", inner, M)
    windows = patches(z, (2, 2), step)
    pooled = np.max(windows, axis=(4, 5))
    flat = pooled.reshape(len(X), -1)
    dout = (flat @ V - Y) / len(X)
    dpooled = (dout @ V.T).reshape(pooled.shape)
    largest = windows == pooled[..., None, None]
    shared = largest / np.sum(largest, axis=(4, 5), keepdims=True)
    dz = unpatch(shared * dpooled[..., None, None], z.shape, step)
    dinner = np.einsum("nfrc,fdhw->nrcdhw", dz, M)
    da = unpatch(dinner, a.shape, 1)
    ds = da * slope(s)
    return {
        "K": np.einsum("nrcdhw,nfrc->fdhw", columns, ds),
        "b": ds.sum(axis=(0, 2, 3)),
        "M": np.einsum("nrcdhw,nfrc->fdhw", inner, dz),
        "V": flat.T @ dout,
    }
