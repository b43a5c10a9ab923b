"""A mixture of round Gaussians: its likelihood, differentiated by the responsibilities.

    log p(x, k) = log π_k − D (s_k + ½ log 2π) − |x − μ_k|² / (2 e^{2 s_k})      π = softmax(a)
    loss = −Σ log Σ p(x, k) / N            the outer sum over the points, the inner over k
    r_k = p(x, k) / Σ p(x, j)              the responsibility of component k for the point
    grad_a_k = π_k − Σ r_k / N
    grad_μ_k = −Σ r_k (x − μ_k) e^{−2 s_k} / N
    grad_s_k = Σ r_k (D − |x − μ_k|² e^{−2 s_k}) / N

X: (N, D), a: (K,), mu: (K, D), s: (K,), the logarithm of each component's width. The derivation:
C. Bishop, Pattern Recognition and Machine Learning (2006), section 9.2.2.

The usual mistake: the derivative by a forgets that the weights sum to one (no π_k).

>>> main()
loss = 2.8443
a = [ 0.0635 -0.0635]
mu =
[[-0.0427  0.0286]
 [ 0.1189 -0.2158]]
s = [0.8178 0.2489]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(a=[0.5, -0.5], mu=[[1.0, 0.0], [-1.0, 0.5]], s=[0.25, -0.25])
DATA = arrays(X=[[0.5, 0.25], [-1.5, 1.0], [2.0, -0.5]])


@checked(params={"a": "K", "mu": "K D", "s": "K"}, data={"X": "N D"})
def forward(
    a: Array, mu: Array, s: Array, X: Array
) -> tuple[Array, tuple[Array, Array, Array, Array]]:
    """Return the loss and the residuals."""
    D = X.shape[1]
    away = (X[:, np.newaxis] - mu) / np.exp(s)[:, np.newaxis]  # (N, K, D), in widths
    log_pi = a - np.logaddexp.reduce(a)  # (K,)
    joint = log_pi - D * (s + np.log(2 * np.pi) / 2) - (away**2).sum(axis=2) / 2  # (N, K)
    joint = joint.astype(X.dtype)
    total = np.logaddexp.reduce(joint, axis=1)  # (N,)   log p(x)
    r = np.exp(joint - total[:, np.newaxis])  # (N, K)
    return np.asarray(-total.mean()), (r, away, np.exp(log_pi), np.exp(s))


def backward(r: Array, away: Array, pi: Array, width: Array) -> Grads:
    """Return d loss / d a, d loss / d mu and d loss / d s."""
    N, _, D = away.shape
    return {
        "a": pi - r.mean(axis=0),
        "mu": -(r[:, :, np.newaxis] * away).sum(axis=0) / width[:, np.newaxis] / N,
        "s": (r * (D - (away**2).sum(axis=2))).sum(axis=0) / N,
    }


def main() -> None:
    """Print the loss and the gradients at the page's own numbers."""
    loss, residuals = forward(**PARAMS, **DATA)
    report(loss=loss, **backward(*residuals))


if __name__ == "__main__":
    main()
