"""The hinge loss of a support vector machine.

    margin = Y Z          loss = Σ max(0, 1 − margin) / N
                          grad_Z = −Y [margin < 1] / N

Z: (N,) scores, Y: (N,), each −1 or 1. At the kink, margin = 1, the gradient here is 0. The
derivation: S. Shalev-Shwartz, Y. Singer and N. Srebro, Pegasos: primal estimated sub-gradient
solver for SVM (2007).

The usual mistake: the indicator is [margin > 0], where the prediction is right, not where the loss
is positive.

>>> main()
loss = 0.4375
Z = [-0.25  0.    0.    0.25]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reference.checks import checked
from reference.example import arrays, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(Z=[0.5, -1.5, 2.0, 0.25])
DATA = arrays(Y=[1, -1, 1, -1])


def sample(rng: np.random.Generator, N: int, **_: Any) -> dict[str, Any]:
    """Return random labels, −1 or 1."""
    return {"Y": rng.choice([-1.0, 1.0], size=N)}


@checked(params={"Z": "N"}, data={"Y": "N"})
def forward(Z: Array, Y: Array) -> tuple[Array, tuple[Array, Array]]:
    """Return the loss and the residuals."""
    margin = Y * Z  # (N,)
    loss = np.asarray(np.maximum(0, 1 - margin).mean())  # ()
    return loss, (Y, margin)


def backward(Y: Array, margin: Array) -> Grads:
    """Return d loss / d Z."""
    inside = margin < 1  # (N,)
    return {"Z": -Y * inside / len(Y)}  # (N,)


def main() -> None:
    """Print the loss and the gradient at the page's own numbers."""
    loss, residuals = forward(**PARAMS, **DATA)
    report(loss=loss, **backward(*residuals))


if __name__ == "__main__":
    main()
