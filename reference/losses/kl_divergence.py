"""The Kullback-Leibler divergence of a softmax from given probabilities.

    Q = softmax(Z)        loss = Σ P (log P − log Q) / N     0 log 0 = 0
                          grad_Z = (Q · Σ P − P) / N         Σ over the row, 1 for probabilities

Z, P: (N, C). P alone does not depend on Z, and the gradient is that of a cross-entropy. The
derivation: G. Hinton, O. Vinyals and J. Dean, Distilling the knowledge in a neural network (2015),
section 2.

The usual mistake: P and Q change places, for the divergence is not symmetric.

>>> main()
loss = 0.9718
Z =
[[-0.1624 -0.1054  0.2678]
 [ 0.3056 -0.3554  0.0498]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reference.checks import checked
from reference.example import arrays, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(Z=[[0.5, -1.0, 2.0], [1.5, 0.0, -0.5]])
DATA = arrays(P=[[0.5, 0.25, 0.25], [0.125, 0.875, 0]])


def sample(rng: np.random.Generator, N: int, C: int, **_: Any) -> dict[str, Any]:
    """Return rows of probabilities, exact in float32; zeros among them."""
    return {"P": rng.multinomial(8, np.full(C, 1 / C), size=N) / 8}


def options(P: Array, **_: Array) -> None:
    """Raise ValueError for what is no probability."""
    if (P < 0).any():
        msg = f"forward: P has {P.min():g}; pass probabilities, 0 or more"
        raise ValueError(msg)


@checked(params={"Z": "N C"}, data={"P": "N C"}, further=options)
def forward(Z: Array, P: Array) -> tuple[Array, tuple[Array, Array]]:
    """Return the loss and the residuals."""
    Z = Z - Z.max(axis=1, keepdims=True)  # the softmax stays, and eᶻ is at most 1
    log_Q = Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))  # (N, C)
    log_P = np.log(np.where(P > 0, P, 1))
    loss = np.asarray((P * (log_P - log_Q)).sum() / len(Z))  # ()
    return loss, (log_Q, P)


def backward(log_Q: Array, P: Array) -> Grads:
    """Return d loss / d Z."""
    total = P.sum(axis=1, keepdims=True)  # (N, 1)
    return {"Z": (np.exp(log_Q) * total - P) / len(P)}  # (N, C)


def main() -> None:
    """Print the loss and the gradient at the page's own numbers."""
    loss, residuals = forward(**PARAMS, **DATA)
    report(loss=loss, **backward(*residuals))


if __name__ == "__main__":
    main()
