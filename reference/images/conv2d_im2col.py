"""The convolution of images as one matrix product a group: every window becomes a column.

    cols[k p q, y x] = X̂[k, s·y + d·p, s·x + d·q]     im2col: windows to columns
    out = W · cols + b                                 W as (O, K P Q)
    grad_W = Σ dout · colsᵀ over the batch             grad_b = Σ dout over the batch, y, x
    grad_cols = Wᵀ · dout                              grad_X̂: col2im adds the columns up again

X: (N, C, H, W), W: (O, K, P, Q), b: (O,): the same function as `conv2d`, with its letters, at the
speed of a matrix product, for P · Q times the memory of X. The derivation: K. Chellapilla, S. Puri
and P. Simard, High performance convolutional neural networks for document processing (2006),
section 3.

The usual mistake: col2im writes the overlapping windows over each other, and does not add them.

>>> main()
out =
[[[[-2.25   4.   ]
   [ 2.375 -2.125]]]]
X =
[[[[ 1.    -2.     1.5   -0.5  ]
   [ 0.5    3.5   -3.5    0.75 ]
   [ 0.     1.     4.125  0.5  ]]]]
W =
[[[[-2.75  3.5   1.5 ]
   [ 2.5  -3.    3.75]]]]
b = [2.5]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report
from reference.images.geometry import convolution, cropped, output, padded, tap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference.example import Array, Grads

    Settings = tuple[int, int, int]

PARAMS = arrays(
    X=[[[[1.0, 2.0, 0.0, -1.0], [0.5, -1.0, 1.0, 0.0], [2.0, 0.0, -0.5, 1.5]]]],
    W=[[[[1.0, -1.0, 0.5], [0.0, 2.0, 0.25]]]],
    b=[0.5],
)
DATA = arrays()
DOUT = frozen([[[[1.0, -1.0], [0.5, 2.0]]]])
OPTIONS = ({"stride": 2, "padding": 1}, {"dilation": 2, "padding": 2}, {"stride": 3})


@checked(params={"X": "N C H W", "W": "O K P Q", "b": "O"}, further=convolution)
def forward(  # noqa: PLR0913, PLR0917 - a convolution and its three settings
    X: Array, W: Array, b: Array, stride: int = 1, padding: int = 0, dilation: int = 1
) -> tuple[Array, tuple[Array, Array, tuple[int, ...], Settings]]:
    """Return the output and the residuals."""
    height, width = output(X, W, stride, padding, dilation)
    cols = im2col(X, W, (height, width), (stride, padding, dilation))  # (N, G, K P Q, y x)
    rows = W.reshape(cols.shape[1], -1, cols.shape[2])  # (G, O / G, K P Q)
    out = (rows @ cols).reshape(len(X), len(W), height, width)
    out += b[:, np.newaxis, np.newaxis]
    return out, (cols, W, X.shape, (stride, padding, dilation))


def backward(
    dout: Array, cols: Array, W: Array, shape: tuple[int, ...], settings: Settings
) -> Grads:
    """Return the gradients by X, W and b."""
    rows = W.reshape(cols.shape[1], -1, cols.shape[2])  # (G, O / G, K P Q)
    delta = dout.reshape(len(dout), *rows.shape[:2], -1)  # (N, G, O / G, y x)
    grad_W = (delta @ cols.swapaxes(2, 3)).sum(axis=0)  # (G, O / G, K P Q)
    grad_cols = rows.swapaxes(1, 2) @ delta  # (N, G, K P Q, y x)
    return {
        "X": col2im(grad_cols, W, shape, dout.shape[2:], settings),
        "W": grad_W.reshape(W.shape),
        "b": dout.sum(axis=(0, 2, 3)),
    }


def im2col(X: Array, W: Array, size: tuple[int, ...], settings: Settings) -> Array:
    """Return the windows as columns, (N, G, K P Q, y x)."""
    stride, padding, dilation = settings
    X = padded(X, padding)
    cols = np.empty((*X.shape[:2], *W.shape[2:], *size), X.dtype)  # (N, C, P, Q, y, x)
    for p, q, rows, columns in taps(W, size, stride, dilation):
        cols[:, :, p, q] = X[:, :, rows, columns]
    groups = X.shape[1] // W.shape[1]
    return cols.reshape(len(X), groups, -1, size[0] * size[1])


def col2im(
    cols: Array, W: Array, shape: tuple[int, ...], size: tuple[int, ...], settings: Settings
) -> Array:
    """Return the sum of all columns, each at the place of its window: the transpose of im2col."""
    stride, padding, dilation = settings
    N, C, H, width = shape
    cols = cols.reshape(N, C, *W.shape[2:], *size)  # (N, C, P, Q, y, x)
    X = np.zeros((N, C, H + 2 * padding, width + 2 * padding), cols.dtype)
    for p, q, rows, columns in taps(W, size, stride, dilation):
        X[:, :, rows, columns] += cols[:, :, p, q]
    return cropped(X, padding)


def taps(
    W: Array, size: tuple[int, ...], stride: int, dilation: int
) -> Iterator[tuple[int, int, slice, slice]]:
    """Yield each entry p, q of the kernel with the rows and columns of X that it meets."""
    columns = [tap(q, size[1], stride, dilation) for q in range(W.shape[3])]
    for p in range(W.shape[2]):
        rows = tap(p, size[0], stride, dilation)
        for q, met in enumerate(columns):
            yield p, q, rows, met


def main() -> None:
    """Print the output and the gradients at the page's own numbers."""
    out, residuals = forward(**PARAMS)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
