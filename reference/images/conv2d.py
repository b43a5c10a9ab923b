"""The convolution of images, as the formula says it: with stride, padding, dilation and groups.

    out[o, y, x] = b[o] + Σ W[o, k, p, q] X̂[k, s·y + d·p, s·x + d·q]     over k, p, q
    grad_W[o, k, p, q] = Σ dout[o, y, x] X̂[k, s·y + d·p, s·x + d·q]      over the batch, y, x
    grad_X̂[k, s·y + d·p, s·x + d·q] = Σ W[o, k, p, q] dout[o, y, x]      over all that meet there
    grad_b[o] = Σ dout[o, y, x]                                           over the batch, y, x

X: (N, C, H, W), W: (O, K, P, Q), b: (O,). X̂ is X in a frame of `padding` zeros, s the stride, d the
dilation. With K = C there is one group; otherwise C / K groups of K channels each, and each group
has its share of the outputs. The loops run over the kernel; NumPy does the rest. The derivation:
V. Dumoulin and F. Visin, A guide to convolution arithmetic for deep learning (2016), chapters 2, 4.

The usual mistake: windows overlap, and grad_X̂ is assigned where it must be added to.

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
    from reference.example import Array, Grads

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
) -> tuple[Array, tuple[Array, Array, int, int, int]]:
    """Return the output and the residuals."""
    height, width = output(X, W, stride, padding, dilation)
    X = padded(X, padding)
    Xg, Wg = grouped(X, W)
    out = np.zeros((len(X), *Wg.shape[:2], height, width), X.dtype)  # (N, G, O / G, ·, ·)
    for p, q in np.ndindex(W.shape[2:]):
        rows, columns = tap(p, height, stride, dilation), tap(q, width, stride, dilation)
        out += np.einsum("ngkyx,gok->ngoyx", Xg[..., rows, columns], Wg[..., p, q])
    out = out.reshape(len(X), len(W), height, width) + b[:, np.newaxis, np.newaxis]
    return out, (X, W, stride, padding, dilation)


def backward(  # noqa: PLR0913, PLR0917 - dout and the residuals
    dout: Array, X: Array, W: Array, stride: int, padding: int, dilation: int
) -> Grads:
    """Return the gradients by X, W and b."""
    height, width = dout.shape[2:]
    Xg, Wg = grouped(X, W)
    delta = dout.reshape(len(X), *Wg.shape[:2], height, width)
    grad_X, grad_W = np.zeros_like(Xg), np.zeros_like(Wg)
    for p, q in np.ndindex(W.shape[2:]):
        rows, columns = tap(p, height, stride, dilation), tap(q, width, stride, dilation)
        grad_W[..., p, q] = np.einsum("ngoyx,ngkyx->gok", delta, Xg[..., rows, columns])
        grad_X[..., rows, columns] += np.einsum("ngoyx,gok->ngkyx", delta, Wg[..., p, q])
    return {
        "X": cropped(grad_X.reshape(X.shape), padding),
        "W": grad_W.reshape(W.shape),
        "b": dout.sum(axis=(0, 2, 3)),
    }


def grouped(X: Array, W: Array) -> tuple[Array, Array]:
    """Return X as (N, G, K, H, W) and W as (G, O / G, K, P, Q)."""
    groups = X.shape[1] // W.shape[1]
    return (
        X.reshape(len(X), groups, W.shape[1], *X.shape[2:]),
        W.reshape(groups, len(W) // groups, *W.shape[1:]),
    )


def main() -> None:
    """Print the output and the gradients at the page's own numbers."""
    out, residuals = forward(**PARAMS)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
