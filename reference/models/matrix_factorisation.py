"""Matrix factorisation: a table with holes as the product of two narrow matrices.

    E = M · (P Qᵀ − R)        loss = ½ Σ E² + ½ λ (Σ P² + Σ Q²)
                              grad_P = E Q + λ P
                              grad_Q = Eᵀ P + λ Q

R: (N, L) ratings, M: (N, L) is 1 where one is known, P: (N, K), Q: (L, K). The derivation:
Y. Koren, R. Bell and C. Volinsky, Matrix Factorization Techniques for Recommender Systems (2009).

The usual mistake: Q is updated with a P that has been updated already.

>>> main()
loss = 0.6016
P =
[[ 0.125  -0.25  ]
 [-0.5312 -0.4375]]
Q =
[[ 0.375  -1.125 ]
 [-0.8125  0.6875]
 [ 0.      0.    ]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reference.checks import checked
from reference.example import arrays, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(P=[[1.0, 0.5], [-0.5, 1.5]], Q=[[0.5, 1.0], [-0.25, 0.5], [1.0, 0.5]])
DATA = arrays(R=[[1.0, 0.5, 0.0], [2.0, 0.25, 1.0]], M=[[1, 1, 0], [1, 1, 0]])
OPTIONS = ({"decay": 0.5},)


def sample(rng: np.random.Generator, N: int, L: int, **_: Any) -> dict[str, Any]:
    """Return which ratings are known."""
    return {"M": rng.integers(0, 2, (N, L)).astype(float)}


@checked(params={"P": "N K", "Q": "L K"}, data={"R": "N L", "M": "N L"})
def forward(
    P: Array, Q: Array, R: Array, M: Array, decay: float = 0.0
) -> tuple[Array, tuple[Array, Array, Array, float]]:
    """Return the loss and the residuals; `decay` is λ."""
    E = M * (P @ Q.T - R)  # (N, L)
    sizes = np.vdot(P, P) + np.vdot(Q, Q)
    loss = np.asarray(0.5 * np.vdot(E, E) + P.dtype.type(decay / 2) * sizes)  # ()
    return loss, (E, P, Q, decay)


def backward(E: Array, P: Array, Q: Array, decay: float) -> Grads:
    """Return d loss / d P and d loss / d Q."""
    shrink = P.dtype.type(decay)
    return {"P": E @ Q + shrink * P, "Q": E.T @ P + shrink * Q}


def main() -> None:
    """Print the loss and the gradients at the page's own numbers."""
    loss, residuals = forward(**PARAMS, **DATA)
    report(loss=loss, **backward(*residuals))


if __name__ == "__main__":
    main()
