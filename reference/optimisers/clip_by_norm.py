"""Clipping by the global norm: a step is never longer than a bound, and keeps its direction.

    norm = √(Σ g² over all parameters)      g ← g · min(1, bound / norm)
    then a step of gradient descent: w ← w − rate · g

w: (n,) and b: (m,), two parameters under one norm; G: (S, n) and F: (S, m), their gradients in S
steps. The source: R. Pascanu, T. Mikolov and Y. Bengio, On the difficulty of training recurrent
neural networks (2013), algorithm 1. PyTorch's clip_grad_norm_ divides by norm + 10⁻⁶ instead.

The usual mistake: each parameter is clipped by its own norm, which turns the step.

>>> main()
w =
[[ 0.9817 -1.9635  0.427 ]
 [ 0.9667 -1.9685  0.432 ]]
b =
[[0.3048]
 [0.2948]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(w=[1.0, -2.0, 0.5], b=[0.25])
DATA = arrays(G=[[0.5, -1.0, 2.0], [0.15, 0.05, -0.05]], F=[[-1.5], [0.1]])
OPTIONS = ({"bound": 0.5}, {"bound": 100.0})


def clipped(grads: Grads, bound: float) -> Grads:
    """Return the gradients, shortened together to the norm `bound` where they are longer.

    >>> clipped({"w": np.array([3.0]), "b": np.array([4.0])}, bound=2.5)
    {'w': array([1.5]), 'b': array([2.])}
    """
    norm = np.sqrt(sum(np.vdot(g, g) for g in grads.values()))
    factor = bound / max(norm, bound)
    return {name: factor * g for name, g in grads.items()}


@checked(params={"w": "n", "b": "m"}, data={"G": "S n", "F": "S m"})
def trajectory(  # noqa: PLR0913, PLR0917 - two parameters, their gradients and the settings
    w: Array, b: Array, G: Array, F: Array, rate: float = 0.1, bound: float = 1.0
) -> dict[str, Array]:
    """Return w and b after each step, one for each row of G and F."""
    steps = []
    for g, f in zip(G, F, strict=True):
        grads = clipped({"w": g, "b": f}, bound)
        w, b = w - rate * grads["w"], b - rate * grads["b"]
        steps.append((w, b))
    return {
        name: np.stack(values) for name, values in zip("wb", zip(*steps, strict=True), strict=True)
    }


def main() -> None:
    """Print the parameters after each step at the page's own numbers."""
    report(**trajectory(**PARAMS, **DATA))


if __name__ == "__main__":
    main()
