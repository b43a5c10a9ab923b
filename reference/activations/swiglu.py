"""SwiGLU, the gate of a transformer's feed-forward layer.

    A = X·W,  B = X·V,  s = σ(A),  out = A s B
    grad_A = dout B s (1 + A (1 − s)),  grad_B = dout A s
    grad_W = Xᵀ·grad_A,  grad_V = Xᵀ·grad_B,  grad_X = grad_A·Wᵀ + grad_B·Vᵀ

X: (N, D), W and V: (D, M), out: (N, M). The derivation: N. Shazeer, GLU variants improve
transformer (2020).

The usual mistake: X goes two ways, and the gradient of one of them is forgotten.

>>> main()
out =
[[ 0.     -0.2873]
 [ 0.026   0.1052]]
X =
[[-0.0329  0.5182  0.4896]
 [ 0.5328  0.3647  0.3464]]
W =
[[-0.0503  0.877 ]
 [-0.0084  0.0522]
 [ 0.0168 -0.1045]]
V =
[[ 0.5061  2.3784]
 [-1.0771 -0.1965]
 [ 2.1541  0.393 ]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(
    X=[[0.5, -1.0, 2.0], [1.5, 0.25, -0.5]],
    W=[[0.1, 0.2], [-0.3, 0.4], [0.5, -0.6]],
    V=[[-0.2, 0.3], [0.4, 0.1], [0.25, 0.5]],
)
DATA = arrays()
DOUT = frozen([[1.0, -2.0], [0.25, 3.0]])


@checked(params={"X": "N D", "W": "D M", "V": "D M"})
def forward(
    X: Array, W: Array, V: Array
) -> tuple[Array, tuple[Array, Array, Array, Array, Array, Array]]:
    """Return the output and the residuals."""
    A, B = X @ W, X @ V  # (N, M)
    small = np.exp(-np.abs(A))  # at most 1
    s = np.where(A > 0, 1, small) / (1 + small)
    return A * s * B, (X, W, V, A, B, s)


def backward(  # noqa: PLR0913, PLR0917 - what forward saved
    dout: Array, X: Array, W: Array, V: Array, A: Array, B: Array, s: Array
) -> Grads:
    """Return the gradients by X, W and V."""
    grad_A = dout * B * s * (1 + A * (1 - s))  # (N, M)
    grad_B = dout * A * s  # (N, M)
    grad_X = grad_A @ W.T + grad_B @ V.T  # (N, D)
    return {"X": grad_X, "W": X.T @ grad_A, "V": X.T @ grad_B}


def main() -> None:
    """Print the output and the gradients at the page's own numbers."""
    out, residuals = forward(**PARAMS, **DATA)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
