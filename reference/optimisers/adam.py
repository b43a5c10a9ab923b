"""Adam: momentum over the root of a mean square, both without the bias of their start.

    m ← β₁ m + (1 − β₁) g    m̂ = m / (1 − β₁ᵗ)
    s ← β₂ s + (1 − β₂) g²   ŝ = s / (1 − β₂ᵗ)
    w ← w − rate · m̂ / (√ŝ + ε)                       m = s = 0 at the start, t = 1, 2, …

w: (n,), G: (S, n), the gradients of S steps. The source: D. Kingma and J. Ba, Adam: a method for
stochastic optimization (2015), algorithm 1.

The usual mistake: t starts at 0, and the first correction divides by zero.

>>> main()
w =
[[ 0.99   -1.99    0.49  ]
 [ 0.9808 -1.9873  0.4853]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, report

if TYPE_CHECKING:
    from reference.example import Array

PARAMS = arrays(w=[1.0, -2.0, 0.5])
DATA = arrays(G=[[0.5, -1.0, 2.0], [1.5, 0.5, -0.5]])
OPTIONS = ({"beta1": 0.5, "beta2": 0.9}, {"eps": 0.1})


def update(  # noqa: PLR0913, PLR0917 - the state and the settings
    w: Array,
    g: Array,
    m: Array,
    s: Array,
    t: int,
    rate: float,
    beta1: float,
    beta2: float,
    eps: float,
) -> tuple[Array, Array, Array]:
    """Return w and both means after step t, the first of which is 1."""
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g**2
    m_hat, s_hat = m / (1 - beta1**t), s / (1 - beta2**t)
    return w - rate * m_hat / (np.sqrt(s_hat) + eps), m, s


@checked(params={"w": "n"}, data={"G": "S n"})
def trajectory(  # noqa: PLR0913, PLR0917 - the settings of the optimiser
    w: Array,
    G: Array,
    rate: float = 0.01,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> dict[str, Array]:
    """Return w after each step, one for each gradient in G."""
    m, s = np.zeros_like(w), np.zeros_like(w)
    steps = []
    for t, g in enumerate(G, start=1):
        w, m, s = update(w, g, m, s, t, rate, beta1, beta2, eps)
        steps.append(w)
    return {"w": np.stack(steps)}


def main() -> None:
    """Print the parameters after each step at the page's own numbers."""
    report(**trajectory(**PARAMS, **DATA))


if __name__ == "__main__":
    main()
