"""Upsampling by a whole factor, nearest or bilinear: two matrices, one for each axis.

    out = A · X · Bᵀ            A: (f H, H), B: (f W, W), whose rows have the sum 1
    grad_X = Aᵀ · dout · B

nearest: row i of A has a one in column ⌊i / f⌋. bilinear: row i stands at (i + ½) / f − ½, clipped
to the image, and weighs its two neighbours by how near they are. X: (N, C, H, W). The derivation:
the transpose of a linear map; for the places of pixels, J. Blinn, What is a pixel? (2005).

The usual mistake: the gradient is subsampled, where all f² outputs of an entry must be added up.

>>> main()
out =
[[[[ 1.  1.  2.  2. -1. -1.]
   [ 1.  1.  2.  2. -1. -1.]]]]
X = [[[[ 3.5  7.  13. ]]]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report
from reference.images.geometry import whole_numbers

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(X=[[[[1.0, 2.0, -1.0]]]])
DATA = arrays()
DOUT = frozen([[[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [0.5, 0.0, -1.0, 1.0, 0.0, 2.0]]]])
OPTIONS = ({"mode": "bilinear"}, {"factor": 3, "mode": "bilinear"}, {"factor": 3})
MODES = ("nearest", "bilinear")


def settings(X: Array, factor: int = 2, mode: str = "nearest") -> None:  # noqa: ARG001 - the arguments of forward
    """Raise ValueError for a factor below 1, and for a mode that is not there."""
    whole_numbers(factor=factor)
    if mode not in MODES:
        msg = f"forward: mode is {mode!r}; pass one of {list(MODES)}"
        raise ValueError(msg)


@checked(params={"X": "N C H W"}, further=settings)
def forward(X: Array, factor: int = 2, mode: str = "nearest") -> tuple[Array, tuple[Array, Array]]:
    """Return the output and the residuals."""
    A = weights(X.shape[2], factor, mode).astype(X.dtype)
    B = weights(X.shape[3], factor, mode).astype(X.dtype)
    return A @ X @ B.T, (A, B)


def backward(dout: Array, A: Array, B: Array) -> Grads:
    """Return the gradient by X."""
    return {"X": A.T @ dout @ B}


def weights(length: int, factor: int, mode: str) -> Array:
    """Return how much of each entry goes into each output: (factor · length, length).

    >>> weights(2, 2, "bilinear")
    array([[1.  , 0.  ],
           [0.75, 0.25],
           [0.25, 0.75],
           [0.  , 1.  ]])
    """
    i = np.arange(factor * length)
    if mode == "nearest":
        return np.eye(length)[i // factor]
    at = np.clip((i + 0.5) / factor - 0.5, 0, length - 1)[:, np.newaxis]
    near: Array = np.maximum(0, 1 - np.abs(at - np.arange(length)))
    return near


def main() -> None:
    """Print the output and the gradient at the page's own numbers."""
    out, residuals = forward(**PARAMS)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
