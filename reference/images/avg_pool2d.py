"""Average pooling: the mean of each window, which shares its gradient evenly.

    out[y, x] = Σ X[s·y + p, s·x + q] / size²    over p, q = 0, …, size − 1
    grad_X[s·y + p, s·x + q] += dout[y, x] / size²    for every p, q

X: (N, C, H, W), out: (N, C, ·, ·); the stride s is the size unless it is given. The derivation:
Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, Gradient-based learning applied to document
recognition (1998), section II.B, of whose subsampling this is the sum.

The usual mistake: the gradient is spread over the window, but not divided by its size.

>>> main()
out = [[[[0.625 0.   ]]]]
X =
[[[[ 0.25   0.25  -0.375 -0.375]
   [ 0.25   0.25  -0.375 -0.375]
   [ 0.     0.     0.     0.   ]]]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report
from reference.images.geometry import fitting, tap, whole_numbers, windows

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(X=[[[[1.0, 2.0, 0.0, -1.0], [0.5, -1.0, 1.0, 0.0], [2.0, 0.0, -0.5, 1.5]]]])
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
) -> tuple[Array, tuple[tuple[int, ...], int, int]]:
    """Return the output and the residuals."""
    stride = size if stride is None else stride
    height, width = windows(X.shape[2], size, stride), windows(X.shape[3], size, stride)
    out = np.zeros((*X.shape[:2], height, width), X.dtype)
    for p, q in np.ndindex(size, size):
        out += X[:, :, tap(p, height, stride), tap(q, width, stride)]
    return out / size**2, (X.shape, size, stride)


def backward(dout: Array, shape: tuple[int, ...], size: int, stride: int) -> Grads:
    """Return the gradient by X."""
    height, width = dout.shape[2:]
    share = dout / size**2
    grad_X = np.zeros(shape, dout.dtype)
    for p, q in np.ndindex(size, size):
        grad_X[:, :, tap(p, height, stride), tap(q, width, stride)] += share
    return {"X": grad_X}


def main() -> None:
    """Print the output and the gradient at the page's own numbers."""
    out, residuals = forward(**PARAMS)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
