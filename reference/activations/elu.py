"""The exponential linear unit.

    out = X where X > 0, else α (eˣ − 1)     grad_X = dout where X > 0, else α eˣ dout

X: any shape. For α = 1 there is no kink. The derivation: D.-A. Clevert, T. Unterthiner and
S. Hochreiter, Fast and accurate deep network learning by exponential linear units (2016).

The usual mistake: the slope out + α is taken for X > 0, too.

>>> main()
out =
[[ 0.5    -0.6321  2.    ]
 [ 1.5     0.25   -0.3935]]
X =
[[ 1.     -0.7358  0.5   ]
 [ 0.25    3.     -0.6065]]
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
OPTIONS = ({"alpha": 0.7},)


@checked(params={"X": "..."})
def forward(X: Array, alpha: float = 1.0) -> tuple[Array, tuple[Array, Array, float]]:
    """Return the output and the residuals."""
    low = alpha * np.expm1(np.minimum(X, 0))  # where X > 0 nothing overflows
    return np.where(X > 0, X, low), (X, low, alpha)


def backward(dout: Array, X: Array, low: Array, alpha: float) -> Grads:
    """Return the gradient by X."""
    return {"X": np.where(X > 0, dout, (low + alpha) * dout)}  # shape of X


def main() -> None:
    """Print the output and the gradient at the page's own numbers."""
    out, residuals = forward(**PARAMS, **DATA)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
