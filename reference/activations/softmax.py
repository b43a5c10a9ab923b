"""The softmax.

    out = eˣ / Σ eˣ           Σ along the axis
    grad_X = out (dout − Σ dout out)

X: any shape with that axis. The largest entry is subtracted first: the softmax stays, and eˣ is at
most 1. The derivation: J. Bridle, Probabilistic interpretation of feedforward classification
network outputs (1990).

The usual mistake: out (1 − out), which is the diagonal of the Jacobian alone.

>>> main()
out =
[[0.1753 0.0391 0.7856]
 [0.7033 0.2015 0.0952]]
X =
[[ 0.0894 -0.0974  0.008 ]
 [-0.306   0.4664 -0.1604]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(X=[[0.5, -1.0, 2.0], [1.5, 0.25, -0.5]])
DATA = arrays()
DOUT = frozen([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]])
OPTIONS = ({"axis": 0},)


def options(X: Array, axis: int = -1) -> None:
    """Raise ValueError for an axis that X has not."""
    if not -X.ndim <= axis < X.ndim:
        msg = f"forward: axis is {axis} and X has {X.ndim} dimensions; pass one of its axes"
        raise ValueError(msg)


@checked(params={"X": "..."}, further=options)
def forward(X: Array, axis: int = -1) -> tuple[Array, tuple[Array, int]]:
    """Return the output and the residuals."""
    e = np.exp(X - X.max(axis=axis, keepdims=True))
    out = e / e.sum(axis=axis, keepdims=True)
    return out, (out, axis)


def backward(dout: Array, out: Array, axis: int) -> Grads:
    """Return the gradient by X."""
    along = (dout * out).sum(axis=axis, keepdims=True)
    return {"X": out * (dout - along)}  # shape of X


def main() -> None:
    """Print the output and the gradient at the page's own numbers."""
    out, residuals = forward(**PARAMS, **DATA)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
