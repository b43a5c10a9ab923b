"""The sigmoid linear unit, also called swish.

    s = σ(X),  out = X s      grad_X = dout (s + out (1 − s))

X: any shape. The derivation: S. Elfwing, E. Uchibe and K. Doya, Sigmoid-weighted linear units for
neural network function approximation in reinforcement learning (2018).

The usual mistake: a product has two derivatives, and that of X, which is s, is forgotten.

>>> main()
out =
[[ 0.3112 -0.2689  1.7616]
 [ 1.2264  0.1405 -0.1888]]
X =
[[ 0.74   -0.1447  0.5454]
 [ 0.2603  1.8711 -0.26  ]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(X=[[0.5, -1.0, 2.0], [1.5, 0.25, -0.5]])
DATA = arrays()
DOUT = frozen([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]])


@checked(params={"X": "..."})
def forward(X: Array) -> tuple[Array, tuple[Array, Array]]:
    """Return the output and the residuals."""
    small = np.exp(-np.abs(X))  # at most 1
    s = np.where(X > 0, 1, small) / (1 + small)
    out = X * s
    return out, (s, out)


def backward(dout: Array, s: Array, out: Array) -> Grads:
    """Return the gradient by X."""
    return {"X": dout * (s + out * (1 - s))}  # shape of X


def main() -> None:
    """Print the output and the gradient at the page's own numbers."""
    out, residuals = forward(**PARAMS, **DATA)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
