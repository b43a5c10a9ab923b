"""How far apart two arrays are, without an array of their differences."""

from __future__ import annotations

from math import isnan, nan
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosscheck.core.types import Array

BLOCK = 2**16  # as many entries at a time that what is computed of them stays in the cache


def distance(a: Array, b: Array) -> float:
    """Return the norm of a − b, two arrays of one shape."""
    return furthest(a, b)[0]


def furthest(a: Array, b: Array) -> tuple[float, int]:
    """Return the norm of a − b and the first place where it is reached, in the flattened arrays."""
    largest, place = 0.0, 0
    # One for all blocks; of a kind that can be subtracted, as booleans cannot.
    memory = np.empty(min(a.size, BLOCK), np.result_type(a, b, np.float16))
    for number, (x, y) in enumerate(blocks(a, b)):
        difference = np.subtract(x, y, out=memory[: x.size], dtype=memory.dtype)
        away = np.abs(difference, out=difference.real)
        top = float(np.max(away))
        if isnan(top):
            return nan, number * BLOCK + int(np.argmax(away))  # the first nan
        if top > largest:
            largest, place = top, number * BLOCK + int(np.argmax(away))
    return largest, place


def blocks(*arrays: Array) -> Iterator[list[Array]]:
    """Yield arrays of one shape, flattened, BLOCK entries at a time."""
    flat = [np.reshape(array, -1) for array in arrays]
    for start in range(0, flat[0].size, BLOCK):
        yield [array[start : start + BLOCK] for array in flat]


def norm(array: Array) -> float:
    """Return the largest absolute entry; nan where there is a nan, 0 where there is no entry."""
    return float(np.maximum(abs(np.max(array, initial=0.0)), abs(np.min(array, initial=0.0))))


def max_or_nan(*values: float) -> float:
    """Return the largest value, nan if any is nan: Python's max would depend on their order."""
    return float(np.max(values))
