"""The logarithm of the softmax, computed as one.

    out = X − log Σ eˣ        Σ along the axis
    grad_X = dout − e^out Σ dout

X: any shape with that axis. The largest entry is subtracted first, so that eˣ is at most 1. The
derivation: I. Goodfellow, Y. Bengio and A. Courville, Deep Learning (2016), section 6.2.2.3.

The usual mistake: Σ dout is taken for 1, which is right for a cross-entropy alone.

>>> main()
out =
[[-1.7413 -3.2413 -0.2413]
 [-0.352  -1.602  -2.352 ]]
X =
[[ 1.0876 -1.9804  0.8928]
 [-1.3325  2.5466 -1.2142]]
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
    X = X - X.max(axis=axis, keepdims=True)
    out = X - np.log(np.exp(X).sum(axis=axis, keepdims=True))
    return out, (out, axis)


def backward(dout: Array, out: Array, axis: int) -> Grads:
    """Return the gradient by X."""
    total = dout.sum(axis=axis, keepdims=True)
    return {"X": dout - np.exp(out) * total}  # shape of X


def main() -> None:
    """Print the output and the gradient at the page's own numbers."""
    out, residuals = forward(**PARAMS, **DATA)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
