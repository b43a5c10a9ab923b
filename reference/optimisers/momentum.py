"""Momentum: the step follows a running sum of the gradients, the velocity.

    v ← μ v + g              w ← w − rate · v            v = 0 at the start

w: (n,), G: (S, n), the gradients of S steps. The source: B. Polyak, Some methods of speeding up the
convergence of iteration methods (1964), in the form of I. Sutskever et al., On the importance of
initialization and momentum in deep learning (2013), with the rate outside of v.

The usual mistake: v is a mean, μ v + (1 − μ) g, and all steps are 1 / (1 − μ) times too small.

>>> main()
w =
[[ 0.95  -1.9    0.3  ]
 [ 0.755 -1.86   0.17 ]]
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
OPTIONS = ({"mu": 0.5},)


def update(w: Array, g: Array, v: Array, rate: float, mu: float) -> tuple[Array, Array]:
    """Return w and the velocity after a step."""
    v = mu * v + g
    return w - rate * v, v


@checked(params={"w": "n"}, data={"G": "S n"})
def trajectory(w: Array, G: Array, rate: float = 0.1, mu: float = 0.9) -> dict[str, Array]:
    """Return w after each step, one for each gradient in G."""
    v = np.zeros_like(w)
    steps = []
    for g in G:
        w, v = update(w, g, v, rate, mu)
        steps.append(w)
    return {"w": np.stack(steps)}


def main() -> None:
    """Print the parameters after each step at the page's own numbers."""
    report(**trajectory(**PARAMS, **DATA))


if __name__ == "__main__":
    main()
