"""InfoNCE, the contrastive loss: each row of X finds its own row of Y among all of them.

    U = X / |X|,  V = Y / |Y|     row by row, |x| = √Σx²
    S = U·Vᵀ / τ                  loss = −Σᵢ log softmax(S)ᵢᵢ / N
    δ = (softmax(S) − I) / N      grad_U = δ·V / τ,   grad_V = δᵀ·U / τ
                                  grad_X = (grad_U − U (U · grad_U)) / |X|, and so for Y

X, Y: (N, D), two views of the same N things; τ: the temperature. The loss: A. van den Oord, Y. Li
and O. Vinyals, Representation learning with contrastive predictive coding (2018); its gradient:
T. Chen et al., A simple framework for contrastive learning of visual representations (2020),
section 5 and appendix.

The usual mistake: only U is differentiated, and V, which has a gradient of its own, is forgotten.

>>> main()
loss = 0.5192
X =
[[ 0.0375  0.0894  0.0353]
 [ 0.0187 -0.0931 -0.0371]]
Y =
[[ 0.0979  0.027  -0.1149]
 [-0.0815 -0.1275  0.2268]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(
    X=[[0.5, -1.0, 2.0], [1.5, 0.5, -0.5]],
    Y=[[1.0, -1.5, 0.5], [1.0, 0.25, 0.5]],
)
DATA = arrays()
OPTIONS = ({"temperature": 0.3},)


def options(X: Array, Y: Array, temperature: float = 1.0) -> None:
    """Raise ValueError for a row without a direction, and a temperature that is none."""
    for name, array in (("X", X), ("Y", Y)):
        zero = ~array.any(axis=1)
        if zero.any():
            msg = f"forward: row {zero.argmax()} of {name} is zero; pass rows with a direction"
            raise ValueError(msg)
    if not temperature > 0:
        msg = f"forward: temperature is {temperature}; pass a positive number"
        raise ValueError(msg)


@checked(params={"X": "N D", "Y": "N D"}, further=options)
def forward(
    X: Array, Y: Array, temperature: float = 1.0
) -> tuple[Array, tuple[Array, Array, Array, Array, Array, float]]:
    """Return the loss and the residuals."""
    size_X = np.sqrt((X**2).sum(axis=1, keepdims=True))  # (N, 1)
    size_Y = np.sqrt((Y**2).sum(axis=1, keepdims=True))  # (N, 1)
    U, V = X / size_X, Y / size_Y  # (N, D)
    S = U @ V.T / temperature  # (N, N)
    S = S - S.max(axis=1, keepdims=True)  # the softmax stays, and eˢ is at most 1
    log_p = S - np.log(np.exp(S).sum(axis=1, keepdims=True))
    loss = np.asarray(-np.trace(log_p) / len(X))  # ()
    return loss, (size_X, size_Y, U, V, log_p, temperature)


def backward(  # noqa: PLR0913, PLR0917 - what forward saved
    size_X: Array, size_Y: Array, U: Array, V: Array, log_p: Array, temperature: float
) -> Grads:
    """Return d loss / d X and d loss / d Y."""
    delta = (np.exp(log_p) - np.eye(len(U), dtype=U.dtype)) / len(U)  # (N, N)   d loss / d S
    grad_U = delta @ V / temperature  # (N, D)
    grad_V = delta.T @ U / temperature  # (N, D)
    return {"X": through_length(grad_U, U, size_X), "Y": through_length(grad_V, V, size_Y)}


def through_length(grad: Array, unit: Array, size: Array) -> Array:
    """Return the gradient by x of x / |x|: what points along x is lost."""
    along = (unit * grad).sum(axis=1, keepdims=True)  # (N, 1)
    through: Array = (grad - unit * along) / size
    return through


def main() -> None:
    """Print the loss and the gradients at the page's own numbers."""
    loss, residuals = forward(**PARAMS, **DATA)
    report(loss=loss, **backward(*residuals))


if __name__ == "__main__":
    main()
