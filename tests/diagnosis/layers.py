"""Layers with right backward passes: the mistakes of test_layers.py are planted in these."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

Array = Any


class Rnn:
    """A recurrent layer, batch first, with its output at every step."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {
        "x": (2, 4, 3),
        "h0": (2, 3),
        "Wx": (3, 3),
        "Wh": (3, 3),
        "b": (3,),
    }

    @staticmethod
    def forward(x: Array, h0: Array, Wx: Array, Wh: Array, b: Array) -> Any:
        h, states = h0, []
        for t in range(x.shape[1]):
            h = np.tanh(x[:, t] @ Wx + h @ Wh + b)
            states.append(h)
        return np.stack(states, axis=1), (x, h0, Wx, Wh, states)

    @staticmethod
    def backward(dout: Array, cache: Any) -> Any:
        x, h0, Wx, Wh, h = cache
        dx, dWx, dWh, db = np.zeros_like(x), np.zeros_like(Wx), np.zeros_like(Wh), 0
        dprev = np.zeros_like(h0)
        for t in reversed(range(x.shape[1])):
            dh = dout[:, t] + dprev
            dz = dh * (1 - h[t] ** 2)
            prev = h[t - 1] if t > 0 else h0
            dx[:, t] = dz @ Wx.T
            dWx += x[:, t].T @ dz
            dWh += prev.T @ dz
            db += dz.sum(axis=0)
            dprev = dz @ Wh.T
        return dx, dprev, dWx, dWh, db


class Long(Rnn):
    """A recurrent layer with more steps."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {**Rnn.shapes, "x": (2, 6, 3)}


class Padded:
    """A correlation with an array that is padded by writing into zeros, and sums of its rows."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {"x": (4, 4), "w": (4, 4)}

    @staticmethod
    def forward(x: Array, w: Array) -> Any:
        padded = np.zeros((6, 6))
        padded[1:-1, 1:-1] = x
        left = padded[:4, :4] * w + padded[2:, 2:]
        rows = left.sum(axis=1)
        return np.sin(rows), (w, padded, rows)

    @staticmethod
    def backward(dout: Array, cache: Any) -> Any:
        w, padded, rows = cache
        d = np.cos(rows) * dout
        dleft = d[:, None] + np.zeros((4, 4))
        dp = np.zeros_like(padded)
        dp[:4, :4] += dleft * w
        dp[2:, 2:] += dleft
        return dp[1:-1, 1:-1], dleft * padded[:4, :4]


class Lstm:
    """An LSTM whose gates are columns of one product."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {
        "x": (3, 2, 3),
        "h0": (2, 2),
        "Wx": (3, 8),
        "Wh": (2, 8),
        "b": (8,),
    }

    @staticmethod
    def forward(x: Array, h0: Array, Wx: Array, Wh: Array, b: Array) -> Any:
        h, c, out, kept = h0, 0 * h0, [], []
        n = h0.shape[1]
        for t in range(len(x)):
            a = x[t] @ Wx + h @ Wh + b
            i = 1 / (1 + np.exp(-a[:, :n]))
            f = 1 / (1 + np.exp(-a[:, n : 2 * n]))
            o = 1 / (1 + np.exp(-a[:, 2 * n : 3 * n]))
            g = np.tanh(a[:, 3 * n :])
            before = (h, c)
            c = f * c + i * g
            h = o * np.tanh(c)
            kept.append((*before, i, f, o, g, c))
            out.append(h)
        return np.array(out), (x, Wx, Wh, kept)

    @staticmethod
    def backward(dout: Array, cache: Any) -> Any:
        x, Wx, Wh, kept = cache
        dx, dWx, dWh, db = np.zeros_like(x), np.zeros_like(Wx), np.zeros_like(Wh), 0
        dh, dc = 0, 0
        for t in reversed(range(len(x))):
            h, c_prev, i, f, o, g, c = kept[t]
            dh = dh + dout[t]
            dc = dc + dh * o * (1 - np.tanh(c) ** 2)
            do = dh * np.tanh(c)
            di, df, dg = dc * g, dc * c_prev, dc * i
            dai, daf, dao = di * i * (1 - i), df * f * (1 - f), do * o * (1 - o)
            dag = dg * (1 - g**2)
            da = np.hstack((dai, daf, dao, dag))
            dx[t] = da @ Wx.T
            dWx += x[t].T @ da
            dWh += h.T @ da
            db += da.sum(axis=0)
            dh = da @ Wh.T
            dc = dc * f
        return dx, dh, dWx, dWh, db


class Gru:
    """A gated recurrent cell with a weight for each gate, its last state the output."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {
        "x": (3, 2, 3),
        "h0": (2, 3),
        "Wz": (6, 3),
        "Wr": (6, 3),
        "Wn": (6, 3),
    }

    @staticmethod
    def forward(x: Array, h0: Array, Wz: Array, Wr: Array, Wn: Array) -> Any:
        h, kept = h0, []
        for xt in x:
            both = np.concatenate([xt, h], axis=1)
            z = 1 / (1 + np.exp(-(both @ Wz)))
            r = 1 / (1 + np.exp(-(both @ Wr)))
            inner = np.concatenate([xt, r * h], axis=1)
            n = np.tanh(inner @ Wn)
            kept.append((h, both, z, r, inner, n))
            h = (1 - z) * h + z * n
        return h, (x, Wz, Wr, Wn, kept)

    @staticmethod
    def backward(dh: Array, cache: Any) -> Any:
        x, Wz, Wr, Wn, kept = cache
        dx, dWz, dWr, dWn = (np.zeros_like(a) for a in (x, Wz, Wr, Wn))
        k = x.shape[2]
        for t in range(len(x) - 1, -1, -1):
            h, both, z, r, inner, n = kept[t]
            daz = dh * (n - h) * z * (1 - z)
            dan = dh * z * (1 - n * n)
            dinner = dan @ Wn.T
            dar = dinner[:, k:] * h * r * (1 - r)
            dboth = daz @ Wz.T + dar @ Wr.T
            dWz += both.T @ daz
            dWr += both.T @ dar
            dWn += inner.T @ dan
            dx[t] = dboth[:, :k] + dinner[:, :k]
            dh = dh * (1 - z) + dboth[:, k:] + dinner[:, k:] * r
        return dx, dh, dWz, dWr, dWn


class BatchNorm:
    """An affine layer and a batch normalisation by np.mean and np.var, differentiated in parts."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {"x": (6, 3), "W": (3, 3), "g": (3,), "b": (3,)}

    @staticmethod
    def forward(x: Array, W: Array, g: Array, b: Array) -> Any:
        z = x @ W
        mu = np.mean(z, axis=0)
        var = np.var(z, axis=0)
        n = (z - mu) / np.sqrt(var + 0.01)
        return g * n + b, (x, W, g, z, mu, var, n)

    @staticmethod
    def backward(dout: Array, cache: Any) -> Any:
        x, W, g, z, mu, var, n = cache
        N = len(x)
        dn = dout * g
        std = np.sqrt(var + 0.01)
        dvar = np.sum(dn * (z - mu), axis=0) * -0.5 * std**-3
        dmu = -np.sum(dn / std, axis=0)
        dz = dn / std + dvar * 2 * (z - mu) / N + dmu / N
        return dz @ W.T, x.T @ dz, np.sum(dout * n, axis=0), dout.sum(axis=0)


class LayerNorm:
    """A layer normalisation by explicit sums, in one formula."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {"x": (3, 4), "g": (4,), "b": (4,)}

    @staticmethod
    def forward(x: Array, g: Array, b: Array) -> Any:
        D = x.shape[1]
        c = x - x.sum(axis=1, keepdims=True) / D
        var = np.einsum("nd,nd->n", c, c)[:, None] / D
        s = 1 / np.sqrt(var + 0.05)
        return g * (c * s) + b, (g, c, s, c * s)

    @staticmethod
    def backward(dout: Array, cache: Any) -> Any:
        g, c, s, n = cache  # noqa: RUF059 - mistakes read c
        D = n.shape[1]
        dn = dout * g
        mean = dn.sum(axis=1, keepdims=True)
        var = n * (dn * n).sum(axis=1, keepdims=True)
        dx = s / D * (D * dn - mean - var)
        return dx, (dout * n).sum(axis=0), dout.sum(axis=0)


class Conv:
    """A convolution with padding and a stride, by loops over the windows."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {"x": (2, 2, 5, 5), "w": (3, 2, 3, 3), "b": (3,)}

    @staticmethod
    def forward(x: Array, w: Array, b: Array) -> Any:
        padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
        out = np.zeros((len(x), len(w), 3, 3))
        for i in range(3):
            for j in range(3):
                window = padded[:, None, :, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3]
                out[:, :, i, j] = np.sum(window * w, axis=(2, 3, 4)) + b
        return out, (padded, w)

    @staticmethod
    def backward(dout: Array, cache: Any) -> Any:
        padded, w = cache
        dp, dw = np.zeros_like(padded), np.zeros_like(w)
        for i in range(3):
            for j in range(3):
                d = dout[:, :, i, j][:, :, None, None, None]
                window = padded[:, None, :, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3]
                dp[:, :, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3] += np.sum(d * w, axis=1)
                dw += np.sum(d * window, axis=0)
        return dp[:, :, 1:-1, 1:-1], dw, dout.sum(axis=(0, 2, 3))


class Pool:
    """A max-pooling with overlapping windows, differentiated one entry after the other."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {"x": (2, 2, 4, 4)}

    @staticmethod
    def forward(x: Array) -> Any:
        out = np.zeros((*x.shape[:2], 3, 3))
        for i in range(3):
            for j in range(3):
                out[:, :, i, j] = np.max(x[:, :, i : i + 2, j : j + 2], axis=(2, 3))
        return out, x

    @staticmethod
    def backward(dout: Array, x: Any) -> Any:
        dx = np.zeros_like(x)
        for n, c, i, j in np.ndindex(*dout.shape):
            window = x[n, c, i : i + 2, j : j + 2]
            k, m = np.unravel_index(np.argmax(window), window.shape)
            dx[n, c, i + k, j + m] += dout[n, c, i, j]
        return dx


class Branch:
    """Two outputs, of which one is the other's input."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {"x": (3, 4), "c": (3, 4)}

    @staticmethod
    def forward(x: Array, c: Array) -> Any:
        nxt = np.sin(x) * c
        return np.tanh(nxt), nxt, (x, c, nxt)

    @staticmethod
    def backward(dh: Array, dnext: Array, cache: Any) -> Any:
        x, c, nxt = cache
        d = dnext + dh * (1 - np.tanh(nxt) ** 2)
        return d * c * np.cos(x), d * np.sin(x)


class Affine:
    """An affine layer, ReLU by a mask in place, and dropout."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {"x": (4, 4), "W": (4, 4), "b": (4,)}

    @staticmethod
    def forward(x: Array, W: Array, b: Array) -> Any:
        z = x @ W + b
        out = z.copy()
        out[out < 0] = 0
        mask = (np.arange(16).reshape(4, 4) % 3 > 0) / 0.5
        return out * mask, (x, W, z, mask)

    @staticmethod
    def backward(dout: Array, cache: Any) -> Any:
        x, W, z, mask = cache
        d = dout * mask
        dz = d * (z > 0)
        return dz @ W.T, x.T @ dz, dz.sum(axis=0)


class Loss:
    """A layer whose output is the loss: a softmax with its cross-entropy."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {"x": (4, 3)}

    @staticmethod
    def forward(x: Array) -> Any:
        e = np.exp(x - x.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        y = np.array([0, 2, 1, 1])
        return -np.mean(np.log(p[np.arange(4), y])), (p, y)

    @staticmethod
    def backward(dout: Array, cache: Any) -> Any:
        p, y = cache
        dx = p.copy()
        dx[np.arange(4), y] -= 1
        return dx * dout / 4


class Sigmoid:
    """A product and the sigmoid that does not overflow, by masks."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {"x": (4, 3), "w": (3, 4)}

    @staticmethod
    def forward(x: Array, w: Array) -> Any:
        z = x @ w
        e = np.zeros_like(z)
        e[z >= 0] = np.exp(-z[z >= 0])
        e[z < 0] = np.exp(z[z < 0])
        top = np.ones_like(z)
        top[z < 0] = e[z < 0]
        s = top / (1 + e)
        return s, (x, w, z, s)

    @staticmethod
    def backward(dout: Array, cache: Any) -> Any:
        x, w, z, s = cache  # noqa: RUF059 - mistakes read z
        dz = dout * s * (1 - s)
        return dz @ w.T, x.T @ dz


class Cell:
    """Two gates, by the sigmoid that does not overflow, of slices of one product."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {"x": (4, 3), "w": (3, 6)}

    @staticmethod
    def forward(x: Array, w: Array) -> Any:
        def sigmoid(z: Array) -> Array:
            e = np.zeros_like(z)
            e[z >= 0] = np.exp(-z[z >= 0])
            e[z < 0] = np.exp(z[z < 0])
            top = np.ones_like(z)
            top[z < 0] = e[z < 0]
            return top / (1 + e)

        left, right = np.split(x @ w, 2, axis=1)
        i, f = sigmoid(left), sigmoid(right)
        return i * np.sin(f), (x, w, i, f)

    @staticmethod
    def backward(dout: Array, cache: Any) -> Any:
        x, w, i, f = cache
        dleft = dout * np.sin(f) * i * (1 - i)
        dright = dout * i * np.cos(f) * f * (1 - f)
        da = np.hstack([dleft, dright])
        return da @ w.T, x.T @ da


class Gelu:
    """A GELU by the error function, and a leaky ReLU by multiplication."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {"x": (4, 3), "w": (3, 3)}

    @staticmethod
    def forward(x: Array, w: Array) -> Any:
        from scipy import special

        z = x @ w
        a = z * (1 + special.erf(z / np.sqrt(2))) / 2
        u = a @ w
        out = u * np.where(u > 0, 1.0, 0.1)
        return out, (x, w, z, a, u)

    @staticmethod
    def backward(dout: Array, cache: Any) -> Any:
        from scipy import special

        x, w, z, a, u = cache
        du = dout * np.where(u > 0, 1.0, 0.1)
        cdf, pdf = (1 + special.erf(z / np.sqrt(2))) / 2, np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
        dz = du @ w.T * (cdf + z * pdf)
        return dz @ w.T, a.T @ du + x.T @ dz
