"""Causal attention by tiles, forward with a running maximum and backward from the saved sums."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.accuracy.kernels.kernel import COMMON, Kernel

TILE = 2
NEVER = -1e30


def attention(xp: Any, q: Any, k: Any, v: Any) -> Any:
    scores = q @ k.T / float(np.sqrt(q.shape[-1]))
    scores = xp.where(_causal(xp, q, 0, q.shape[0], 0, k.shape[0]) > 0, scores, NEVER)
    return xp.exp(scores - xp.logsumexp(scores)) @ v


def _causal(xp: Any, like: Any, i: int, rows: int, j: int, columns: int) -> Any:
    """Return 1 where a query of a tile sees a key of another, 0 elsewhere."""
    seen = np.arange(i, i + rows)[:, None] >= np.arange(j, j + columns)
    return xp.constant(seen.astype(float), like)


def _scores(xp: Any, q: Any, k: Any, i: int, j: int) -> Any:
    """Return the scores of a tile of queries with a tile of keys, what is hidden far below."""
    scores = q @ k.T / float(np.sqrt(q.shape[-1]))
    return xp.where(_causal(xp, q, i, q.shape[0], j, k.shape[0]) > 0, scores, NEVER)


def attention_forward(xp: Any, q: Any, k: Any, v: Any) -> Any:
    wide = [xp.wide(each) for each in (q, k, v)]
    outs, sums = [], []
    for i in range(0, q.shape[0], TILE):
        tile = wide[0][i : i + TILE]
        largest = tile[:, :1] * 0 + NEVER
        total, out = tile[:, :1] * 0, 0
        for j in range(0, i + TILE, TILE):
            keys, values = (each[j : j + TILE] for each in wide[1:])
            scores = _scores(xp, tile, keys, i, j)
            higher = xp.amax(xp.concatenate((largest, scores), -1), axis=-1, keepdims=True)
            p, shrink = xp.exp(scores - higher), xp.exp(largest - higher)
            total = total * shrink + xp.sum(p, axis=-1, keepdims=True)
            out, largest = out * shrink + p @ values, higher
        outs.append(out / total)
        sums.append(largest + xp.log(total))
    out = xp.concatenate(outs, 0)
    return xp.as_like(out, q), (q, k, v, out, xp.concatenate(sums, 0))


def attention_backward(xp: Any, wrong: str, saved: Any, g: Any) -> Any:
    q, k, v, out, sums = saved
    wide = [xp.wide(each) for each in (q, k, v)]
    g, root = xp.wide(g), float(np.sqrt(q.shape[-1]))
    delta = xp.sum(g * out, axis=-1, keepdims=True)
    dq = [0 * wide[0][i : i + TILE] for i in range(0, q.shape[0], TILE)]
    dk, dv = [], []
    for j in range(0, k.shape[0], TILE):
        keys, values = (each[j : j + TILE] for each in wide[1:])
        of_keys, of_values = 0 * keys, 0 * values
        for i in range(j, q.shape[0], TILE):
            tile, up = wide[0][i : i + TILE], g[i : i + TILE]
            p = xp.exp(_scores(xp, tile, keys, i, j) - sums[i : i + TILE])
            inner = up @ values.T
            ds = p * (inner if wrong == "delta left out" else inner - delta[i : i + TILE])
            ds = ds if wrong == "root left out" else ds / root
            of_values = of_values + p.T @ up
            of_keys = ds.T @ tile if wrong == "last tile alone" else of_keys + ds.T @ tile
            dq[i // TILE] = dq[i // TILE] + ds @ keys
        dk.append(of_keys)
        dv.append(of_values)
    found = zip((dq, dk, dv), (q, k, v), strict=True)
    return [xp.as_like(xp.concatenate(parts, 0), like) for parts, like in found]


def softmax(xp: Any, x: Any) -> Any:
    return xp.exp(x - xp.logsumexp(x))


def softmax_forward(xp: Any, x: Any) -> Any:
    p = softmax(xp, xp.wide(x))
    return xp.as_like(p, x), (x, p)


def softmax_backward(xp: Any, wrong: str, saved: Any, g: Any) -> Any:
    x, p = saved
    g = xp.wide(g)
    inner = xp.sum(g * p, axis=-1, keepdims=True)
    if wrong == "diagonal alone":
        return [xp.as_like(g * p * (1 - p), x)]
    if wrong == "summed over the batch":
        inner = xp.sum(g * p, axis=0, keepdims=True)
    return [xp.as_like(p * (g - inner), x)]


ATTENTION = [
    Kernel(
        "flash_attention",
        attention,
        attention_forward,
        attention_backward,
        lambda rng: [*rng.standard_normal((3, 6, 4))],
        (*COMMON, "swapped", "delta left out", "root left out", "last tile alone"),
    ),
    Kernel(
        "softmax",
        softmax,
        softmax_forward,
        softmax_backward,
        lambda rng: [2 * rng.standard_normal((4, 8))],
        (*COMMON, "diagonal alone", "summed over the batch"),
    ),
]
