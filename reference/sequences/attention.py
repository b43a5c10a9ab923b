"""Scaled dot-product attention, with or without a causal mask.

    S = Q·Kᵀ / √D                     P = softmax(S) over the keys              out = P·V
    grad_V = Pᵀ·dout                  dP = dout·Vᵀ
    dS = P (dP − Σ dP P)              the sum over the keys
    grad_Q = dS·K / √D                grad_K = dSᵀ·Q / √D

Q: (N, T, D), K: (N, S, D), V: (N, S, E), out: (N, T, E). Causal: query t sees the keys up to t; for
all others S = −∞, so that P and dS are 0. The derivation: A. Vaswani et al., Attention is all you
need (2017), section 3.2.1, and the backward of a softmax.

The usual mistake: dS = P dP, without the sum that the softmax takes away.

>>> main()
out =
[[[-0.1974  1.2954 -0.0928]
  [ 0.6983  0.593  -0.4752]]]
Q =
[[[-0.5365  0.5518]
  [ 0.0103  0.0357]]]
K =
[[[ 0.3925 -0.1082]
  [-0.0191 -0.0421]
  [-0.3734  0.1504]]]
V =
[[[ 0.4929  0.353  -0.5903]
  [ 0.1625  0.0635 -0.1615]
  [ 0.8446 -1.4165  0.2519]]]
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from reference.checks import checked
from reference.example import arrays, frozen, report

if TYPE_CHECKING:
    from reference.example import Array, Grads

PARAMS = arrays(
    Q=[[[1.0, -0.5], [0.5, 2.0]]],
    K=[[[0.5, 1.0], [-1.0, 0.5], [2.0, -0.5]]],
    V=[[[1.0, 0.0, -1.0], [0.5, 2.0, 1.0], [-0.5, 1.5, 0.0]]],
)
DATA = arrays()
DOUT = frozen([[[1.0, -2.0, 0.5], [0.5, 1.0, -1.0]]])
OPTIONS = ({"causal": True},)


@checked(params={"Q": "N T D", "K": "N S D", "V": "N S E"})
def forward(
    Q: Array,
    K: Array,
    V: Array,
    causal: bool = False,  # noqa: FBT001, FBT002 - an option of the layer
) -> tuple[Array, tuple[Array, Array, Array, Array]]:
    """Return the output and the residuals."""
    P = Q @ K.swapaxes(-1, -2)  # (N, T, S): S, then P
    P *= 1 / math.sqrt(Q.shape[-1])
    if causal:
        P[..., np.triu(np.ones(P.shape[-2:], dtype=bool), k=1)] = -np.inf  # keys after t
    P -= P.max(axis=-1, keepdims=True)  # the softmax stays, and eˢ is at most 1
    np.exp(P, out=P)
    P /= P.sum(axis=-1, keepdims=True)
    return P @ V, (Q, K, V, P)


def backward(dout: Array, Q: Array, K: Array, V: Array, P: Array) -> Grads:
    """Return the gradients by Q, K and V."""
    dS = dout @ V.swapaxes(-1, -2)  # (N, T, S): dP, then dS
    dS -= np.einsum("...s,...s->...", dS, P)[..., np.newaxis]
    dS *= P
    dS *= 1 / math.sqrt(Q.shape[-1])
    return {
        "Q": dS @ K,
        "K": dS.swapaxes(-1, -2) @ Q,
        "V": P.swapaxes(-1, -2) @ dout,
    }


def main() -> None:
    """Print the output and the gradients at the page's own numbers."""
    out, residuals = forward(**PARAMS)
    report(out=out, **backward(DOUT, *residuals))


if __name__ == "__main__":
    main()
