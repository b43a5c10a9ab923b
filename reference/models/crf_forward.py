"""A linear-chain conditional random field: the likelihood of a sequence of labels.

    score(y) = Σ E[t, y_t] + Σ A[y_{t−1}, y_t]      loss = log Σ exp score(y') − score(y)
    α_0 = E[0]          α_t[j] = log Σ_i exp(α_{t−1}[i] + A[i, j]) + E[t, j]
    β_{T−1} = 0         β_t[i] = log Σ_j exp(A[i, j] + E[t+1, j] + β_{t+1}[j])
    grad_E[t, j] = P(y_t = j) − [y_t = j]                   P(y_t = j) = exp(α_t + β_t − log Z)
    grad_A[i, j] = Σ_t (P(y_{t−1} = i, y_t = j) − [y_{t−1} = i, y_t = j])

E: (T, C) scores of each label at each step, A: (C, C) from a label to the next, y: (T,). The sum
over all sequences takes T C² steps. The derivation: C. Sutton and A. McCallum, An Introduction to
Conditional Random Fields (2012), section 4.1.

The usual mistake: the transitions are taken transposed on the way back.

>>> main()
loss = 2.1035
E =
[[-0.1877  0.1877]
 [-0.4248  0.4248]
 [-0.8621  0.8621]]
A =
[[-1.324   0.7115]
 [ 0.037   0.5754]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reference.checks import checked
from reference.example import arrays, report, whole

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(E=[[0.5, -1.0], [1.0, 0.25], [-0.5, 1.5]], A=[[0.5, -0.25], [-1.0, 0.75]])
DATA = whole(y=[0, 0, 0])


def sample(rng: np.random.Generator, T: int, C: int, **_: Any) -> dict[str, Any]:
    """Return labels."""
    return {"y": rng.integers(0, C, T)}


def options(E: Array, y: Array, **_: Array) -> None:
    """Raise ValueError for what is no label."""
    if y.min() < 0 or y.max() >= E.shape[1]:
        msg = f"forward: y has labels from {y.min()} to {y.max()}; pass 0 to {E.shape[1] - 1}"
        raise ValueError(msg)


@checked(params={"E": "T C", "A": "C C"}, labels={"y": "T"}, further=options)
def forward(E: Array, A: Array, y: Array) -> tuple[Array, tuple[Array, Array, Array, Array]]:
    """Return the loss and the residuals."""
    alpha = np.empty_like(E)  # (T, C)   log Σ over all beginnings that end in a label
    alpha[0] = E[0]
    for t in range(1, len(E)):
        alpha[t] = np.logaddexp.reduce(alpha[t - 1][:, np.newaxis] + A, axis=0) + E[t]
    score = E[np.arange(len(y)), y].sum() + A[y[:-1], y[1:]].sum()
    return np.asarray(np.logaddexp.reduce(alpha[-1]) - score), (alpha, E, A, y)


def backward(alpha: Array, E: Array, A: Array, y: Array) -> Grads:
    """Return d loss / d E and d loss / d A."""
    log_Z = np.logaddexp.reduce(alpha[-1])
    grad_E, grad_A = np.empty_like(E), np.zeros_like(A)
    beta = np.zeros_like(E[0])  # (C,)   log Σ over all endings behind a label
    for t in range(len(E) - 1, -1, -1):
        grad_E[t] = np.exp(alpha[t] + beta - log_Z)
        if t > 0:
            on = A + E[t] + beta  # (C, C)   from each label to each, and on
            grad_A += np.exp(alpha[t - 1][:, np.newaxis] + on - log_Z)
            beta = np.logaddexp.reduce(on, axis=1)
    grad_E[np.arange(len(y)), y] -= 1
    steps: Any = (y[:-1], y[1:])
    np.subtract.at(grad_A, steps, 1)  # a step may occur twice
    return {"E": grad_E, "A": grad_A}


def main() -> None:
    """Print the loss and the gradients at the page's own numbers."""
    loss, residuals = forward(**PARAMS, **DATA)
    report(loss=loss, **backward(*residuals))


if __name__ == "__main__":
    main()
