"""The affine layer, also called dense, linear or fully connected.

    out = X·W + b         grad_X = dout·Wᵀ
                          grad_W = Xᵀ·dout
                          grad_b = Σ dout over the batch

X: (N, D), W: (D, M), b: (M,), out and dout: (N, M). The derivation: C. Bishop, Pattern Recognition
and Machine Learning (2006), section 5.3.

The usual mistake: b was broadcast over the batch, and its gradient is not summed over it.

>>> main()
out =
[[ 1.45 -1.7 ]
 [ 0.    0.4 ]]
X =
[[-0.3  -1.1   1.7 ]
 [ 0.1  -0.05  0.1 ]]
W =
[[ 1.25  -0.625]
 [-1.     2.   ]
 [ 1.75  -4.125]]
b = [ 1.5  -1.75]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference.checks import checked
from reference.example import arrays, frozen, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(
    X=[[0.5, -1.0, 2.0], [1.5, 0.0, -0.5]],
    W=[[0.1, 0.2], [-0.3, 0.4], [0.5, -0.6]],
    b=[0.1, -0.2],
)
DATA = arrays()
DOUT = frozen([[1.0, -2.0], [0.5, 0.25]])


@checked(params={"X": "N D", "W": "D M", "b": "M"})
def forward(X: Array, W: Array, b: Array) -> tuple[Array, tuple[Array, Array]]:
    """Return the output and the residuals."""
    out = X @ W + b  # (N, M)
    return out, (X, W)


def backward(dout: Array, X: Array, W: Array) -> Grads:
    """Return the gradients by X, W and b."""
    grad_X = dout @ W.T  # (N, D)
    grad_W = X.T @ dout  # (D, M)
    grad_b = dout.sum(axis=0)  # (M,)
    return {"X": grad_X, "W": grad_W, "b": grad_b}


def main() -> None:
    """Print the output and the gradients at the page's own numbers."""
    out, residuals = forward(**PARAMS)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
