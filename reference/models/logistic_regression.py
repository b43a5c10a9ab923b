"""Logistic regression: one sigmoid, its cross-entropy, and a weight decay.

    p = σ(X w + b)        loss = −Σ (y log p + (1 − y) log(1 − p)) / N + ½ λ |w|²
                          grad_w = Xᵀ (p − y) / N + λ w
                          grad_b = Σ (p − y) / N

X: (N, D), y: (N,) of 0 and 1, w: (D,), b: (). The derivative of the sigmoid cancels against those
of the logarithms. The derivation: C. Bishop, Pattern Recognition and Machine Learning (2006),
section 4.3.2.

The usual mistake: the derivative p (1 − p) stands there once more.

>>> main()
loss = 0.3946
w = [-0.3065  0.2512]
b = -0.0913
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reference.checks import checked
from reference.example import arrays, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(w=[0.5, -0.25], b=0.125)
DATA = arrays(X=[[1.0, 0.5], [-0.5, 2.0], [1.5, -1.0]], y=[1, 0, 1])
OPTIONS = ({"decay": 0.5},)


def sample(rng: np.random.Generator, N: int, **_: Any) -> dict[str, Any]:
    """Return labels."""
    return {"y": rng.integers(0, 2, N).astype(float)}


@checked(params={"w": "D", "b": ""}, data={"X": "N D", "y": "N"})
def forward(
    w: Array, b: Array, X: Array, y: Array, decay: float = 0.0
) -> tuple[Array, tuple[Array, Array, Array, Array, float]]:
    """Return the loss and the residuals; `decay` is λ."""
    z = X @ w + b  # (N,)
    log_p, log_q = -np.logaddexp(0, -z), -np.logaddexp(0, z)  # of p and of 1 − p
    fit = -(y * log_p + (1 - y) * log_q).mean()
    loss = np.asarray(fit + w.dtype.type(decay / 2) * (w @ w))  # ()
    return loss, (np.exp(log_p), y, X, w, decay)


def backward(p: Array, y: Array, X: Array, w: Array, decay: float) -> Grads:
    """Return d loss / d w and d loss / d b."""
    delta = (p - y) / len(y)  # (N,)   d loss / d z
    return {"w": X.T @ delta + w.dtype.type(decay) * w, "b": np.asarray(delta.sum())}


def main() -> None:
    """Print the loss and the gradients at the page's own numbers."""
    loss, residuals = forward(**PARAMS, **DATA)
    report(loss=loss, **backward(*residuals))


if __name__ == "__main__":
    main()
