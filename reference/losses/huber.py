"""The Huber loss: squared where the error is small, linear where it is large.

    e = X − Y             loss = Σ h(e) / n,   n entries in all
    |e| ≤ threshold       h(e) = ½ e²,                             h'(e) = e
    |e| > threshold       h(e) = threshold (|e| − ½ threshold),    h'(e) = threshold · sign(e)
                          grad_X = h'(e) / n

X, Y: any shape, both the same. The derivation: P. Huber, Robust estimation of a location parameter,
Annals of Mathematical Statistics 35 (1964).

The usual mistake: the slope of the linear part is 1, which is right for a threshold of 1 alone.

>>> main()
loss = 0.3177
X =
[[-0.0833  0.0833  0.1667]
 [ 0.0833 -0.0417 -0.1667]]
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
OPTIONS = ({"threshold": 0.6},)


def options(threshold: float = 1.0, **_: Array) -> None:
    """Raise ValueError for a threshold that is none."""
    if not threshold > 0:
        msg = f"forward: threshold is {threshold}; pass a positive number"
        raise ValueError(msg)


@checked(params={"X": "..."}, data={"Y": "..."}, further=options)
def forward(X: Array, Y: Array, threshold: float = 1.0) -> tuple[Array, tuple[Array, Array, float]]:
    """Return the loss and the residuals."""
    size = np.abs(X - Y)
    h = np.where(size <= threshold, 0.5 * size**2, threshold * (size - 0.5 * threshold))
    return np.asarray(h.mean()), (X, Y, threshold)


def backward(X: Array, Y: Array, threshold: float) -> Grads:
    """Return d loss / d X."""
    slope = np.clip(X - Y, -threshold, threshold)  # h'(e)
    return {"X": slope / X.size}  # shape of X


def main() -> None:
    """Print the loss and the gradient at the page's own numbers."""
    loss, residuals = forward(**PARAMS, **DATA)
    report(loss=loss, **backward(*residuals))


if __name__ == "__main__":
    main()
