"""The mean squared error.

    loss = Σ (X − Y)² / n     grad_X = 2 (X − Y) / n,   n entries in all

X, Y: any shape, both the same. The derivation: C. Bishop, Pattern Recognition and Machine Learning
(2006), section 3.1.

The usual mistake: the gradient is divided by the number of rows where the loss is by that of
entries.

>>> main()
loss = 0.6771
X =
[[-0.1667  0.1667  0.5   ]
 [ 0.1667 -0.0833 -0.3333]]
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
    loss = np.asarray(((X - Y) ** 2).mean())  # ()
    return loss, (X, Y)


def backward(X: Array, Y: Array) -> Grads:
    """Return d loss / d X."""
    return {"X": 2 * (X - Y) / X.size}  # shape of X


def main() -> None:
    """Print the loss and the gradient at the page's own numbers."""
    loss, residuals = forward(**PARAMS, **DATA)
    report(loss=loss, **backward(*residuals))


if __name__ == "__main__":
    main()
