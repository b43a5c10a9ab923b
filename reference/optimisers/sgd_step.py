"""Stochastic gradient descent: a step against the gradient, with weight decay if wanted.

    w ← w − rate (g + decay · w)

w: (n,), G: (S, n), the gradients of S steps. The source: H. Robbins and S. Monro, A stochastic
approximation method (1951).

The usual mistake: the decay is subtracted without the rate.

>>> main()
w =
[[ 0.95 -1.9   0.3 ]
 [ 0.8  -1.95  0.35]]
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
OPTIONS = ({"decay": 0.1},)


def update(w: Array, g: Array, rate: float, decay: float) -> Array:
    """Return w after a step."""
    return w - rate * (g + decay * w)


@checked(params={"w": "n"}, data={"G": "S n"})
def trajectory(w: Array, G: Array, rate: float = 0.1, decay: float = 0.0) -> dict[str, Array]:
    """Return w after each step, one for each gradient in G."""
    steps = []
    for g in G:
        w = update(w, g, rate, decay)
        steps.append(w)
    return {"w": np.stack(steps)}


def main() -> None:
    """Print the parameters after each step at the page's own numbers."""
    report(**trajectory(**PARAMS, **DATA))


if __name__ == "__main__":
    main()
