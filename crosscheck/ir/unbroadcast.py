"""The sum over broadcast axes: the VJP of broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any


def broadcast_axes(shape: tuple[int, ...], output: tuple[int, ...]) -> tuple[int, ...]:
    """Return the axes of `output` along which an array of `shape` was broadcast."""
    extra = len(output) - len(shape)
    own = (i for i, n in enumerate(shape, extra) if n == 1 and output[i] > 1)
    return (*range(extra), *own)


def unbroadcast(array: Array, shape: tuple[int, ...]) -> Array:
    """Return the sum over the axes along which `shape` was broadcast."""
    if np.shape(array) == shape:
        return np.asarray(array)
    extra = np.ndim(array) - len(shape)
    axes = (*range(extra), *(extra + i for i, n in enumerate(shape) if n == 1))
    return np.sum(array, axis=axes).reshape(shape)
