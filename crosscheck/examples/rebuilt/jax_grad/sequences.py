"""The sequence layers as a JAX user writes them: jax.lax.scan, jax.nn and jax.numpy."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

Cell = tuple[Array, Array]


def _over_time(step: Callable[..., Any], start: Any, X: Array) -> tuple[Any, Array]:
    last, states = lax.scan(step, start, X.transpose(1, 0, 2))
    return last, states.transpose(1, 0, 2)


def rnn(X: Array, h0: Array, Wx: Array, Wh: Array, b: Array) -> Array:
    def step(h: Array, x: Array) -> tuple[Array, Array]:
        h = jnp.tanh(jnp.concatenate([x, h], axis=1) @ jnp.concatenate([Wx, Wh]) + b)
        return h, h

    return _over_time(step, h0, X)[1]


def rnn_truncated(X: Array, h0: Array, Wx: Array, Wh: Array, b: Array, length: int = 2) -> Array:
    h, pieces = h0, []
    for t in range(0, X.shape[1], length):
        pieces.append(rnn(X[:, t : t + length], h, Wx, Wh, b))
        h = lax.stop_gradient(pieces[-1][:, -1])
    return jnp.concatenate(pieces, axis=1)


def lstm(X: Array, h0: Array, c0: Array, Wx: Array, Wh: Array, b: Array) -> tuple[Array, Array]:
    def step(state: Cell, x: Array) -> tuple[Cell, Array]:
        h, c = state
        i, f, g, o = jnp.split(jnp.dot(x, Wx) + jnp.dot(h, Wh) + b, 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    (_, c), states = _over_time(step, (h0, c0), X)
    return states, c


def gru(X: Array, h0: Array, Wx: Array, Wh: Array, bx: Array, bh: Array) -> Array:
    def step(h: Array, x: Array) -> tuple[Array, Array]:
        from_x = jnp.split(jnp.dot(x, Wx) + bx, 3, axis=-1)
        from_h = jnp.split(jnp.dot(h, Wh) + bh, 3, axis=-1)
        reset, update = (jax.nn.sigmoid(a + c) for a, c in zip(from_x[:2], from_h[:2], strict=True))
        new = jnp.tanh(from_x[2] + reset * from_h[2])
        h = new + update * (h - new)
        return h, h

    return _over_time(step, h0, X)[1]


def bidirectional(X: Array, V: Array, U: Array, b: Array, Vr: Array, Ur: Array, br: Array) -> Array:
    start = jnp.zeros((X.shape[0], b.shape[0]), X.dtype)
    ahead = rnn(X, start, V, U, b)
    back = rnn(jnp.flip(X, 1), start, Vr, Ur, br)
    return jnp.concatenate([ahead, jnp.flip(back, 1)], axis=-1)


def attention(Q: Array, K: Array, V: Array, causal: bool = False) -> Array:
    scores = jnp.einsum("...td,...sd->...ts", Q, K) / jnp.sqrt(Q.shape[-1]).astype(Q.dtype)
    seen = jnp.tri(scores.shape[-2], scores.shape[-1], dtype=bool) if causal else jnp.ones((), bool)
    return jax.nn.softmax(scores, where=seen) @ V


def multi_head_attention(
    X: Array,
    Wq: Array,
    Wk: Array,
    Wv: Array,
    Wo: Array,
    b: Array,
    heads: int = 2,
    causal: bool = False,
) -> Array:
    columns = Wq.shape[1] // heads
    Q, K, V = (jnp.einsum("ntd,dhc->nhtc", X, W.reshape(-1, heads, columns)) for W in (Wq, Wk, Wv))
    each = attention(Q, K, V, causal)
    return jnp.einsum("nhtc,hcd->ntd", each, Wo.reshape(heads, columns, -1)) + b


def sinusoidal_positions(X: Array, base: float = 10_000.0) -> Array:
    t, column = jnp.indices(X.shape[1:])
    even = column - column % 2
    angle = t / base ** (even / X.shape[2])
    return X + jnp.sin(angle + column % 2 * jnp.pi / 2).astype(X.dtype)


def learned_positions(X: Array, P: Array) -> Array:
    return X + lax.dynamic_slice_in_dim(P, 0, X.shape[1])


def rope(X: Array, base: float = 10_000.0) -> Array:
    t, pair = jnp.indices((X.shape[1], X.shape[2] // 2))
    angle = t * base ** (-2 * pair / X.shape[2])
    cos, sin = jnp.cos(angle).astype(X.dtype), jnp.sin(angle).astype(X.dtype)
    rotations = jnp.stack([jnp.stack([cos, -sin], -1), jnp.stack([sin, cos], -1)], -2)
    pairs = X.reshape(*X.shape[:2], -1, 2)
    return jnp.einsum("tiab,ntib->ntia", rotations, pairs).reshape(X.shape)


def _standardised(X: Array) -> Array:
    return jax.nn.standardize(X, axis=-1, epsilon=1e-5)


def transformer_block(X: Array, heads: int = 2, causal: bool = True, **p: Array) -> Array:
    A = p["beta1"] + p["gamma1"] * _standardised(X)
    Y = X + multi_head_attention(A, p["Wq"], p["Wk"], p["Wv"], p["Wo"], p["b"], heads, causal)
    B = p["beta2"] + p["gamma2"] * _standardised(Y)
    return Y + jnp.dot(jax.nn.relu(jnp.dot(B, p["W1"]) + p["b1"]), p["W2"]) + p["b2"]


def gpt(  # one array for all layers, as lax.scan has it
    tokens: Array, targets: Array, heads: int = 2, **p: Any
) -> Array:
    E, P, gamma, beta = (p.pop(name) for name in ("E", "P", "gamma", "beta"))

    def layer(X: Array, own: dict[str, Any]) -> tuple[Array, None]:
        return transformer_block(X, heads, **own), None

    X, _ = lax.scan(layer, learned_positions(jnp.take(E, tokens, axis=0), P), p)
    log_p = jax.nn.log_softmax((gamma * _standardised(X) + beta) @ E.T)
    return -jnp.mean(jnp.sum(jax.nn.one_hot(targets, len(E), dtype=E.dtype) * log_p, axis=-1))
