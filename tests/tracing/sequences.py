"""Networks over words and time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.tracing.layers import sigmoid, softmax

SQRT2 = np.sqrt(2.0)


def rnn(X3: Any, Wx: Any, Wh: Any, b1: Any) -> Any:
    """States in a preallocated array, the last but one read back."""
    n, steps, _ = X3.shape
    hs = np.zeros((n, steps, 5))
    h = np.zeros((n, 5))
    for t in range(steps):
        h = np.tanh(X3[:, t, :] @ Wx + h @ Wh + b1)
        hs[:, t, :] = h
    return np.sum(hs[:, -1] * hs[:, 1]) + (hs**2).mean()


def rnn_by_index(X3: Any, Wx: Any, Wh: Any) -> Any:
    """The state before the first in the last row, as `h[-1]`."""
    T = X3.shape[1]
    h = np.zeros((T + 1, 5))
    for t in np.arange(T):
        h[t] = np.tanh(np.dot(X3[0, t], Wx) + np.dot(h[t - 1], Wh))
    return np.sum(h[:T] ** 2 * np.arange(1, T + 1)[:, None])


def rnn_in_a_dict(X3: Any, Wx: Any, Wh: Any) -> Any:
    """States by step, -1 the first."""
    hs = {-1: np.zeros((5, 1))}
    loss = 0
    for t in range(3):
        hs[t] = np.tanh(Wx.T @ X3[1, t].reshape(-1, 1) + Wh @ hs[t - 1])
        loss += -np.log(softmax(hs[t], axis=0)[t, 0])
    return loss


def lstm(X3: Any, Wg: Any, u: Any) -> Any:
    """Four gates out of one product."""
    n, steps, _ = X3.shape
    h, c = np.zeros((n, 5)), np.zeros((n, 5))
    states = np.empty((steps, n, 5), dtype=float)
    for t in range(steps):
        gates = np.hstack([X3[:, t], h]) @ Wg
        i, f, o, g = np.split(gates, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        states[t] = h
    return (states * u[:4, None, None]).sum() + np.sum(c**2)


def gru(X3: Any, Wx: Any, Wh: Any, Wc: Any) -> Any:
    """Update gate, reset gate, candidate."""
    h = np.zeros((len(X3), 5))
    for t in range(X3.shape[1]):
        x = X3[:, t]
        z, r = sigmoid(x @ Wx + h @ Wh), sigmoid(x @ Wx - h @ Wh)
        candidate = np.tanh(np.concatenate((x, r * h), axis=1) @ Wc)
        h = (1 - z) * h + z * candidate
    return np.mean(h**2)


def attention(X3: Any, Wq: Any, Wk: Any, Wv: Any) -> Any:
    """Causal self-attention."""
    q, k, v = X3 @ Wq, X3 @ Wk, X3 @ Wv
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
    scores[:, np.triu(np.ones((4, 4)), 1) == 1] = -1e9
    return np.sum(np.sin(softmax(scores) @ v))


def multi_head_attention(X: Any, S: Any, Q: Any) -> Any:
    """Two heads by reshape and transpose."""
    heads = (X @ S).reshape(6, 2, 2).transpose(1, 0, 2)
    scores = np.einsum("hid,hjd->hij", heads, heads) / SQRT2
    mixed = np.matmul(softmax(scores), heads)
    return np.sum((mixed.transpose(1, 0, 2).reshape(6, 4) @ Q) ** 2)


def embedding(E: Any, words: Any) -> Any:
    """Rows of a table; a word occurs twice."""
    return np.sum(np.prod(E[words], axis=1) + E[words].mean(axis=0) @ np.arange(3.0))


def bag_of_words(E: Any, words: Any) -> Any:
    """Counts by `np.add.at` into an array of the traced kind."""
    sums = np.zeros_like(E)
    np.add.at(sums, words, E[words[::-1]] ** 2)
    return np.sum(sums**2)


def skip_gram(E: Any, words: Any) -> Any:
    """Negative sampling."""
    centre, target, negatives = E[words[0]], E[words[1]], E[[0, 2, 5]]
    return -np.log(sigmoid(centre @ target)) - np.log(sigmoid(-negatives @ centre)).sum()


SEQUENCES: dict[str, Callable[..., Any]] = {
    f.__name__.replace("_", " "): f
    for f in (
        rnn,
        rnn_by_index,
        rnn_in_a_dict,
        lstm,
        gru,
        attention,
        multi_head_attention,
        embedding,
        bag_of_words,
        skip_gram,
    )
}
