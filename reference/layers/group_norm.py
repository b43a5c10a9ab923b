"""Group normalisation: the channels of an image in groups, each normalised by itself.

    μ = mean X, v = mean (X − μ)²      over the channels of a group and all its pixels
    r = 1 / √(v + ε),  H = (X − μ) r,  out = γ H + β       γ and β for each channel
    grad_γ = Σ dout H,  grad_β = Σ dout     over the batch and the pixels
    δ = dout γ,  grad_X = r (δ − mean δ − H mean(δ H))     means over the group

X: (N, C, L) with L pixels, γ, β: (C,). The derivation: Y. Wu and K. He, Group normalization (2018).

The usual mistake: the means are taken over a channel, not over the group.

>>> main()
out =
[[[ 0.1788 -1.2398  1.5974]
  [ 0.3123 -0.397  -0.6335]
  [ 0.2479  2.5913  1.8102]
  [ 1.9788 -0.3645  0.2604]]]
X =
[[[ 0.804  -1.2556 -0.4464]
  [-0.5419  1.5361 -0.0962]
  [ 1.6206  1.9225 -0.5215]
  [ 1.1175 -1.0127 -3.1265]]]
gamma = [ 3.5071 -0.0591  0.371   1.7315]
beta = [-0.5   2.25  0.75  1.75]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(
    X=[[[0.5, -1.0, 2.0], [1.5, 0.0, -0.5], [0.25, 1.0, 0.75], [-1.0, 0.5, 0.1]]],
    gamma=[1.0, 0.5, 2.0, -1.0],
    beta=[0.1, -0.2, 0.3, 0.0],
)
DATA = arrays()
DOUT = frozen([[[1.0, -2.0, 0.5], [0.25, 3.0, -1.0], [0.5, 0.5, -0.25], [-1.0, 0.75, 2.0]]])
OPTIONS = ({"groups": 1}, {"epsilon": 1e-3})


def options(X: Array, groups: int = 2, epsilon: float = 1e-5, **_: Array) -> None:
    """Raise ValueError for channels that cannot be grouped, a group of one, and epsilon <= 0."""
    channels, pixels = X.shape[1:]
    if groups < 1 or channels % groups:
        msg = f"forward: groups is {groups} and X has {channels} channels; pass a divisor of them"
        raise ValueError(msg)
    if channels * pixels == groups:
        msg = f"forward: a group of {channels} / {groups} channels of 1 pixel is its own mean; \
pass fewer groups, or more pixels"
        raise ValueError(msg)
    if not epsilon > 0:
        msg = f"forward: epsilon is {epsilon}; pass a positive number"
        raise ValueError(msg)


@checked(params={"X": "N C L", "gamma": "C", "beta": "C"}, further=options)
def forward(
    X: Array, gamma: Array, beta: Array, groups: int = 2, epsilon: float = 1e-5
) -> tuple[Array, tuple[Array, Array, Array, int]]:
    """Return the output and the residuals."""
    grouped = X.reshape(len(X), groups, -1)  # (N, groups, entries of a group)
    mean, variance = grouped.mean(axis=2, keepdims=True), grouped.var(axis=2, keepdims=True)
    r = 1 / np.sqrt(variance + epsilon)  # (N, groups, 1)
    H = ((grouped - mean) * r).reshape(X.shape)  # (N, C, L)
    return gamma[:, np.newaxis] * H + beta[:, np.newaxis], (H, r, gamma, groups)


def backward(dout: Array, H: Array, r: Array, gamma: Array, groups: int) -> Grads:
    """Return the gradients by X, gamma and beta."""
    in_groups = (len(H), groups, -1)
    delta = (dout * gamma[:, np.newaxis]).reshape(in_groups)  # d loss / d H
    grouped = H.reshape(in_groups)
    mean = delta.mean(axis=2, keepdims=True)  # (N, groups, 1)
    along = (delta * grouped).mean(axis=2, keepdims=True)  # (N, groups, 1)
    grad_X = (r * (delta - mean - grouped * along)).reshape(H.shape)  # (N, C, L)
    return {"X": grad_X, "gamma": (dout * H).sum(axis=(0, 2)), "beta": dout.sum(axis=(0, 2))}


def main() -> None:
    """Print the output and the gradients at the page's own numbers."""
    out, residuals = forward(**PARAMS, **DATA)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
