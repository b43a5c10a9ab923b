"""A residual block: a layer that adds to what goes in.

    Z = X·W + b,  out = X + relu(Z)     δ = dout [Z > 0]
                                        grad_X = dout + δ·Wᵀ
                                        grad_W = Xᵀ·δ,  grad_b = Σ δ over the batch

X: (N, D), W: (D, D), b: (D,). The derivation: K. He, X. Zhang, S. Ren and J. Sun, Identity mappings
in deep residual networks (2016), section 2.

The usual mistake: X goes two ways, and the gradient of the shortcut, dout itself, is forgotten.

>>> main()
out =
[[ 2.05 -1.    2.7 ]
 [ 1.6   0.3  -0.4 ]]
X =
[[ 1.05  -2.175  1.15 ]
 [ 0.975  3.875 -2.975]]
W =
[[ 0.875  4.5   -1.25 ]
 [-1.     0.    -0.5  ]
 [ 1.875 -1.5    1.5  ]]
b = [ 1.25  3.   -0.5 ]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(
    X=[[0.5, -1.0, 2.0], [1.5, 0.0, -0.5]],
    W=[[0.1, 0.2, -0.1], [-0.3, 0.4, 0.25], [0.5, -0.6, 0.3]],
    b=[0.2, -0.3, 0.4],
)
DATA = arrays()
DOUT = frozen([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]])


@checked(params={"X": "N D", "W": "D D", "b": "D"})
def forward(X: Array, W: Array, b: Array) -> tuple[Array, tuple[Array, Array, Array]]:
    """Return the output and the residuals."""
    Z = X @ W + b  # (N, D)
    return X + np.maximum(Z, 0), (X, W, Z)


def backward(dout: Array, X: Array, W: Array, Z: Array) -> Grads:
    """Return the gradients by X, W and b."""
    delta = dout * (Z > 0)  # (N, D)   d loss / d Z
    grad_X = dout + delta @ W.T  # (N, D)
    return {"X": grad_X, "W": X.T @ delta, "b": delta.sum(axis=0)}


def main() -> None:
    """Print the output and the gradients at the page's own numbers."""
    out, residuals = forward(**PARAMS, **DATA)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
