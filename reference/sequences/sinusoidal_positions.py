"""Positions as sines and cosines, added to a sequence: nothing is learned.

    out = X + P        P[t, 2 i] = sin(t / base^(2 i / D))       P[t, 2 i + 1] = cos(the same)
    grad_X = dout

X: (N, T, D), P: (T, D). The formula: A. Vaswani et al., Attention is all you need (2017), section
3.5.

The usual mistake: the pair i has the exponent i / D, and the slow waves are missing.

>>> main()
out =
[[[ 1.      0.5     2.    ]
  [ 1.3415  2.5403 -0.9978]]]
X =
[[[ 1.  -2.   0.5]
  [ 0.5  1.  -1. ]]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(X=[[[1.0, -0.5, 2.0], [0.5, 2.0, -1.0]]])
DATA = arrays()
DOUT = frozen([[[1.0, -2.0, 0.5], [0.5, 1.0, -1.0]]])
OPTIONS = ({"base": 100.0},)


@checked(params={"X": "N T D"})
def forward(X: Array, base: float = 10_000.0) -> tuple[Array, tuple[()]]:
    """Return the output, and no residuals."""
    return X + positions(X.shape[1], X.shape[2], base).astype(X.dtype), ()


def backward(dout: Array) -> Grads:
    """Return the gradient by X."""
    return {"X": dout.copy()}


def positions(steps: int, width: int, base: float) -> Array:
    """Return P, (T, D)."""
    column = np.arange(width)
    angle = np.arange(steps)[:, np.newaxis] / base ** (column // 2 * 2 / width)
    return np.where(column % 2, np.cos(angle), np.sin(angle))


def main() -> None:
    """Print the output and the gradient at the page's own numbers."""
    out, residuals = forward(**PARAMS)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
