"""The mean absolute error.

    loss = Σ |X − Y| / n      grad_X = sign(X − Y) / n,   n entries in all

At the kink, X = Y, the gradient is 0, as PyTorch and JAX have it. X, Y: any shape, both the same.
The derivation: S. Boyd and L. Vandenberghe, Convex Optimization (2004), section 6.1.

The usual mistake: sign(Y − X), for the loss does not care about the order.

>>> main()
loss = 0.7083
X =
[[-0.1667  0.1667  0.1667]
 [ 0.1667 -0.1667 -0.1667]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(X=[[0.5, -1.0, 2.0], [1.5, 0.0, -0.5]])
DATA = arrays(Y=[[1.0, -1.5, 0.5], [1.0, 0.25, 0.5]])


@checked(params={"X": "..."}, data={"Y": "..."})
def forward(X: Array, Y: Array) -> tuple[Array, tuple[Array, Array]]:
    """Return the loss and the residuals."""
    loss = np.asarray(np.abs(X - Y).mean())  # ()
    return loss, (X, Y)


def backward(X: Array, Y: Array) -> Grads:
    """Return d loss / d X."""
    return {"X": np.sign(X - Y) / X.size}  # shape of X


def main() -> None:
    """Print the loss and the gradient at the page's own numbers."""
    loss, residuals = forward(**PARAMS, **DATA)
    report(loss=loss, **backward(*residuals))


if __name__ == "__main__":
    main()
