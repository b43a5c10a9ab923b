"""Networks over images and signals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.tracing.layers import im2col


def convolution_by_im2col(image: Any, K: Any, b1: Any) -> Any:
    """A convolution as one product."""
    filters = K.reshape(2, -1)
    col = im2col(image, 3, 2, stride=2, pad=1)
    out = np.dot(col, filters.T) + b1[:2]
    out = out.reshape(2, 3, 3, -1).transpose(0, 3, 1, 2)
    return np.sum(np.maximum(out, 0) ** 2)


def convolution_by_loops(image: Any, K: Any) -> Any:
    """Every output on its own."""
    n, _, h, w = image.shape
    out = np.zeros((n, 2, h - 2, w - 1))
    for f in range(2):
        for i in range(out.shape[2]):
            for j in range(out.shape[3]):
                patch = image[:, :, i : i + 3, j : j + 2]
                out[:, f, i, j] = np.sum(patch * K[f], axis=(1, 2, 3))
    return np.sum(np.tanh(out))


def convolution_by_windows(image: Any, K: Any) -> Any:
    """Windows and a tensor product."""
    windows = np.lib.stride_tricks.sliding_window_view(image, (3, 2), axis=(2, 3))
    out = np.tensordot(windows, K, axes=([1, 4, 5], [1, 2, 3]))
    return np.mean(out**2)


def convolution_1d(q: Any, k: Any) -> Any:
    """One signal, one kernel, by a list."""
    out = np.array([np.dot(q[i : i + 3], k[::-1]) for i in range(len(q) - 2)])
    return np.sum(out**2)


def transposed_convolution(plane: Any, kernel: Any) -> Any:
    """Every input spreads the kernel."""
    out = np.zeros((13, 14))
    for i in range(6):
        for j in range(7):
            out[2 * i : 2 * i + 3, 2 * j : 2 * j + 2] += plane[i, j] * kernel
    return np.sum(out**3)


def overlapping_max_pool(plane: Any) -> Any:
    """Windows of 3 with stride 2 share elements."""
    out = np.zeros((2, 3))
    for i in range(2):
        for j in range(3):
            out[i, j] = np.max(plane[2 * i : 2 * i + 3, 2 * j : 2 * j + 3])
    return np.sum(out**2 * np.arange(1, 7).reshape(2, 3))


def max_pool_by_reshape(image: Any) -> Any:
    """Windows without overlap."""
    n, c, h, w = image[:, :, :, :4].shape
    blocks = image[:, :, :, :4].reshape(n, c, h // 2, 2, w // 2, 2)
    return np.sum(blocks.max(axis=(3, 5)) ** 3)


def max_pool_by_argmax(image: Any) -> Any:
    """The place of the maximum is kept, as for a backward pass."""
    col = im2col(image[:, :1], 2, 2)
    place = np.argmax(col, axis=1)
    return np.sum(col[np.arange(place.size), place] ** 2)


def average_pool(plane: Any) -> Any:
    """Means of windows."""
    return sum(plane[i : i + 2, j : j + 2].mean() ** 2 for i in range(0, 6, 2) for j in (0, 2, 4))


IMAGES: dict[str, Callable[..., Any]] = {
    f.__name__.replace("_", " "): f
    for f in (
        convolution_by_im2col,
        convolution_by_loops,
        convolution_by_windows,
        convolution_1d,
        transposed_convolution,
        overlapping_max_pool,
        max_pool_by_reshape,
        max_pool_by_argmax,
        average_pool,
    )
}
