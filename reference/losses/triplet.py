"""The triplet loss: an anchor is nearer to its positive than to its negative, by a margin.

    v = |A − P|² − |A − N|² + margin     loss = Σ max(0, v) / B
    δ = [v > 0] / B                      grad_A = 2 δ (N − P)
                                         grad_P = 2 δ (P − A)
                                         grad_N = 2 δ (A − N)

A, P, N: (B, D) each. At the kink, v = 0, the gradient is 0. The derivation: F. Schroff,
D. Kalenichenko and J. Philbin, FaceNet: a unified embedding for face recognition and clustering
(2015), section 3.1.

The usual mistake: grad_A is that of the positive's distance alone; the negative pulls at A, too.

>>> main()
loss = 1.375
A =
[[-0.5  0.5  0.5]
 [ 0.   0.   0. ]]
P =
[[ 0.5 -0.5 -1.5]
 [ 0.   0.   0. ]]
N =
[[0. 0. 1.]
 [0. 0. 0.]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(
    A=[[0.5, -1.0, 2.0], [1.5, 0.5, -0.5]],
    P=[[1.0, -1.5, 0.5], [1.0, 0.25, 0.5]],
    N=[[0.5, -1.0, 1.0], [-1.0, 2.0, 0.25]],
)
DATA = arrays()
OPTIONS = ({"margin": 0.2},)


@checked(params={"A": "B D", "P": "B D", "N": "B D"})
def forward(
    A: Array, P: Array, N: Array, margin: float = 1.0
) -> tuple[Array, tuple[Array, Array, Array, Array]]:
    """Return the loss and the residuals."""
    v = ((A - P) ** 2).sum(axis=1) - ((A - N) ** 2).sum(axis=1) + margin  # (B,)
    loss = np.asarray(np.maximum(0, v).mean())  # ()
    return loss, (A, P, N, v)


def backward(A: Array, P: Array, N: Array, v: Array) -> Grads:
    """Return the gradients by A, P and N."""
    delta = ((v > 0) / A.dtype.type(len(v)))[:, np.newaxis]  # (B, 1)   d loss / d v
    return {"A": 2 * delta * (N - P), "P": 2 * delta * (P - A), "N": 2 * delta * (A - N)}


def main() -> None:
    """Print the loss and the gradients at the page's own numbers."""
    loss, residuals = forward(**PARAMS, **DATA)
    report(loss=loss, **backward(*residuals))


if __name__ == "__main__":
    main()
