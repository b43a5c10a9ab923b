"""The transposed convolution, also called up-convolution: a convolution's backward as a layer.

    out̂[o, s·y + d·p, s·x + d·q] = Σ W[c, o, p, q] X[c, y, x]    over all that meet there; plus b[o]
    grad_X[c, y, x] = Σ W[c, o, p, q] d̂out[o, s·y + d·p, s·x + d·q]          over o, p, q
    grad_W[c, o, p, q] = Σ X[c, y, x] d̂out[o, s·y + d·p, s·x + d·q]          over the batch, y, x
    grad_b[o] = Σ dout[o, y, x]                                               over the batch, y, x

X: (N, C, H, W), W: (C, O, P, Q), b: (O,). out is out̂ without a frame of `padding` entries, d̂out is
dout in a frame of as many zeros; s is the stride, d the dilation. The derivation: V. Dumoulin and
F. Visin, A guide to convolution arithmetic for deep learning (2016), chapter 4.

The usual mistake: the kernel is flipped in one of the two directions.

>>> main()
out =
[[[[ 1.5   -2.5    3.    -0.5  ]
   [ 1.     5.    -6.     1.5  ]
   [ 0.5    1.5    6.625  1.25 ]]]]
X =
[[[[ 6.25    1.75  ]
   [ 0.875  -0.4375]]]]
W =
[[[[ 9.25  3.   -6.5 ]
   [-0.5  -1.    3.5 ]]]]
b = [5.25]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report
from reference.images.geometry import cropped, padded, tap, whole_numbers

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(
    X=[[[[1.0, -2.0], [0.5, 3.0]]]],
    W=[[[[1.0, -1.0, 0.5], [0.0, 2.0, 0.25]]]],
    b=[0.5],
)
DATA = arrays()
DOUT = frozen([[[[1.0, -1.0, 0.0, 2.0], [0.5, 2.0, 1.0, -1.0], [0.0, 1.0, -0.5, 0.25]]]])
OPTIONS = ({"stride": 2, "padding": 1}, {"dilation": 2}, {"stride": 3})


def settings(  # noqa: PLR0913, PLR0917 - a convolution and its three settings
    X: Array, W: Array, b: Array, stride: int = 1, padding: int = 0, dilation: int = 1
) -> None:
    """Raise ValueError for settings out of range, and where the padding leaves no output."""
    whole_numbers(padding, stride=stride, dilation=dilation)
    size = [spread(X.shape[k], W.shape[k], stride, dilation) - 2 * padding for k in (2, 3)]
    if min(size) < 1:
        msg = f"forward: padding is {padding}, and takes away all {len(b)} outputs; pass a smaller"
        raise ValueError(msg)


def spread(length: int, kernel: int, stride: int, dilation: int) -> int:
    """Return the length that inputs take with their kernels."""
    return stride * (length - 1) + dilation * (kernel - 1) + 1


@checked(params={"X": "N C H W", "W": "C O P Q", "b": "O"}, further=settings)
def forward(  # noqa: PLR0913, PLR0917 - a convolution and its three settings
    X: Array, W: Array, b: Array, stride: int = 1, padding: int = 0, dilation: int = 1
) -> tuple[Array, tuple[Array, Array, int, int, int]]:
    """Return the output and the residuals."""
    height, width = X.shape[2:]
    size = [spread(X.shape[k], W.shape[k], stride, dilation) for k in (2, 3)]
    out = np.zeros((len(X), len(b), *size), X.dtype)
    for p, q in np.ndindex(W.shape[2:]):
        rows, columns = tap(p, height, stride, dilation), tap(q, width, stride, dilation)
        out[:, :, rows, columns] += np.einsum("ncyx,co->noyx", X, W[:, :, p, q])
    out = cropped(out, padding) + b[:, np.newaxis, np.newaxis]
    return out, (X, W, stride, padding, dilation)


def backward(  # noqa: PLR0913, PLR0917 - dout and the residuals
    dout: Array, X: Array, W: Array, stride: int, padding: int, dilation: int
) -> Grads:
    """Return the gradients by X, W and b."""
    height, width = X.shape[2:]
    delta = padded(dout, padding)
    grad_X, grad_W = np.zeros_like(X), np.zeros_like(W)
    for p, q in np.ndindex(W.shape[2:]):
        rows, columns = tap(p, height, stride, dilation), tap(q, width, stride, dilation)
        met = delta[:, :, rows, columns]  # (N, O, H, W)
        grad_X += np.einsum("noyx,co->ncyx", met, W[:, :, p, q])
        grad_W[:, :, p, q] = np.einsum("ncyx,noyx->co", X, met)
    return {"X": grad_X, "W": grad_W, "b": dout.sum(axis=(0, 2, 3))}


def main() -> None:
    """Print the output and the gradients at the page's own numbers."""
    out, residuals = forward(**PARAMS)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
