"""Losses that courses have students write: loops over time and over images, masks, an im2col.

Each case is a loss with its hand-written gradient, NumPy alone, and what both are called with.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class Case:
    """A loss, its hand-written gradient, and their arguments."""

    loss: Callable[..., Any]
    gradient: Callable[..., Any]
    params: Mapping[str, Any]
    data: Mapping[str, Any]


# ruff: noqa: PLR0913, PLR0917 - layers have many arguments, and courses many names


def masked_sigmoid(x: Any) -> Any:
    """Return the logistic function, each sign by the formula that does not overflow."""
    positive, negative = x >= 0, x < 0
    z = np.zeros_like(x)
    z[positive] = np.exp(-x[positive])
    z[negative] = np.exp(x[negative])
    top = np.ones_like(x)
    top[negative] = z[negative]
    return top / (1 + z)


def sigmoid_loss(w: Any, b: Any, x: Any, y: Any) -> Any:
    """Return the squared error of one layer with a masked sigmoid."""
    return 0.5 * np.sum((masked_sigmoid(x @ w + b) - y) ** 2)


def sigmoid_gradient(w: Any, b: Any, x: Any, y: Any) -> dict[str, Any]:
    """Return the gradient of `sigmoid_loss`."""
    p = masked_sigmoid(x @ w + b)
    delta = (p - y) * p * (1 - p)
    return {"w": x.T @ delta, "b": delta.sum(axis=0)}


def lstm_step(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> tuple[Any, Any, Any]:
    """Return the next state, the next cell and what the backward step needs."""
    size = h.shape[1]
    a = x @ Wx + h @ Wh + b
    i = masked_sigmoid(a[:, :size])
    f = masked_sigmoid(a[:, size : 2 * size])
    o = masked_sigmoid(a[:, 2 * size : 3 * size])
    g = np.tanh(a[:, 3 * size :])
    c_next = f * c + i * g
    tanh = np.tanh(c_next)
    return o * tanh, c_next, (x, h, c, i, f, o, g, tanh)


def lstm(x: Any, h: Any, Wx: Any, Wh: Any, b: Any) -> tuple[Any, list[Any]]:
    """Return the states of all steps, and the caches."""
    batch, steps, _ = x.shape
    states = np.zeros((batch, steps, h.shape[1]))
    c, caches = np.zeros_like(h), []
    for t in range(steps):
        h, c, cache = lstm_step(x[:, t], h, c, Wx, Wh, b)
        states[:, t] = h
        caches.append(cache)
    return states, caches


def lstm_loss(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any, dout: Any) -> Any:
    """Return Σ dout · states: a backward pass's own loss."""
    return np.sum(lstm(x, h0, Wx, Wh, b)[0] * dout)


def lstm_gradient(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any, dout: Any) -> dict[str, Any]:
    """Return the gradient of `lstm_loss`, backwards through time."""
    _, caches = lstm(x, h0, Wx, Wh, b)
    dx, dWx, dWh, db = map(np.zeros_like, (x, Wx, Wh, b))
    dh, dc = np.zeros_like(h0), np.zeros_like(h0)
    for t in reversed(range(x.shape[1])):
        x_t, h, c, i, f, o, g, tanh = caches[t]
        dh = dh + dout[:, t]
        dc = dc + dh * o * (1 - tanh**2)
        da = np.hstack([
            dc * g * i * (1 - i),
            dc * c * f * (1 - f),
            dh * tanh * o * (1 - o),
            dc * i * (1 - g**2),
        ])  # fmt: skip
        dx[:, t] = da @ Wx.T
        dWx += x_t.T @ da
        dWh += h.T @ da
        db += da.sum(axis=0)
        dh, dc = da @ Wh.T, dc * f
    return {"x": dx, "h0": dh, "Wx": dWx, "Wh": dWh, "b": db}


def rnn_loss(Wx: Any, Wh: Any, b: Any, x: Any) -> Any:
    """Return half the squared last state of a recurrent network with tanh."""
    h = np.zeros(len(b))
    for x_t in x:
        h = np.tanh(x_t @ Wx + h @ Wh + b)
    return 0.5 * np.sum(h**2)


def rnn_gradient(Wx: Any, Wh: Any, b: Any, x: Any) -> dict[str, Any]:
    """Return the gradient of `rnn_loss`, backwards through time."""
    states = [np.zeros(len(b))]
    for x_t in x:
        states.append(np.tanh(x_t @ Wx + states[-1] @ Wh + b))
    dWx, dWh, db, dh = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b), states[-1]
    for t in reversed(range(len(x))):
        da = dh * (1 - states[t + 1] ** 2)
        dWx += np.outer(x[t], da)
        dWh += np.outer(states[t], da)
        db += da
        dh = Wh @ da
    return {"Wx": dWx, "Wh": dWh, "b": db}


def convolved(x: Any, w: Any, b: Any) -> Any:
    """Return a convolution with padding 1, one entry at a time."""
    count, _, height, width = x.shape
    filters, _, kh, kw = w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    out = np.zeros((count, filters, height, width))
    for n in range(count):
        for f in range(filters):
            for i in range(height):
                for j in range(width):
                    window = padded[n, :, i : i + kh, j : j + kw]
                    out[n, f, i, j] = np.sum(window * w[f]) + b[f]
    return out


def convolution_loss(x: Any, w: Any, b: Any, dout: Any) -> Any:
    """Return Σ dout · output of the convolution in loops."""
    return np.sum(convolved(x, w, b) * dout)


def convolution_gradient(x: Any, w: Any, b: Any, dout: Any) -> dict[str, Any]:
    """Return the gradient of `convolution_loss`, one entry at a time, too."""
    count, _, height, width = x.shape
    filters, _, kh, kw = w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    dpadded, dw, db = np.zeros_like(padded), np.zeros_like(w), np.zeros_like(b)
    for n in range(count):
        for f in range(filters):
            for i in range(height):
                for j in range(width):
                    upstream = dout[n, f, i, j]
                    dw[f] += upstream * padded[n, :, i : i + kh, j : j + kw]
                    dpadded[n, :, i : i + kh, j : j + kw] += upstream * w[f]
                    db[f] += upstream
    return {"x": dpadded[:, :, 1:-1, 1:-1], "w": dw, "b": db}


def columns(x: Any, kh: int, kw: int, stride: int = 1) -> tuple[Any, int, int]:
    """Return every window as a row, and the height and width of the output."""
    count, channels, height, width = x.shape
    rows, cols = (height - kh) // stride + 1, (width - kw) // stride + 1
    out = np.zeros((count, channels, kh, kw, rows, cols))
    for i in range(kh):
        for j in range(kw):
            out[:, :, i, j] = x[
                :, :, i : i + stride * rows : stride, j : j + stride * cols : stride
            ]
    return out.transpose(0, 4, 5, 1, 2, 3).reshape(count * rows * cols, -1), rows, cols


def image(cols: Any, shape: tuple[int, ...], kh: int, kw: int, stride: int = 1) -> Any:
    """Add every window's gradient to the image: the reverse of `columns`."""
    count, channels, height, width = shape
    rows, width_out = (height - kh) // stride + 1, (width - kw) // stride + 1
    windows = cols.reshape(count, rows, width_out, channels, kh, kw).transpose(0, 3, 4, 5, 1, 2)
    out = np.zeros(shape)
    for i in range(kh):
        for j in range(kw):
            part = out[:, :, i : i + stride * rows : stride, j : j + stride * width_out : stride]
            part += windows[:, :, i, j]
    return out


def forward(W1: Any, b1: Any, W2: Any, b2: Any, W3: Any, b3: Any, x: Any, t: Any) -> Any:
    """Return the loss of conv – ReLU – pool – affine – ReLU – affine – softmax, and its cache."""
    count, filters = len(x), len(W1)
    cols, rows, width = columns(x, *W1.shape[2:])
    conv = (cols @ W1.reshape(filters, -1).T + b1).reshape(count, rows, width, filters)
    conv = conv.transpose(0, 3, 1, 2)
    off = conv <= 0
    active = conv.copy()
    active[off] = 0
    pool_cols, pool_rows, pool_width = columns(active, 2, 2, 2)
    windows = pool_cols.reshape(-1, 4)
    largest = np.argmax(windows, axis=1)
    pooled = np.max(windows, axis=1).reshape(count, pool_rows, pool_width, filters)
    flat = pooled.transpose(0, 3, 1, 2).reshape(count, -1)
    a2 = flat @ W2 + b2
    h2 = np.maximum(a2, 0)
    scores = h2 @ W3 + b3
    shifted = scores - np.max(scores, axis=1, keepdims=True)
    p = np.exp(shifted) / np.sum(np.exp(shifted), axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(count), t])) / count
    return loss, (cols, off, active, windows, largest, pooled, flat, a2, h2, p)


def network_loss(**arguments: Any) -> Any:
    """Return the loss of the convolutional network."""
    return forward(**arguments)[0]


def network_gradient(
    W1: Any, b1: Any, W2: Any, b2: Any, W3: Any, b3: Any, x: Any, t: Any
) -> dict[str, Any]:
    """Return the gradient of `network_loss`."""
    _, cache = forward(W1, b1, W2, b2, W3, b3, x, t)
    cols, off, active, windows, largest, pooled, flat, a2, h2, p = cache
    count, filters = len(x), len(W1)
    d3 = p.copy()
    d3[np.arange(count), t] -= 1
    d3 /= count
    d2 = (d3 @ W3.T) * (a2 > 0)
    dflat = d2 @ W2.T
    rows, width = pooled.shape[1:3]
    dpooled = dflat.reshape(count, filters, rows, width).transpose(0, 2, 3, 1)
    dwindows = np.zeros_like(windows)
    dwindows[np.arange(len(windows)), largest] = dpooled.reshape(-1)
    dactive = image(dwindows.reshape(count * rows * width, -1), active.shape, 2, 2, 2)
    dactive[off] = 0
    d1 = dactive.transpose(0, 2, 3, 1).reshape(-1, filters)
    return {
        "W1": (d1.T @ cols).reshape(W1.shape), "b1": d1.sum(axis=0),
        "W2": flat.T @ d2, "b2": d2.sum(axis=0), "W3": h2.T @ d3, "b3": d3.sum(axis=0),
    }  # fmt: skip


def _lstm(steps: int) -> Case:
    rng = np.random.default_rng(0)
    batch, inputs, size = 2, 4, 5
    params = {
        "x": rng.standard_normal((batch, steps, inputs)),
        "h0": rng.standard_normal((batch, size)),
        "Wx": rng.standard_normal((inputs, 4 * size)) / 2,
        "Wh": rng.standard_normal((size, 4 * size)) / 2,
        "b": rng.standard_normal(4 * size),
    }
    dout = rng.standard_normal((batch, steps, size))
    return Case(lstm_loss, lstm_gradient, params, {"dout": dout})


def _sigmoid() -> Case:
    rng = np.random.default_rng(0)
    params = {"w": rng.standard_normal((6, 7)), "b": rng.standard_normal(7)}
    data = {"x": rng.standard_normal((5, 6)), "y": rng.random((5, 7))}
    return Case(sigmoid_loss, sigmoid_gradient, params, data)


def _convolution() -> Case:
    rng = np.random.default_rng(0)
    params = {
        "x": rng.standard_normal((4, 3, 8, 8)),
        "w": rng.standard_normal((2, 3, 3, 3)),
        "b": rng.standard_normal(2),
    }
    data = {"dout": rng.standard_normal((4, 2, 8, 8))}
    return Case(convolution_loss, convolution_gradient, params, data)


def _network() -> Case:
    rng = np.random.default_rng(0)
    x, filters, hidden, classes = rng.random((5, 1, 10, 10)), 10, 10, 10
    params = {
        "W1": 0.3 * rng.standard_normal((filters, 1, 3, 3)),
        "b1": 0.1 * rng.standard_normal(filters),
        "W2": 0.1 * rng.standard_normal((filters * 16, hidden)),
        "b2": 0.1 * rng.standard_normal(hidden),
        "W3": 0.3 * rng.standard_normal((hidden, classes)),
        "b3": 0.1 * rng.standard_normal(classes),
    }
    return Case(network_loss, network_gradient, params, {"x": x, "t": np.arange(5)})


def _rnn(steps: int) -> Case:
    rng = np.random.default_rng(0)
    params = {
        "Wx": rng.standard_normal((3, 4)) / 2,
        "Wh": rng.standard_normal((4, 4)) / 2,
        "b": 0.1 * rng.standard_normal(4),
    }
    return Case(rnn_loss, rnn_gradient, params, {"x": rng.standard_normal((steps, 3))})


CASES: dict[str, Callable[[], Case]] = {
    "masked sigmoid": _sigmoid,
    "LSTM, 10 steps": functools.partial(_lstm, 10),
    "convolution in loops, 4 x 3 x 8 x 8": _convolution,
    "convolutional network": _network,
    "LSTM, 100 steps": functools.partial(_lstm, 100),
    "recurrent network, 1,000 steps": functools.partial(_rnn, 1000),
}
