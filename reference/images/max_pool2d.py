"""Max pooling: the largest entry of each window, which takes all of its gradient.

    out[y, x] = max X[s·y + p, s·x + q]       over p, q = 0, …, size − 1
    grad_X[s·y + p*, s·x + q*] += dout[y, x]  where p*, q* is the place of the maximum, the first of
                                              several

X: (N, C, H, W), out: (N, C, ·, ·); the stride s is the size unless it is given. The derivation:
Y.-L. Boureau, J. Ponce and Y. LeCun, A theoretical analysis of feature pooling in visual
recognition (2010), section 1, and the derivative of a maximum.

The usual mistake: each entry that equals the maximum gets the whole gradient.

>>> main()
out = [[[[2. 1.]]]]
X =
[[[[ 0.   1.   0.   0. ]
   [ 0.   0.  -1.5  0. ]
   [ 0.   0.   0.   0. ]]]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report
from reference.images.geometry import fitting, tap, whole_numbers, windows

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(X=[[[[1.0, 2.0, 0.0, -1.0], [0.5, 2.0, 1.0, 0.0], [2.0, 0.0, -0.5, 1.5]]]])
DATA = arrays()
DOUT = frozen([[[[1.0, -1.5]]]])
OPTIONS = ({"size": 3, "stride": 1}, {"size": 2, "stride": 3}, {"size": 1})


def settings(X: Array, size: int = 2, stride: int | None = None) -> None:
    """Raise ValueError for a size or a stride below 1, and where no window fits."""
    whole_numbers(size=size, stride=1 if stride is None else stride)
    counts = windows(X.shape[2], size), windows(X.shape[3], size)
    fitting(X, counts, f"a window of {size} by {size}")


@checked(params={"X": "N C H W"}, further=settings)
def forward(
    X: Array, size: int = 2, stride: int | None = None
) -> tuple[Array, tuple[Array, tuple[int, ...], int, int]]:
    """Return the output and the residuals."""
    stride = size if stride is None else stride
    height, width = windows(X.shape[2], size, stride), windows(X.shape[3], size, stride)
    out = np.full((*X.shape[:2], height, width), -np.inf, X.dtype)
    place = np.zeros(out.shape, dtype=int)  # of the maximum: p · size + q
    for p, q in np.ndindex(size, size):
        entry = X[:, :, tap(p, height, stride), tap(q, width, stride)]
        place[entry > out] = p * size + q
        out = np.maximum(out, entry)
    return out, (place, X.shape, size, stride)


def backward(dout: Array, place: Array, shape: tuple[int, ...], size: int, stride: int) -> Grads:
    """Return the gradient by X."""
    height, width = dout.shape[2:]
    grad_X = np.zeros(shape, dout.dtype)
    for p, q in np.ndindex(size, size):
        rows, columns = tap(p, height, stride), tap(q, width, stride)
        grad_X[:, :, rows, columns] += dout * (place == p * size + q)
    return {"X": grad_X}


def main() -> None:
    """Print the output and the gradient at the page's own numbers."""
    out, residuals = forward(**PARAMS)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
