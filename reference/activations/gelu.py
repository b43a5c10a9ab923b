"""The Gaussian error linear unit, exact and by its tanh approximation.

    exact     Φ(x) = ½ (1 + erf(x / √2))      out = X Φ(X)
              φ(x) = e^−x²/2 / √2π            grad_X = dout (Φ(X) + X φ(X))
    tanh      t = tanh(√(2/π) (X + c X³)),    c = 0.044715
              out = ½ X (1 + t)
              grad_X = dout ½ (1 + t + X (1 − t²) √(2/π) (1 + 3 c X²))

X: any shape. The derivation: D. Hendrycks and K. Gimpel, Gaussian error linear units (2016). NumPy
has no erf; that of Python's math is vectorised.

The usual mistake: the forward pass of one and the backward pass of the other, which differ by 10⁻³.

>>> main()
out =
[[ 0.3457 -0.1587  1.9545]
 [ 1.3998  0.1497 -0.1543]]
X =
[[ 0.8675  0.1666  0.5426]
 [ 0.2819  2.0861 -0.1325]]
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(X=[[0.5, -1.0, 2.0], [1.5, 0.25, -0.5]])
DATA = arrays()
DOUT = frozen([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]])
OPTIONS = ({"approximate": "tanh"},)


SCALE, CUBIC = math.sqrt(2 / math.pi), 0.044715
ERF = np.vectorize(math.erf, otypes=[np.float64])


def options(approximate: str = "none", **_: Array) -> None:
    """Raise ValueError for an approximation that is not there."""
    if approximate not in {"none", "tanh"}:
        msg = f"forward: approximate is {approximate!r}; pass 'none' or 'tanh'"
        raise ValueError(msg)


@checked(params={"X": "..."}, further=options)
def forward(X: Array, approximate: str = "none") -> tuple[Array, tuple[Array, Array, str]]:
    """Return the output and the residuals."""
    if approximate == "tanh":
        t = np.tanh(SCALE * (X + CUBIC * X**3))
        return 0.5 * X * (1 + t), (X, t, approximate)
    Phi = 0.5 * (1 + ERF(X / math.sqrt(2)).astype(X.dtype))
    return X * Phi, (X, Phi, approximate)


def backward(dout: Array, X: Array, known: Array, approximate: str) -> Grads:
    """Return the gradient by X."""
    if approximate == "tanh":
        inner = SCALE * (1 + 3 * CUBIC * X**2)  # derivative of what the tanh is taken of
        slope = 0.5 * (1 + known + X * (1 - known**2) * inner)
    else:
        slope = known + X * np.exp(-0.5 * X**2) / math.sqrt(2 * math.pi)
    return {"X": dout * slope}  # shape of X


def main() -> None:
    """Print the output and the gradient at the page's own numbers."""
    out, residuals = forward(**PARAMS, **DATA)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
