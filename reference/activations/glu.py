"""The gated linear unit: one half of the columns opens the gate of the other.

    X = [A, B],  s = σ(B),  out = A s
    grad_A = dout s,  grad_B = dout A s (1 − s),  grad_X = [grad_A, grad_B]

X: (N, D) with an even D, out: (N, D / 2). The derivation: Y. Dauphin, A. Fan, M. Auli and
D. Grangier, Language modeling with gated convolutional networks (2017).

The usual mistake: the halves change places; the gate is the second one.

>>> main()
out =
[[ 0.4404 -0.7311]
 [ 0.5663  0.125 ]]
X =
[[ 0.8808 -1.4621  0.0525  0.3932]
 [ 0.0944  1.5     0.0881  0.1875]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(X=[[0.5, -1.0, 2.0, 1.0], [1.5, 0.25, -0.5, 0.0]])
DATA = arrays()
DOUT = frozen([[1.0, -2.0], [0.25, 3.0]])


def options(X: Array) -> None:
    """Raise ValueError for columns that have no halves."""
    if X.shape[1] % 2:
        msg = f"forward: X has {X.shape[1]} columns; pass an even number, for one half is the gate"
        raise ValueError(msg)


@checked(params={"X": "N D"}, further=options)
def forward(X: Array) -> tuple[Array, tuple[Array, Array]]:
    """Return the output and the residuals."""
    A, B = np.split(X, 2, axis=1)  # (N, D / 2)
    small = np.exp(-np.abs(B))  # at most 1
    s = np.where(B > 0, 1, small) / (1 + small)
    return A * s, (A, s)


def backward(dout: Array, A: Array, s: Array) -> Grads:
    """Return the gradient by X."""
    grad_A = dout * s
    grad_B = dout * A * s * (1 - s)
    return {"X": np.concatenate([grad_A, grad_B], axis=1)}  # (N, D)


def main() -> None:
    """Print the output and the gradient at the page's own numbers."""
    out, residuals = forward(**PARAMS, **DATA)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
