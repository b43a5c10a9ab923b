"""RMSProp: the gradient over the root of a running mean of its square.

    s ← ρ s + (1 − ρ) g²     w ← w − rate · g / (√s + ε)     s = 0 at the start

w: (n,), G: (S, n), the gradients of S steps. The source: T. Tieleman and G. Hinton, Lecture 6.5:
divide the gradient by a running average of its recent magnitude (2012).

The usual mistake: ρ and 1 − ρ change places.

>>> main()
w =
[[ 0.9    -1.9     0.4   ]
 [ 0.8051 -1.9449  0.4244]]
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
OPTIONS = ({"rho": 0.5}, {"eps": 0.1})


def update(  # noqa: PLR0913, PLR0917 - the state and three settings
    w: Array, g: Array, s: Array, rate: float, rho: float, eps: float
) -> tuple[Array, Array]:
    """Return w and the mean of squares after a step."""
    s = rho * s + (1 - rho) * g**2
    return w - rate * g / (np.sqrt(s) + eps), s


@checked(params={"w": "n"}, data={"G": "S n"})
def trajectory(
    w: Array, G: Array, rate: float = 0.01, rho: float = 0.99, eps: float = 1e-8
) -> dict[str, Array]:
    """Return w after each step, one for each gradient in G."""
    s = np.zeros_like(w)
    steps = []
    for g in G:
        w, s = update(w, g, s, rate, rho, eps)
        steps.append(w)
    return {"w": np.stack(steps)}


def main() -> None:
    """Print the parameters after each step at the page's own numbers."""
    report(**trajectory(**PARAMS, **DATA))


if __name__ == "__main__":
    main()
