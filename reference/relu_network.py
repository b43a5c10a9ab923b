"""4. A hidden layer: two ReLU layers, one step of gradient descent.

    z1 = X·W1 + b1        grad_W1 = X ⊗ δ1,   grad_b1 = δ1
    r1 = relu(z1)         δ1 = (W2·δ2) relu'(z1)
    z2 = r1·W2 + b2       grad_W2 = r1 ⊗ δ2,  grad_b2 = δ2
    r2 = relu(z2)         δ2 = (r2 − y) relu'(z2)
    loss = ½ Σ (r2 − y)²  W1, W2 ← W1 − 0.01 grad_W1, W2 − 0.01 grad_W2

>>> main()
[[0.5004928]
 [0.6011264]]
[[0.20044   0.400528 ]
 [0.100704  0.3008448]]

Beyond the document: it never computes the loss, only its derivative; and it neither derives nor
updates the biases. Here `backward` returns their gradients too, and `step` leaves the biases
alone, as the document does. Its target is an integer array, `y = np.array([1])`; here it is 1.0.

At the document's numbers every unit is active, so they do not show whether relu' is there at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference import sgd
from reference.checks import checked
from reference.example import arrays

if TYPE_CHECKING:
    from reference.example import Array, Data, Grads, Params

PARAMS = arrays(
    W1=[[0.2, 0.4], [0.1, 0.3]],
    b1=[0.1, 0.2],
    W2=[[0.5], [0.6]],
    b2=[0.3],
)
DATA = arrays(X=[0.5, 0.8], y=[1])
LEARNING_RATE = 0.01
PRINTS = {"step W2": 2, "step W1": 2}


def relu(z: Array) -> Array:
    """Return max(0, z), entry by entry."""
    return np.maximum(0, z)


def relu_d(z: Array) -> Array:
    """Return relu'(z): 1 where z > 0, else 0. At the kink itself 0, as PyTorch and JAX have it."""
    return (z > 0).astype(z.dtype)


@checked(params={"W1": "n h", "b1": "h", "W2": "h m", "b2": "m"}, data={"X": "n", "y": "m"})
def forward(  # noqa: PLR0913, PLR0917 - four parameters and two data: the network as it is
    W1: Array, b1: Array, W2: Array, b2: Array, X: Array, y: Array
) -> tuple[Array, tuple[Array, ...]]:
    """Return the loss and the residuals."""
    z1 = X @ W1 + b1  # (h,)
    r1 = relu(z1)  # (h,)
    z2 = r1 @ W2 + b2  # (m,)
    r2 = relu(z2)  # (m,)
    loss = np.asarray(0.5 * ((r2 - y) ** 2).sum())  # ()
    return loss, (X, y, W2, z1, r1, z2, r2)


def backward(  # noqa: PLR0913, PLR0917 - what forward saved
    X: Array, y: Array, W2: Array, z1: Array, r1: Array, z2: Array, r2: Array
) -> Grads:
    """Return d loss / d parameter for W1, b1, W2 and b2."""
    delta2 = (r2 - y) * relu_d(z2)  # (m,)    d loss / d z2
    grad_W2 = r1[:, np.newaxis] * delta2  # (h, m)
    delta1 = (W2 @ delta2) * relu_d(z1)  # (h,)    d loss / d z1
    grad_W1 = X[:, np.newaxis] * delta1  # (n, h)
    return {"W1": grad_W1, "b1": delta1, "W2": grad_W2, "b2": delta2}


def preactivations(**arrays: Array) -> tuple[Array, Array]:
    """Return z1 and z2: the two places where the loss has kinks."""
    _, (_, _, _, z1, _, z2, _) = forward(**arrays)
    return z1, z2


def step(params: Params, data: Data) -> tuple[Array, Params]:
    """Return the loss, and the parameters after one step: both weights moved, no bias."""
    loss, residuals = forward(**params, **data)
    return loss, sgd.step(params, backward(*residuals), LEARNING_RATE, updated=("W1", "W2"))


def main() -> None:
    """Print both weights after the document's one step."""
    _, updated = step(PARAMS, DATA)
    print(updated["W2"])
    print(updated["W1"])


if __name__ == "__main__":
    main()
