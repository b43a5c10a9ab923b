"""HIPS autograd: the layers in its own NumPy, which it records anew in each pass."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import autograd.numpy as np
from autograd import make_vjp
from autograd.scipy.signal import convolve

from benchmarks.speed.canon.layers import OPTIONS, arrays

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.speed.gradients.cases import Case
    from benchmarks.speed.gradients.contenders import Job


def affine(p: dict[str, Any]) -> Any:
    """The affine layer."""
    return np.dot(p["X"], p["W"]) + p["b"]


def conv2d_im2col(p: dict[str, Any], padding: int) -> Any:
    """The convolution by its own convolve, which flips the kernel."""
    frame = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    X, W = np.pad(p["X"], frame, mode="constant"), p["W"][:, :, ::-1, ::-1]
    out = convolve(X, W, axes=([2, 3], [2, 3]), dot_axes=([1], [1]), mode="valid")
    return out + p["b"][:, None, None]


def _softmax(S: Any) -> Any:
    E = np.exp(S - np.max(S, axis=-1, keepdims=True))
    return E / np.sum(E, axis=-1, keepdims=True)


def attention(p: dict[str, Any]) -> Any:
    """Attention without a mask."""
    S = np.matmul(p["Q"], np.swapaxes(p["K"], -1, -2)) / math.sqrt(p["Q"].shape[-1])
    return np.matmul(_softmax(S), p["V"])


def lstm(p: dict[str, Any]) -> Any:
    """The states and the last cell, in one vector: a VJP takes one array."""
    h, c, size, states = p["h0"], p["c0"], p["h0"].shape[1], []
    for t in range(p["X"].shape[1]):
        z = np.dot(p["X"][:, t], p["Wx"]) + np.dot(h, p["Wh"]) + p["b"]
        i, f, g, o = (z[:, k * size : (k + 1) * size] for k in range(4))
        c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
        h = np.tanh(c) / (1 + np.exp(-o))
        states.append(h)
    return np.concatenate([np.ravel(np.stack(states, axis=1)), np.ravel(c)])


def _norm(X: Any, gamma: Any, beta: Any) -> Any:
    X = X - np.mean(X, axis=-1, keepdims=True)
    return gamma * X / np.sqrt(np.mean(X * X, axis=-1, keepdims=True) + 1e-5) + beta


def layer_norm(p: dict[str, Any]) -> Any:
    """The layer norm."""
    return _norm(p["X"], p["gamma"], p["beta"])


def transformer_block(p: dict[str, Any], heads: int) -> Any:
    """The block, causal."""
    A = _norm(p["X"], p["gamma1"], p["beta1"])
    N, T, _ = A.shape
    Q, K, V = (
        np.swapaxes(np.reshape(np.dot(A, p[name]), (N, T, heads, -1)), 1, 2)
        for name in ("Wq", "Wk", "Wv")
    )
    S = np.matmul(Q, np.swapaxes(K, -1, -2)) / math.sqrt(Q.shape[-1])
    S = np.where(np.tri(T) > 0, S, -np.inf)
    each = np.reshape(np.swapaxes(np.matmul(_softmax(S), V), 1, 2), (N, T, -1))
    Y = p["X"] + np.dot(each, p["Wo"]) + p["b"]
    hidden = np.maximum(0, np.dot(_norm(Y, p["gamma2"], p["beta2"]), p["W1"]) + p["b1"])
    return Y + np.dot(hidden, p["W2"]) + p["b2"]


LAYERS: dict[str, Callable[..., Any]] = {
    "affine": affine,
    "conv2d_im2col": conv2d_im2col,
    "layer_norm": layer_norm,
    "attention": attention,
    "lstm": lstm,
    "transformer_block": transformer_block,
}


def job(case: Case) -> Job:
    """Forward and backward: the VJP by the dict of the inputs."""
    params, dout = arrays(case)
    flat = np.concatenate([a.ravel() for a in dout]) if isinstance(dout, tuple) else dout
    layer, options = LAYERS[case.example], OPTIONS.get(case.example, {})
    vjp = make_vjp(lambda params: layer(params, **options))
    return lambda: vjp(params)[0](flat)
