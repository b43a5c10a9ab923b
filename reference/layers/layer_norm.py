"""Layer normalisation: each row by its own mean and variance.

    μ = mean X, v = mean (X − μ)²      over the row
    r = 1 / √(v + ε),  H = (X − μ) r,  out = γ H + β
    grad_γ = Σ dout H,  grad_β = Σ dout     over the batch
    δ = dout γ,  grad_X = r (δ − mean δ − H mean(δ H))     means over the row

X: (N, D), γ, β: (D,). The derivation: J. Ba, J. Kiros and G. Hinton, Layer normalization (2016).

The usual mistake: the means are taken of dout, and γ is multiplied afterwards; it differs from
column to column.

>>> main()
out =
[[ 0.1    -0.8124  2.7495]
 [ 1.4728 -0.3961 -1.6611]]
X =
[[ 0.5443 -0.2722 -0.2722]
 [-0.5318  2.1271 -1.5953]]
gamma = [0.3432 1.2728 1.5929]
beta = [ 1.25  1.   -0.5 ]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(
    X=[[0.5, -1.0, 2.0], [1.5, 0.0, -0.5]],
    gamma=[1.0, 0.5, 2.0],
    beta=[0.1, -0.2, 0.3],
)
DATA = arrays()
DOUT = frozen([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]])
OPTIONS = ({"epsilon": 1e-3},)


def options(epsilon: float = 1e-5, **_: Array) -> None:
    """Raise ValueError for an epsilon that does not keep the root from zero."""
    if not epsilon > 0:
        msg = f"forward: epsilon is {epsilon}; pass a positive number"
        raise ValueError(msg)


@checked(params={"X": "N D", "gamma": "D", "beta": "D"}, further=options)
def forward(
    X: Array, gamma: Array, beta: Array, epsilon: float = 1e-5
) -> tuple[Array, tuple[Array, Array, Array]]:
    """Return the output and the residuals."""
    mean, variance = X.mean(axis=1, keepdims=True), X.var(axis=1, keepdims=True)  # (N, 1)
    r = 1 / np.sqrt(variance + epsilon)  # (N, 1)
    H = (X - mean) * r  # (N, D)
    return gamma * H + beta, (H, r, gamma)


def backward(dout: Array, H: Array, r: Array, gamma: Array) -> Grads:
    """Return the gradients by X, gamma and beta."""
    delta = dout * gamma  # (N, D)   d loss / d H
    mean = delta.mean(axis=1, keepdims=True)  # (N, 1)
    along = (delta * H).mean(axis=1, keepdims=True)  # (N, 1)
    grad_X = r * (delta - mean - H * along)  # (N, D)
    return {"X": grad_X, "gamma": (dout * H).sum(axis=0), "beta": dout.sum(axis=0)}


def main() -> None:
    """Print the output and the gradients at the page's own numbers."""
    out, residuals = forward(**PARAMS, **DATA)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
