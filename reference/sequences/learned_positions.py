"""Positions as a table that is learned, added to a sequence.

    out[n, t] = X[n, t] + P[t]
    grad_X = dout        grad_P[t] = Σ dout[n, t] over the batch; 0 in the rows beyond the sequence

X: (N, T, D), P: (M, D), a row for each of the M ≥ T positions. The source: J. Gehring et al.,
Convolutional sequence to sequence learning (2017), section 3.1.

The usual mistake: grad_P has the length of the sequence, and not that of the table.

>>> main()
out =
[[[ 1.1  -0.3 ]
  [ 0.2   2.4 ]]
<BLANKLINE>
 [[ 0.1   1.2 ]
  [-1.3   0.65]]]
X =
[[[ 1.   -2.  ]
  [ 0.5   1.  ]]
<BLANKLINE>
 [[ 0.25  0.  ]
  [ 2.   -1.  ]]]
P =
[[ 1.25 -2.  ]
 [ 2.5   0.  ]
 [ 0.    0.  ]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(
    X=[[[1.0, -0.5], [0.5, 2.0]], [[0.0, 1.0], [-1.0, 0.25]]],
    P=[[0.1, 0.2], [-0.3, 0.4], [0.5, -0.6]],
)
DATA = arrays()
DOUT = frozen([[[1.0, -2.0], [0.5, 1.0]], [[0.25, 0.0], [2.0, -1.0]]])


def long_enough(X: Array, P: Array) -> None:
    """Raise ValueError where the table is shorter than the sequence."""
    if len(P) < X.shape[1]:
        msg = f"forward: P has {len(P)} rows; pass {X.shape[1]} or more, the steps of X"
        raise ValueError(msg)


@checked(params={"X": "N T D", "P": "M D"}, further=long_enough)
def forward(X: Array, P: Array) -> tuple[Array, tuple[tuple[int, ...]]]:
    """Return the output and the residuals."""
    return X + P[: X.shape[1]], (P.shape,)


def backward(dout: Array, shape: tuple[int, ...]) -> Grads:
    """Return the gradients by X and P."""
    grad_P = np.zeros(shape, dout.dtype)
    grad_P[: dout.shape[1]] = dout.sum(axis=0)
    return {"X": dout.copy(), "P": grad_P}


def main() -> None:
    """Print the output and the gradients at the page's own numbers."""
    out, residuals = forward(**PARAMS)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
