"""The logistic sigmoid.

    out = 1 / (1 + e^−X)      grad_X = dout · out (1 − out)

X: any shape. e^−|X| is at most 1, so that nothing overflows. The derivation: D. Rumelhart,
G. Hinton and R. Williams, Learning representations by back-propagating errors, Nature 323 (1986).

The usual mistake: X (1 − X) in place of out (1 − out).

>>> main()
out =
[[0.6225 0.2689 0.8808]
 [0.8176 0.5622 0.3775]]
X =
[[ 0.235  -0.3932  0.0525]
 [ 0.0373  0.7384 -0.235 ]]
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


@checked(params={"X": "..."})
def forward(X: Array) -> tuple[Array, tuple[Array]]:
    """Return the output and the residuals."""
    small = np.exp(-np.abs(X))
    out = np.where(X > 0, 1, small) / (1 + small)
    return out, (out,)


def backward(dout: Array, out: Array) -> Grads:
    """Return the gradient by X."""
    return {"X": dout * out * (1 - out)}  # shape of X


def main() -> None:
    """Print the output and the gradient at the page's own numbers."""
    out, residuals = forward(**PARAMS, **DATA)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
