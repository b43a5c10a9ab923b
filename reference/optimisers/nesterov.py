"""Nesterov's momentum: the step looks ahead along the velocity.

    v ← μ v + g              w ← w − rate (g + μ v)      v = 0 at the start

w: (n,), G: (S, n), the gradients of S steps, each at the point ahead. The source: Y. Nesterov, A
method of solving a convex programming problem with convergence rate O(1/k²) (1983), in the form of
Y. Bengio et al., Advances in optimizing recurrent networks (2013), section 3.5.

The usual mistake: the v of the formula for w is that of the step before.

>>> main()
w =
[[ 0.905  -1.81    0.12  ]
 [ 0.5795 -1.824   0.053 ]]
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
    return w - rate * (g + mu * v), v


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
