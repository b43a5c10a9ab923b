"""The leaky rectifier: a small slope where the rectifier has none.

    out = X where X > 0, else slope · X      grad_X = dout where X > 0, else slope · dout

At the kink, X = 0, the slope is the small one, as PyTorch has it. X: any shape. The derivation:
A. Maas, A. Hannun and A. Ng, Rectifier nonlinearities improve neural network acoustic models
(2013).

The usual mistake: the gradient on the left side is 0, that of the rectifier.

>>> main()
out =
[[ 0.5   -0.01   2.   ]
 [ 1.5    0.25  -0.005]]
X =
[[ 1.   -0.02  0.5 ]
 [ 0.25  3.   -0.01]]
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
OPTIONS = ({"slope": 0.3},)


@checked(params={"X": "..."})
def forward(X: Array, slope: float = 0.01) -> tuple[Array, tuple[Array, float]]:
    """Return the output and the residuals."""
    return np.where(X > 0, X, slope * X), (X, slope)


def backward(dout: Array, X: Array, slope: float) -> Grads:
    """Return the gradient by X."""
    return {"X": np.where(X > 0, dout, slope * dout)}  # shape of X


def main() -> None:
    """Print the output and the gradient at the page's own numbers."""
    out, residuals = forward(**PARAMS, **DATA)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
