"""RMS normalisation: each row by its root mean square; no mean is subtracted.

    r = 1 / √(mean X² + ε)      over the row
    H = X r,  out = γ H         grad_γ = Σ dout H over the batch
    δ = dout γ,                 grad_X = r (δ − H mean(δ H))     mean over the row

X: (N, D), γ: (D,). The derivation: B. Zhang and R. Sennrich, Root mean square layer normalization
(2019).

The usual mistake: the mean of δ is subtracted, too, as layer normalisation does.

>>> main()
out =
[[ 0.378  -0.378   3.0237]
 [ 1.6432  0.     -1.0954]]
X =
[[ 0.504  -0.252  -0.252 ]
 [-0.6299  1.6432 -1.8896]]
gamma = [0.7888 1.5119 1.3036]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(X=[[0.5, -1.0, 2.0], [1.5, 0.0, -0.5]], gamma=[1.0, 0.5, 2.0])
DATA = arrays()
DOUT = frozen([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]])
OPTIONS = ({"epsilon": 1e-2},)


def options(epsilon: float = 1e-5, **_: Array) -> None:
    """Raise ValueError for an epsilon that does not keep the root from zero."""
    if not epsilon > 0:
        msg = f"forward: epsilon is {epsilon}; pass a positive number"
        raise ValueError(msg)


@checked(params={"X": "N D", "gamma": "D"}, further=options)
def forward(
    X: Array, gamma: Array, epsilon: float = 1e-5
) -> tuple[Array, tuple[Array, Array, Array]]:
    """Return the output and the residuals."""
    r = 1 / np.sqrt((X**2).mean(axis=1, keepdims=True) + epsilon)  # (N, 1)
    H = X * r  # (N, D)
    return gamma * H, (H, r, gamma)


def backward(dout: Array, H: Array, r: Array, gamma: Array) -> Grads:
    """Return the gradients by X and gamma."""
    delta = dout * gamma  # (N, D)   d loss / d H
    along = (delta * H).mean(axis=1, keepdims=True)  # (N, 1)
    return {"X": r * (delta - H * along), "gamma": (dout * H).sum(axis=0)}


def main() -> None:
    """Print the output and the gradients at the page's own numbers."""
    out, residuals = forward(**PARAMS, **DATA)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
