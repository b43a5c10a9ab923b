"""3. One sigmoid neuron, one step of gradient descent.

    z = X·W               grad_W = δ X
    r = σ(z)              δ = (r − y) σ'(z),  σ'(z) = r (1 − r)
    loss = ½ (y − r)²     W ← W − 0.1 grad_W

>>> main()
[0.20474415 0.40759064]

The document keeps the target as an integer array of one number, `y = np.array([1])`, which makes
its loss an array of one number too. Here y is a number, and so is the loss.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference import sgd
from reference.checks import checked
from reference.example import arrays

if TYPE_CHECKING:
    from reference.example import Array, Data, Grads, Params

PARAMS = arrays(W=[0.2, 0.4])
DATA = arrays(X=[0.5, 0.8], y=1)
LEARNING_RATE = 0.1
PRINTS = {"step W": 1}


def sigmoid(z: Array) -> Array:
    """Return σ(z) = 1 / (1 + e⁻ᶻ), entry by entry; e⁻ᶻ overflows below z = −709, to σ = 0."""
    with np.errstate(over="ignore"):  # 1 / (1 + inf) is the 0 that it should be
        return 1 / (1 + np.exp(-z))


@checked(params={"W": "n"}, data={"X": "n", "y": ""})
def forward(W: Array, X: Array, y: Array) -> tuple[Array, tuple[Array, ...]]:
    """Return the loss and the residuals."""
    z = X @ W  # ()
    r = sigmoid(z)  # ()
    loss = 0.5 * (y - r) ** 2  # ()
    return loss, (X, y, r)


def backward(X: Array, y: Array, r: Array) -> Grads:
    """Return d loss / d W."""
    delta = (r - y) * r * (1 - r)  # ()   d loss / d z
    grad_W = delta * X  # (n,)
    return {"W": grad_W}


def step(params: Params, data: Data) -> tuple[Array, Params]:
    """Return the loss, and the weights after one step."""
    loss, residuals = forward(**params, **data)
    return loss, sgd.step(params, backward(*residuals), LEARNING_RATE, updated=("W",))


def main() -> None:
    """Print the weights after the document's one step."""
    _, updated = step(PARAMS, DATA)
    print(updated["W"])


if __name__ == "__main__":
    main()
