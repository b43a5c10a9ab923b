"""Adagrad: each parameter has its own rate, the smaller the more it has moved.

    s ← s + g²               w ← w − rate · g / (√s + ε)     s = 0 at the start

w: (n,), G: (S, n), the gradients of S steps. The source: J. Duchi, E. Hazan and Y. Singer, Adaptive
subgradient methods for online learning and stochastic optimization (2011).

The usual mistake: ε stands under the root, where it is √ε.

>>> main()
w =
[[ 0.9    -1.9     0.4   ]
 [ 0.8051 -1.9447  0.4243]]
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
OPTIONS = ({"eps": 0.1},)


def update(w: Array, g: Array, s: Array, rate: float, eps: float) -> tuple[Array, Array]:
    """Return w and the sum of squares after a step."""
    s = s + g**2
    return w - rate * g / (np.sqrt(s) + eps), s


@checked(params={"w": "n"}, data={"G": "S n"})
def trajectory(w: Array, G: Array, rate: float = 0.1, eps: float = 1e-10) -> dict[str, Array]:
    """Return w after each step, one for each gradient in G."""
    s = np.zeros_like(w)
    steps = []
    for g in G:
        w, s = update(w, g, s, rate, eps)
        steps.append(w)
    return {"w": np.stack(steps)}


def main() -> None:
    """Print the parameters after each step at the page's own numbers."""
    report(**trajectory(**PARAMS, **DATA))


if __name__ == "__main__":
    main()
