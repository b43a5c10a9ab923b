"""The binary cross-entropy of logits.

    p = σ(Z)              loss = −Σ (Y log p + (1 − Y) log(1 − p)) / n
                               = Σ (log(1 + eᶻ) − Y Z) / n
                          grad_Z = (p − Y) / n,   n entries in all

log(1 + eᶻ) = max(Z, 0) + log(1 + e^−|Z|) overflows nowhere. Z, Y: any shape, both the same, Y from
0 to 1. The derivation: C. Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.2.

The usual mistake: σ'(Z) is multiplied once more, though the logarithm has cancelled it.

>>> main()
loss = 0.6318
Z =
[[-0.0629  0.0448 -0.0199]
 [ 0.1363 -0.073   0.0213]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(Z=[[0.5, -1.0, 2.0], [1.5, 0.25, -0.5]])
DATA = arrays(Y=[[1.0, 0.0, 1.0], [0.0, 1.0, 0.25]])


@checked(params={"Z": "..."}, data={"Y": "..."})
def forward(Z: Array, Y: Array) -> tuple[Array, tuple[Array, Array]]:
    """Return the loss and the residuals."""
    loss = (np.maximum(Z, 0) + np.log1p(np.exp(-np.abs(Z))) - Y * Z).mean()
    return np.asarray(loss), (Z, Y)


def backward(Z: Array, Y: Array) -> Grads:
    """Return d loss / d Z."""
    small = np.exp(-np.abs(Z))  # e^−|z|, at most 1
    p = np.where(Z > 0, 1, small) / (1 + small)
    return {"Z": (p - Y) / Z.size}  # shape of Z


def main() -> None:
    """Print the loss and the gradient at the page's own numbers."""
    loss, residuals = forward(**PARAMS, **DATA)
    report(loss=loss, **backward(*residuals))


if __name__ == "__main__":
    main()
