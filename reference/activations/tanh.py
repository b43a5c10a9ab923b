"""The hyperbolic tangent.

    out = tanh X          grad_X = dout (1 − out²)

X: any shape. The derivation: Y. LeCun, L. Bottou, G. Orr and K.-R. Müller, Efficient backprop
(1998), section 4.4.

The usual mistake: 1 − X² in place of 1 − out².

>>> main()
out =
[[ 0.4621 -0.7616  0.964 ]
 [ 0.9051  0.2449 -0.4621]]
X =
[[ 0.7864 -0.8399  0.0353]
 [ 0.0452  2.82   -0.7864]]
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
    out = np.tanh(X)
    return out, (out,)


def backward(dout: Array, out: Array) -> Grads:
    """Return the gradient by X."""
    return {"X": dout * (1 - out**2)}  # shape of X


def main() -> None:
    """Print the output and the gradient at the page's own numbers."""
    out, residuals = forward(**PARAMS, **DATA)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
