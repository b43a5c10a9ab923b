"""Half the squared error.

    loss = ½ Σ (X − Y)²   grad_X = X − Y

X, Y: any shape, both the same. The derivation: D. Rumelhart, G. Hinton and R. Williams, Learning
representations by back-propagating errors, Nature 323 (1986).

The usual mistake: the loss loses its ½ and the gradient stays, which then is half of the true one.

>>> main()
loss = 2.0312
X =
[[-0.5   0.5   1.5 ]
 [ 0.5  -0.25 -1.  ]]
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
    loss = np.asarray(0.5 * ((X - Y) ** 2).sum())  # ()
    return loss, (X, Y)


def backward(X: Array, Y: Array) -> Grads:
    """Return d loss / d X."""
    return {"X": X - Y}  # shape of X


def main() -> None:
    """Print the loss and the gradient at the page's own numbers."""
    loss, residuals = forward(**PARAMS, **DATA)
    report(loss=loss, **backward(*residuals))


if __name__ == "__main__":
    main()
