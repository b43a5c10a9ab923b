"""The rectifier.

    out = max(0, X)       grad_X = dout [X > 0]

At the kink, X = 0, the slope is 0, as PyTorch and JAX have it. X: any shape. The derivation:
V. Nair and G. Hinton, Rectified linear units improve restricted Boltzmann machines (2010).

The usual mistake: the indicator is taken of dout, or of nothing at all.

>>> main()
out =
[[0.5  0.   2.  ]
 [1.5  0.25 0.  ]]
X =
[[1.   0.   0.5 ]
 [0.25 3.   0.  ]]
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
def forward(X: Array) -> tuple[Array, tuple[Array]]:
    """Return the output and the residuals."""
    return np.maximum(X, 0), (X,)


def backward(dout: Array, X: Array) -> Grads:
    """Return the gradient by X."""
    return {"X": dout * (X > 0)}  # shape of X


def main() -> None:
    """Print the output and the gradient at the page's own numbers."""
    out, residuals = forward(**PARAMS, **DATA)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
