"""Where a window of a convolution or a pooling layer stands: the arithmetic that the pages share.

The window of output y covers the inputs stride · y + dilation · p, for p = 0, …, kernel − 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from reference.example import Array


def windows(length: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Return how many windows fit along an axis.

    >>> windows(length=7, kernel=3, stride=2)
    3
    """
    return (length + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def tap(p: int, count: int, stride: int = 1, dilation: int = 1) -> slice:
    """Return the inputs that entry p of the kernel meets in `count` windows.

    >>> tap(p=1, count=3, stride=2)
    slice(1, 6, 2)
    """
    first = dilation * p
    return slice(first, first + stride * (count - 1) + 1, stride)


def padded(X: Array, padding: int) -> Array:
    """Return images with a frame of so many zeros."""
    if not padding:
        return X
    N, C, H, W = X.shape
    framed = np.zeros((N, C, H + 2 * padding, W + 2 * padding), X.dtype)  # np.pad takes longer
    cropped(framed, padding)[...] = X
    return framed


def cropped(X: Array, padding: int) -> Array:
    """Return images without a frame of so many entries: the transpose of `padded`."""
    return X[:, :, padding : X.shape[2] - padding, padding : X.shape[3] - padding]


def whole_numbers(padding: int = 0, **at_least_one: int) -> None:
    """Raise ValueError for a padding below 0, or for another setting below 1."""
    for name, value, least in (
        ("padding", padding, 0),
        *((k, v, 1) for k, v in at_least_one.items()),
    ):
        if value < least or value != int(value):
            msg = f"forward: {name} is {value}; pass a whole number from {least} on"
            raise ValueError(msg)


def fitting(X: Array, counts: tuple[int, int], window: str) -> None:
    """Raise ValueError where no window fits into the image."""
    if min(counts) < 1:
        msg = (
            f"forward: X has shape {X.shape}, smaller than {window}; pass a larger image, or a "
            "smaller window"
        )
        raise ValueError(msg)


def convolution(  # noqa: PLR0913, PLR0917 - a convolution and its three settings
    X: Array, W: Array, b: Array, stride: int = 1, padding: int = 0, dilation: int = 1
) -> None:
    """Raise ValueError for channels that form no groups, settings out of range, no window."""
    whole_numbers(padding, stride=stride, dilation=dilation)
    groups, rest = divmod(X.shape[1], W.shape[1])
    if rest or len(b) % groups:
        msg = (
            f"forward: W has shape {W.shape}, for {W.shape[1]} of X's {X.shape[1]} channels; pass "
            "W with all of them, or with a g-th part, where g divides the number of outputs, too"
        )
        raise ValueError(msg)
    fitting(X, output(X, W, stride, padding, dilation), f"W's {W.shape[2:]}")


def output(X: Array, W: Array, stride: int, padding: int, dilation: int) -> tuple[int, int]:
    """Return the height and width of a convolution's output; X without its padding."""
    height = windows(X.shape[2], W.shape[2], stride, padding, dilation)
    width = windows(X.shape[3], W.shape[3], stride, padding, dilation)
    return height, width
