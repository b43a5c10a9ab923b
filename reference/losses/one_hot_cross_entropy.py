"""The cross-entropy of a softmax, from rows of probabilities: one-hot, or soft.

    p = softmax(Z)        loss = −Σ Y log p / N
                          grad_Z = (p · Σ Y − Y) / N     Σ over the row, 1 if it is a distribution

Z, Y: (N, C). The derivation: C. Bishop, Pattern Recognition and Machine Learning (2006), section
4.3.4.

The usual mistake: the derivative of the softmax is multiplied once more, though p − Y contains it.

>>> main()
loss = 0.8363
Z =
[[ 0.0876  0.0196 -0.1072]
 [ 0.2431 -0.2929  0.0498]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reference.checks import checked
from reference.example import arrays, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(Z=[[0.5, -1.0, 2.0], [1.5, 0.0, -0.5]])
DATA = arrays(Y=[[0.0, 0.0, 1.0], [0.25, 0.75, 0.0]])


def sample(rng: np.random.Generator, N: int, C: int, **_: Any) -> dict[str, Any]:
    """Return rows of probabilities, exact in float32."""
    return {"Y": rng.multinomial(64, np.full(C, 1 / C), size=N) / 64}


@checked(params={"Z": "N C"}, data={"Y": "N C"})
def forward(Z: Array, Y: Array) -> tuple[Array, tuple[Array, Array]]:
    """Return the loss and the residuals."""
    Z = Z - Z.max(axis=1, keepdims=True)  # the softmax stays, and eᶻ is at most 1
    log_p = Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))  # (N, C)
    loss = np.asarray(-(Y * log_p).sum() / len(Z))  # ()
    return loss, (log_p, Y)


def backward(log_p: Array, Y: Array) -> Grads:
    """Return d loss / d Z."""
    total = Y.sum(axis=1, keepdims=True)  # (N, 1)
    return {"Z": (np.exp(log_p) * total - Y) / len(Y)}  # (N, C)


def main() -> None:
    """Print the loss and the gradient at the page's own numbers."""
    loss, residuals = forward(**PARAMS, **DATA)
    report(loss=loss, **backward(*residuals))


if __name__ == "__main__":
    main()
