"""Weight decay as a penalty: a loss of the weights alone, added to the other.

    loss = ½ rate Σ W²    grad_W = rate · W

W: any shape. The derivation: A. Krogh and J. Hertz, A simple weight decay can improve
generalization (1991). With plain gradient descent this is the same as shrinking W at each step;
with Adam it is not.

The usual mistake: 2 rate W, for a penalty without the ½.

>>> main()
loss = 0.0388
W =
[[ 0.005 -0.01   0.02 ]
 [ 0.015  0.    -0.005]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(W=[[0.5, -1.0, 2.0], [1.5, 0.0, -0.5]])
DATA = arrays()
OPTIONS = ({"rate": 0.5},)


@checked(params={"W": "..."})
def forward(W: Array, rate: float = 0.01) -> tuple[Array, tuple[Array, float]]:
    """Return the loss and the residuals."""
    loss = np.asarray(0.5 * rate * (W**2).sum())  # ()
    return loss, (W, rate)


def backward(W: Array, rate: float) -> Grads:
    """Return d loss / d W."""
    return {"W": rate * W}  # shape of W


def main() -> None:
    """Print the loss and the gradient at the page's own numbers."""
    loss, residuals = forward(**PARAMS, **DATA)
    report(loss=loss, **backward(*residuals))


if __name__ == "__main__":
    main()
