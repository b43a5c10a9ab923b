"""One head of self-attention over a batch of sequences, causal or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.accuracy.networks.zoo.parts import softmax

if TYPE_CHECKING:
    from benchmarks.accuracy.networks.zoo.parts import Array, Scalar
    from reference.example import Grads

HIDDEN = -1e9


def loss(
    Wq: Array,
    Wk: Array,
    Wv: Array,
    Wo: Array,
    X: Array,
    Y: Array,
    causal: bool,  # noqa: FBT001 - data, by name
) -> Scalar:
    """Return half the squared error, averaged over the batch; X has shape (batch, time, inputs)."""
    q, k, v = X @ Wq, X @ Wk, X @ Wv
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(Wq.shape[1])
    if causal:
        scores = scores + HIDDEN * np.triu(np.ones(scores.shape[1:]), 1)
    return 0.5 * np.sum((softmax(scores) @ v @ Wo - Y) ** 2) / len(X)


def gradient(
    Wq: Array,
    Wk: Array,
    Wv: Array,
    Wo: Array,
    X: Array,
    Y: Array,
    causal: bool,  # noqa: FBT001 - data, by name
) -> Grads:
    """Return the derivative of the loss by every parameter."""
    q, k, v = X @ Wq, X @ Wk, X @ Wv
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(Wq.shape[1])
    if causal:
        scores = scores + HIDDEN * np.triu(np.ones(scores.shape[1:]), 1)
    p = softmax(scores)
    o = p @ v
    dout = (o @ Wo - Y) / len(X)
    do = dout @ Wo.T
    dp = do @ v.transpose(0, 2, 1)
    dv = p.transpose(0, 2, 1) @ do
    ds = p * (dp - np.sum(dp * p, axis=-1, keepdims=True)) / np.sqrt(Wq.shape[1])
    dq = ds @ k
    dk = ds.transpose(0, 2, 1) @ q
    return {
        "Wq": np.einsum("nti,ntj->ij", X, dq),
        "Wk": np.einsum("nti,ntj->ij", X, dk),
        "Wv": np.einsum("nti,ntj->ij", X, dv),
        "Wo": np.einsum("nti,ntj->ij", o, dout),
    }
