"""A physics loss: how far a small network is from solving u' + u = 0, by its Jacobian.

    t = tanh(x w + b), s = 1 − t²        u(x) = Σ v t,  u'(x) = Σ v w s       over the hidden units
    r = u' + u                           loss = ½ Σ r² / N
    J_v = w s + t                        grad = Jᵀ r / N, one row of J for each point x
    J_w = v (s − 2 w x t s + x s)
    J_b = v (s − 2 w t s)

x: (N,), w, b, v: (H,). The residual of an equation holds a derivative by x, so its gradient holds a
second one, −2 t s. The idea: M. Raissi, P. Perdikaris and G. Karniadakis, Physics-informed Neural
Networks (2019).

The usual mistake: s is taken for a constant in the derivative of u'.

>>> main()
loss = 0.8412
w = [ 1.0226 -0.4773]
b = [ 0.4508 -0.3899]
v = [ 1.1014 -1.162 ]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(w=[0.5, -1.0], b=[0.25, 0.5], v=[1.0, -0.5])
DATA = arrays(x=[0.0, 0.5, 1.5])


@checked(params={"w": "H", "b": "H", "v": "H"}, data={"x": "N"})
def forward(
    w: Array, b: Array, v: Array, x: Array
) -> tuple[Array, tuple[Array, Array, Array, Array, Array]]:
    """Return the loss and the residuals."""
    t = np.tanh(np.outer(x, w) + b)  # (N, H)
    r = (w * (1 - t**2) + t) @ v  # (N,)   u' + u
    return np.asarray(0.5 * (r @ r) / len(x)), (r, t, w, v, x)


def backward(r: Array, t: Array, w: Array, v: Array, x: Array) -> Grads:
    """Return d loss / d w, d loss / d b and d loss / d v."""
    s = 1 - t**2  # (N, H)
    bent = s - 2 * w * t * s  # (N, H)   d (w s + t) / d (x w + b)
    J = {"w": v * (s + x[:, np.newaxis] * bent), "b": v * bent, "v": w * s + t}
    return {name: J[name].T @ r / len(x) for name in J}


def main() -> None:
    """Print the loss and the gradients at the page's own numbers."""
    loss, residuals = forward(**PARAMS, **DATA)
    report(loss=loss, **backward(*residuals))


if __name__ == "__main__":
    main()
