"""t-SNE: points on a map whose distances follow given similarities.

    w_ij = 1 / (1 + |y_i − y_j|²), w_ii = 0        q_ij = w_ij / Σ w
    loss = Σ p_ij log(p_ij / q_ij)                 0 log 0 = 0
    grad_y_i = 4 Σ_j (p_ij − q_ij) w_ij (y_i − y_j)

Y: (N, D), P: (N, N) symmetric, zero on the diagonal, of the sum 1. The 4 is a 2 of the square times
the two places (i, j) and (j, i) at which a pair stands. The derivation: L. van der Maaten and
G. Hinton, Visualizing Data using t-SNE (2008), appendix A.

The usual mistake: the factor w_ij, which is squared in the derivative of q, is left out once.

>>> main()
loss = 0.0059
Y =
[[-0.0347 -0.0263]
 [ 0.0031  0.0467]
 [ 0.0316 -0.0204]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reference.checks import checked
from reference.example import arrays, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(Y=[[0.5, -1.0], [1.5, 0.25], [-0.5, 1.0]])
DATA = arrays(P=[[0, 0.25, 0.125], [0.25, 0, 0.125], [0.125, 0.125, 0]])


def sample(rng: np.random.Generator, N: int, **_: Any) -> dict[str, Any]:
    """Return similarities, exact in float32, some of them zero."""
    pairs = np.triu_indices(N, 1)
    number = max(len(pairs[0]), 1)  # one point has no pair, and the door refuses it
    P = np.zeros((N, N))
    P[pairs] = rng.multinomial(16, np.full(number, 1 / number))[: len(pairs[0])] / 32
    return {"P": P + P.T}


def options(P: Array, **_: Array) -> None:
    """Raise ValueError for what the gradient's formula does not allow."""
    if len(P) < 3:  # noqa: PLR2004
        msg = f"forward: P has shape {P.shape}; pass 3 points or more, two have one similarity"
        raise ValueError(msg)
    if (
        (P != P.T).any()
        or P.diagonal().any()
        or abs(P.sum() - 1) > np.finfo(np.float32).eps * P.size
    ):
        msg = "forward: P is not symmetric with zeros on its diagonal and the sum 1; symmetrise it"
        raise ValueError(msg)


@checked(params={"Y": "N D"}, data={"P": "N N"}, further=options)
def forward(Y: Array, P: Array) -> tuple[Array, tuple[Array, Array, Array]]:
    """Return the loss and the residuals."""
    away = Y[:, np.newaxis] - Y  # (N, N, D)
    w = 1 / (1 + (away**2).sum(axis=2))  # (N, N)
    np.fill_diagonal(w, 0)
    some = P > 0
    loss = np.asarray((P[some] * np.log(P[some] / (w[some] / w.sum()))).sum())  # ()
    return loss, (away, w, P)


def backward(away: Array, w: Array, P: Array) -> Grads:
    """Return d loss / d Y."""
    pull = (P - w / w.sum()) * w  # (N, N)
    return {"Y": 4 * (pull[:, :, np.newaxis] * away).sum(axis=1)}


def main() -> None:
    """Print the loss and the gradient at the page's own numbers."""
    loss, residuals = forward(**PARAMS, **DATA)
    report(loss=loss, **backward(*residuals))


if __name__ == "__main__":
    main()
