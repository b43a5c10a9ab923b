"""Float32 and float16 where float64 is expected, by accident and by design."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.attack.case import family

KIND = "hidden float32"
R = np.random.default_rng(14).standard_normal
X, Y = R((6, 4)), R(6)
f4, f2 = np.float32, np.float16
SINGLE = {"tolerance": 2e-5, "limit": r"computed in float(32|16)"}
W32 = R((4, 3)).astype(f4)


class Buffer:
    """A tensor of a course: whatever comes in is float32."""

    def __init__(self, values):
        self.data = np.array(values, dtype=f4)


def cases():
    w = {"w": R(4)}
    mse = lambda w: np.sum((X @ w - Y) ** 2) / 2  # noqa: E731
    tiny = {"tolerance": 1e-12, "limit": r"computed in float(32|16)"}
    yield from family(
        "exact loss",
        mse,
        w,
        None,
        {
            "weights rounded to float32": lambda w: X.T @ (X @ w.astype(f4) - Y),
            "weights rounded to float16": lambda w: X.T @ (X @ w.astype(f2) - Y),
            "residual rounded to float32": lambda w: X.T @ (X @ w - Y).astype(f4),
            "data rounded to float32": lambda w: X.astype(f4).T @ (X @ w - Y),
            "result through float32": lambda w: (X.T @ (X @ w - Y)).astype(f4).astype(float),
            "sum in a float32 accumulator": accumulated,
            "one entry through float32": lambda w: one_single(X.T @ (X @ w - Y)),
            "rounded to 9 decimals": lambda w: np.round(X.T @ (X @ w - Y), 9),
            "printed with 8 digits": lambda w: np.array(
                [float(f"{g:.8g}") for g in X.T @ (X @ w - Y)]
            ),
            "through struct of single": lambda w: np.frombuffer(
                (X.T @ (X @ w - Y)).astype("<f4").tobytes(), "<f4"
            ).astype(float),
            "out= buffer of float32": into_buffer,
        },
        **tiny,
    )
    yield from family(
        "loss and gradient by float32 buffers",
        lambda w: np.sum((Buffer(X).data @ Buffer(w).data - Buffer(Y).data) ** 2),
        w,
        lambda w: 2 * Buffer(X).data.T @ (Buffer(X).data @ Buffer(w).data - Buffer(Y).data),
        {
            "1.001": lambda w: (
                f4(2.002) * Buffer(X).data.T @ (Buffer(X).data @ Buffer(w).data - Buffer(Y).data)
            ),
            "half": lambda w: Buffer(X).data.T @ (Buffer(X).data @ Buffer(w).data - Buffer(Y).data),
        },
        exact=lambda w: np.sum((X @ w - Y) ** 2),
        tolerance=2e-5,
    )
    yield from family(
        "loss rounds a product to float32",
        lambda w: np.sum((w * Y[:4]).astype(f4).astype(float) ** 2),
        w,
        lambda w: 2 * w * Y[:4] ** 2,
        {
            "square forgotten": lambda w: 2 * w * Y[:4],
            "1.001": lambda w: 2.002 * w * Y[:4] ** 2,
        },
        exact=lambda w: np.sum((w * Y[:4]) ** 2),
        tolerance=2e-5,
    )
    yield from family(
        "float32 parameters and data",
        lambda W, x: np.sum(np.tanh(x @ W) ** 2),
        {"W": R((4, 3)).astype(f4)},
        lambda W, x: x.T @ (2 * np.tanh(x @ W) * (1 - np.tanh(x @ W) ** 2)),
        {
            "1 − a": lambda W, x: x.T @ (2 * np.tanh(x @ W) * (1 - np.tanh(x @ W))),
            "1.001": lambda W, x: (
                f4(1.001) * (x.T @ (2 * np.tanh(x @ W) * (1 - np.tanh(x @ W) ** 2)))
            ),
        },
        data={"x": R((5, 4)).astype(f4)},
        tolerance=2e-5,
    )
    yield from family(
        "float32 weights in a closure",
        lambda x: np.sum(np.tanh(x.astype(f4) @ W32) ** 2),
        {"x": R((5, 4))},
        lambda x: (
            (2 * np.tanh(x.astype(f4) @ W32) * (1 - np.tanh(x.astype(f4) @ W32) ** 2)) @ W32.T
        ),
        {
            "transposed of a square part": lambda x: (
                (np.tanh(x.astype(f4) @ W32) * (1 - np.tanh(x.astype(f4) @ W32) ** 2)) @ W32.T
            ),
        },
        exact=lambda x: np.sum(np.tanh(x @ W32.astype(np.longdouble)) ** 2),
        tolerance=2e-5,
    )
    yield from family(
        "float64 weights, gradient of a float32 loss in float64",
        lambda x: np.sum((x.astype(f4) * f4(0.1)) ** 2),
        {"x": R(5)},
        lambda x: 2 * x * float(f4(0.1)) ** 2,
        {"0.1 squared as 0.1": lambda x: 2 * x * 0.1},
        exact=lambda x: np.sum((x * np.longdouble(f4(0.1))) ** 2),
        tolerance=2e-5,
    )
    yield from family(
        "scalar constant of float32 in float64 code",
        lambda w: np.sum(w**2) * f4(0.1),
        w,
        lambda w: 2 * w * f4(0.1),
        {
            "0.1 of float64": lambda w: 2 * w * 0.1,
        },
        exact=lambda w: np.sum(w**2) * np.longdouble(f4(0.1)),
    )
    yield from family(
        "confident softmax in float32 by design",
        soft32,
        {"W": 3 * R((4, 3))},
        dsoft32,
        {
            "N forgotten": lambda W: 6 * dsoft32(W),
            "label not subtracted": lambda W: (X.astype(f4).T @ prob32(W)) / f4(6),
        },
        exact=soft64,
        tolerance=1e-4,
    )
    yield from family(
        "float16 by design",
        lambda w: np.sum((w.astype(f2) * f2(1.5)) ** 2),
        w,
        lambda w: 2 * (w.astype(f2) * f2(1.5)) * f2(1.5),
        {"one factor": lambda w: 2 * w.astype(f2) * f2(1.5)},
        exact=lambda w: np.sum((w * np.longdouble(1.5)) ** 2),
        tolerance=4e-3,
        is_easy=False,
    )
    yield from family(
        "float32 exponential sum, long",
        lambda w: np.log(np.sum(np.exp(w.astype(f4)))),
        {"w": R(200)},
        lambda w: np.exp(w.astype(f4)) / np.sum(np.exp(w.astype(f4))),
        {"times 1.01": lambda w: f4(1.01) * np.exp(w.astype(f4)) / np.sum(np.exp(w.astype(f4)))},
        exact=lambda w: np.log(np.sum(np.exp(w))),
        tolerance=2e-5,
    )
    yield from family(
        "result of float32 from a float64 loss, dtype strict",
        mse,
        w,
        None,
        {"float32 result": lambda w: (X.T @ (X @ w - Y)).astype(f4)},
        tolerance=1e-12,
        options={"dtype": "strict"},
    )
    yield from family(
        "right float64 code, dtype strict",
        mse,
        w,
        lambda w: X.T @ (X @ w - Y),
        options={"dtype": "strict"},
    )
    yield from family(
        "longdouble intermediate",
        mse,
        w,
        lambda w: X.T.astype(np.longdouble) @ (X @ w.astype(np.longdouble) - Y),
        {"twice": lambda w: 2 * X.T.astype(np.longdouble) @ (X @ w.astype(np.longdouble) - Y)},
    )


def accumulated(w):
    total = np.zeros(4, f4)
    for x, r in zip(X, X @ w - Y, strict=True):
        total += (x * r).astype(f4)
    return total.astype(float)


def one_single(g):
    g[1] = f4(g[1])
    return g


def into_buffer(w):
    out = np.empty(4, f4)
    np.matmul(X.T, X @ w - Y, out=out, casting="same_kind")
    return out.astype(float)


L = np.array([0, 1, 2, 0, 1, 2])


def prob32(W):
    z = X.astype(f4) @ W.astype(f4)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def soft32(W):
    z = X.astype(f4) @ W.astype(f4)
    z = z - z.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(6), L])


def soft64(W):
    z = X @ W
    z = z - z.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(6), L])


def dsoft32(W):
    return X.astype(f4).T @ (prob32(W) - np.eye(3, dtype=f4)[L]) / f4(6)
