"""The softplus, a smooth rectifier.

    out = log(1 + eˣ) = max(X, 0) + log(1 + e^−|X|)      grad_X = dout · σ(X)

X: any shape. The derivation: C. Dugas et al., Incorporating second-order functional knowledge for
better option pricing (2000).

The usual mistake: the slope of the rectifier, 0 or 1, in place of its smooth one, σ(X).

>>> main()
out =
[[0.9741 0.3133 2.1269]
 [1.7014 0.8259 0.4741]]
X =
[[ 0.6225 -0.5379  0.4404]
 [ 0.2044  1.6865 -0.3775]]
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
    out = np.maximum(X, 0) + np.log1p(np.exp(-np.abs(X)))
    return out, (X,)


def backward(dout: Array, X: Array) -> Grads:
    """Return the gradient by X."""
    small = np.exp(-np.abs(X))  # at most 1
    sigmoid = np.where(X > 0, 1, small) / (1 + small)
    return {"X": dout * sigmoid}  # shape of X


def main() -> None:
    """Print the output and the gradient at the page's own numbers."""
    out, residuals = forward(**PARAMS, **DATA)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
