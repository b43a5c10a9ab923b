"""Batch normalisation, in training and in prediction.

    train     μ = mean X, v = mean (X − μ)²           over the batch
    test      μ, v: the running mean and variance     constants, without gradient
              r = 1 / √(v + ε),  H = (X − μ) r,  out = γ H + β
              grad_γ = Σ dout H,  grad_β = Σ dout,  δ = dout γ
    train     grad_X = r (δ − mean δ − H mean(δ H))
    test      grad_X = r δ

X: (N, D), the others (D,); N is 2 or more in training. The derivation: S. Ioffe and C. Szegedy,
Batch normalization: accelerating deep network training by reducing internal covariate shift (2015),
section 3.

The usual mistake: μ and v depend on X, and grad_X without its two means forgets that.

>>> main()
out =
[[ 0.3106 -0.9606  3.3454]
 [ 1.4335 -0.2845 -2.0447]
 [ 0.0298  0.3916  0.6504]
 [-1.3739  0.0535 -0.7511]]
X =
[[ 0.7952 -0.8307 -0.2842]
 [-0.6721  1.7482 -2.2997]
 [ 0.39   -0.7437 -1.292 ]
 [-0.5131 -0.1739  3.876 ]]
gamma = [1.9827 3.5074 0.8388]
beta = [0.75 2.25 1.25]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(
    X=[[0.5, -1.0, 2.0], [1.5, 0.0, -0.5], [0.25, 1.0, 0.75], [-1.0, 0.5, 0.1]],
    gamma=[1.0, 0.5, 2.0],
    beta=[0.1, -0.2, 0.3],
)
DATA = arrays(mean=[0.1, 0.2, -0.3], variance=[1.0, 0.5, 2.0])
DOUT = frozen([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0], [0.5, 0.5, -0.25], [-1.0, 0.75, 2.0]])
OPTIONS = ({"mode": "test"}, {"epsilon": 1e-3})


def sample(rng: np.random.Generator, D: int, **_: Any) -> dict[str, Any]:
    """Return running variances, which are positive."""
    return {"variance": rng.uniform(0.5, 2, size=D)}


def options(
    X: Array, variance: Array, mode: str = "train", epsilon: float = 1e-5, **_: Array
) -> None:
    """Raise ValueError for what has no root, a mode that is not there, and a batch of one."""
    if not epsilon > 0 or (variance < 0).any():
        msg = f"forward: epsilon is {epsilon}, the least variance {variance.min():g}; pass a \
positive epsilon, and variances of 0 or more"
        raise ValueError(msg)
    if mode not in {"train", "test"}:
        msg = f"forward: mode is {mode!r}; pass 'train' or 'test'"
        raise ValueError(msg)
    if mode == "train" and len(X) == 1:
        msg = "forward: X has 1 row, which is its own mean; pass more, or mode='test'"
        raise ValueError(msg)


@checked(
    params={"X": "N D", "gamma": "D", "beta": "D"},
    data={"mean": "D", "variance": "D"},
    further=options,
)
def forward(  # noqa: PLR0913, PLR0917 - three parameters, two data and two options
    X: Array,
    gamma: Array,
    beta: Array,
    mean: Array,
    variance: Array,
    mode: str = "train",
    epsilon: float = 1e-5,
) -> tuple[Array, tuple[Array, Array, Array, str]]:
    """Return the output and the residuals."""
    if mode == "train":
        mean, variance = X.mean(axis=0), X.var(axis=0)  # (D,)
    r = 1 / np.sqrt(variance + epsilon)  # (D,)
    H = (X - mean) * r  # (N, D)
    return gamma * H + beta, (H, r, gamma, mode)


def backward(dout: Array, H: Array, r: Array, gamma: Array, mode: str) -> Grads:
    """Return the gradients by X, gamma and beta."""
    delta = dout * gamma  # (N, D)   d loss / d H
    if mode == "train":
        delta = delta - delta.mean(axis=0) - H * (delta * H).mean(axis=0)
    return {"X": r * delta, "gamma": (dout * H).sum(axis=0), "beta": dout.sum(axis=0)}


def main() -> None:
    """Print the output and the gradients at the page's own numbers."""
    out, residuals = forward(**PARAMS, **DATA)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
