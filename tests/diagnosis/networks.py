"""Small networks with right gradients: the mistakes of test_mistakes.py are planted in these."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

Array = Any
Loss = Any


class Dense:
    """Two layers, a softmax, the cross-entropy and weight decay."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {
        "W1": (3, 4),
        "b1": (4,),
        "W2": (4, 4),
        "b2": (4,),
    }
    data: ClassVar[dict[str, Any]] = {"X": (5, 3), "Y": "classes of 4 for 5"}

    @staticmethod
    def loss(W1: Array, b1: Array, W2: Array, b2: Array, X: Array, Y: Array) -> Loss:
        a = np.tanh(X @ W1 + b1)
        z = a @ W2 + b2
        e = np.exp(z - np.max(z, axis=1, keepdims=True))
        p = e / np.sum(e, axis=1, keepdims=True)
        decay = 0.05 * np.sum(W2**2)
        return -np.sum(Y * np.log(p + 1e-3)) / len(X) + decay

    @staticmethod
    def gradient(W1: Array, b1: Array, W2: Array, b2: Array, X: Array, Y: Array) -> Any:
        z1 = X @ W1 + b1
        a = np.tanh(z1)
        z = a @ W2 + b2
        e = np.exp(z - np.max(z, axis=1, keepdims=True))
        p = e / np.sum(e, axis=1, keepdims=True)
        dp = -Y / (p + 1e-3) / len(X)
        dz = p * (dp - np.sum(dp * p, axis=1, keepdims=True))
        dW2 = a.T @ dz + 0.1 * W2
        dW1 = X.T @ (dz @ W2.T * (1 - a**2))
        db1 = (dz @ W2.T * (1 - a**2)).sum(axis=0)
        return {"W1": dW1, "b1": db1, "W2": dW2, "b2": dz.sum(axis=0)}


class Swish:
    """An activation of several operations, and a binary cross-entropy."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {"W1": (3, 4), "w2": (4,)}
    data: ClassVar[dict[str, Any]] = {"X": (6, 3), "y": "bits of 6"}

    @staticmethod
    def loss(W1: Array, w2: Array, X: Array, y: Array) -> Loss:
        z = X @ W1
        a = z / (1 + np.exp(-z))
        p = 1 / (1 + np.exp(-(a @ w2)))
        return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))

    @staticmethod
    def gradient(W1: Array, w2: Array, X: Array, y: Array) -> Any:
        z = X @ W1
        s = 1 / (1 + np.exp(-z))
        a = z * s
        p = 1 / (1 + np.exp(-(a @ w2)))
        dz = (p - y) / len(y)
        slope = s + a * (1 - s)
        return {"W1": X.T @ (dz[:, None] * w2 * slope), "w2": a.T @ dz}


class Recurrent:
    """A recurrent network with its cost at every step."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {
        "h0": (2, 3),
        "Wx": (2, 3),
        "Wh": (3, 3),
        "b": (3,),
    }
    data: ClassVar[dict[str, Any]] = {"X": (4, 2, 2), "Y": (4, 2, 3)}

    @staticmethod
    def loss(h0: Array, Wx: Array, Wh: Array, b: Array, X: Array, Y: Array) -> Loss:
        h, total = h0, 0.0
        for x, y in zip(X, Y, strict=True):
            h = np.tanh(x @ Wx + h @ Wh + b)
            total = total + 0.5 * np.sum((h - y) * (h - y))
        return total

    @staticmethod
    def gradient(h0: Array, Wx: Array, Wh: Array, b: Array, X: Array, Y: Array) -> Any:
        h = [h0]
        for x in X:
            h.append(np.tanh(x @ Wx + h[-1] @ Wh + b))
        dWx, dWh, db, dh = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b), 0 * h0
        for t in reversed(range(len(X))):
            dh = dh + h[t + 1] - Y[t]
            dz = dh * (1 - h[t + 1] ** 2)
            dWx += X[t].T @ dz
            dWh += h[t].T @ dz
            db += dz.sum(axis=0)
            dh = dz @ Wh.T
        return {"h0": dh, "Wx": dWx, "Wh": dWh, "b": db}


class Norm:
    """A layer normalisation and a dropout mask."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {"W": (3, 4), "g": (4,), "v": (4,)}
    data: ClassVar[dict[str, Any]] = {"X": (5, 3), "Y": (5,), "mask": "mask of 5 by 4"}

    @staticmethod
    def loss(W: Array, g: Array, v: Array, X: Array, Y: Array, mask: Array) -> Loss:
        z = X @ W
        c = z - z.mean(axis=1, keepdims=True)
        n = c / np.sqrt((c**2).mean(axis=1, keepdims=True) + 0.01)
        out = (g * n * mask) @ v
        return 0.5 * np.sum((out - Y) ** 2)

    @staticmethod
    def gradient(W: Array, g: Array, v: Array, X: Array, Y: Array, mask: Array) -> Any:
        z = X @ W
        c = z - z.mean(axis=1, keepdims=True)
        s = 1 / np.sqrt((c**2).mean(axis=1, keepdims=True) + 0.01)
        n = c * s
        dout = (g * n * mask) @ v - Y
        da = dout[:, None] * v * mask
        dn = da * g
        m1 = dn.mean(axis=1, keepdims=True)
        m2 = n * (dn * n).mean(axis=1, keepdims=True)
        dz = s * (dn - m1 - m2)
        return {"W": X.T @ dz, "g": (da * n).sum(axis=0), "v": (g * n * mask).T @ dout}


class Pooled:
    """A convolution by windows, and a max-pooling whose windows overlap."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {"K": (2, 3, 2), "V": (2, 4, 4)}
    data: ClassVar[dict[str, Any]] = {"X": (3, 6, 6)}

    @staticmethod
    def loss(K: Array, V: Array, X: Array) -> Loss:
        windows = np.lib.stride_tricks.sliding_window_view(X, (3, 2), axis=(1, 2))
        z = np.einsum("nrchw,fhw->nfrc", windows, K)[:, :, :, :4]
        total = 0.0
        for r in range(3):
            for c in range(3):
                pool = np.max(z[:, :, r : r + 2, c : c + 2], axis=(2, 3))
                total = total + np.sum(pool * V[:, r, c])
        return total / len(X)

    @staticmethod
    def gradient(K: Array, V: Array, X: Array) -> Any:
        windows = np.lib.stride_tricks.sliding_window_view(X, (3, 2), axis=(1, 2))
        z = np.einsum("nrchw,fhw->nfrc", windows, K)[:, :, :, :4]
        dz, dV = np.zeros_like(z), np.zeros_like(V)
        for r in range(3):
            for c in range(3):
                part = z[:, :, r : r + 2, c : c + 2]
                pool = np.max(part, axis=(2, 3))
                dV[:, r, c] = pool.sum(axis=0) / len(X)
                dpool = V[None, :, r, c, None, None] / len(X)
                dz[:, :, r : r + 2, c : c + 2] += (part == pool[:, :, None, None]) * dpool
        return {"K": np.einsum("nrchw,nfrc->fhw", windows[:, :, :4], dz), "V": dV}


class Attention:
    """Scores of a query and a key, an image that is a parameter, weights read transposed."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {
        "Wq": (3, 4),
        "Wk": (4, 4),
        "image": (5, 5),
        "s": (),
    }
    data: ClassVar[dict[str, Any]] = {"X": (4, 3), "C": (4, 4), "K": (2, 2), "D": (4, 4)}

    @staticmethod
    def loss(Wq: Array, Wk: Array, image: Array, s: Array, **data: Array) -> Loss:
        q = data["X"] @ Wq
        k = q @ Wk.T
        t = q @ k.T
        scores = np.where(t < 0, 0.25 * t, t)
        windows = np.lib.stride_tricks.sliding_window_view(image, (2, 2))
        seen = np.einsum("rchw,hw->rc", windows, data["K"])
        scaled = np.sum(np.exp(s) * seen * data["D"]) + np.sum(np.exp(s) * data["D"])
        return np.sum(scores * data["C"]) + scaled

    @staticmethod
    def gradient(Wq: Array, Wk: Array, image: Array, s: Array, **data: Array) -> Any:
        X, C, K, D = (data[name] for name in "XCKD")
        q = X @ Wq
        k = q @ Wk.T
        ds = C * np.where(q @ k.T < 0, 0.25, 1.0)
        dk = ds.T @ q
        dWk = dk.T @ q
        dq = ds @ k + dk @ Wk
        windows = np.lib.stride_tricks.sliding_window_view(image, (2, 2))
        seen = np.einsum("rchw,hw->rc", windows, K)
        di = np.zeros_like(image)
        for r in range(4):
            for c in range(4):
                di[r : r + 2, c : c + 2] += np.exp(s) * D[r, c] * K
        ds = np.exp(s) * np.sum((seen + 1) * D)
        return {"Wq": X.T @ dq, "Wk": dWk, "image": di, "s": ds}


def draw(network: Any, seed: int = 0) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return parameters and data of a network, exact in float32."""
    rng = np.random.default_rng([seed, 9])

    def normal(shape: tuple[int, ...]) -> Array:
        return rng.standard_normal(shape).astype(np.float32).astype(float)

    def datum(said: Any) -> Array:
        if said == "classes of 4 for 5":
            return np.eye(4)[rng.integers(4, size=5)]
        if said == "bits of 6":
            return np.array([0.0, 1.0, 1.0, 0.0, 1.0, 0.0])
        if said == "mask of 5 by 4":
            return rng.integers(2, size=(5, 4)) * 2.0
        return normal(said)

    params = {name: normal(shape) for name, shape in network.shapes.items()}
    return params, {name: datum(said) for name, said in network.data.items()}
