"""Networks of courses, each with mistakes that have a name."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.attack.case import family

KIND = "named mistakes"
R = np.random.default_rng(23).standard_normal
X, Y, T = R((7, 4)), R((7, 3)), np.eye(3)[[0, 1, 2, 0, 1, 2, 2]]
P = {"W": 0.6 * R((4, 5)), "b": 0.1 * R(5), "V": 0.6 * R((5, 3)), "c": 0.1 * R(3)}


def sig(z):
    return 1 / (1 + np.exp(-z))


def probabilities(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def forward(W, b, V, c, act=np.tanh):
    a = act(X @ W + b)
    return a, a @ V + c


def square(W, b, V, c):
    return np.sum((forward(W, b, V, c)[1] - Y) ** 2) / len(X)


def logistic(W, b, V, c):
    a = sig(X @ W + b)
    return -np.mean(np.sum(T * np.log(probabilities(a @ V + c)), axis=1))


def d_square(
    W, b, V, c, factor=2.0, n=7, prime=True, mean=False, first=False, twice=False, out=False
):
    a, y = forward(W, b, V, c)
    d = factor * (y - Y) / n
    if prime:
        e = d @ V.T * ((1 - a) * a if out else (1 - a**2)) * ((1 - a**2) if twice else 1)
    else:
        e = d @ V.T
    total = np.mean if mean else np.sum
    rows = slice(0, 1) if first else slice(None)
    return {
        "W": X.T @ e,
        "b": total(e[rows], axis=0),
        "V": a.T @ d,
        "c": total(d[rows], axis=0),
    }


def d_logistic(W, b, V, c, prime=True, label=True, n=7, updated=0.0):
    a = sig(X @ W + b)
    d = (probabilities(a @ V + c) - (T if label else 0)) / n
    back = V - updated * a.T @ d
    e = d @ back.T * (a * (1 - a) if prime else 1)
    return {"W": X.T @ e, "b": e.sum(axis=0), "V": a.T @ d, "c": d.sum(axis=0)}


def changed(gradient, name, change):
    """Return a gradient in which one parameter's array is changed."""

    def wrong(**params):
        grads = dict(gradient(**params))
        grads[name] = change(grads[name])
        return grads

    return wrong


def cases():
    yield from family(
        "tanh and mean square",
        square,
        P,
        d_square,
        {
            "2 forgotten": lambda **p: d_square(**p, factor=1.0),
            "N forgotten": lambda **p: d_square(**p, n=1),
            "divided by all entries": lambda **p: d_square(**p, n=21),
            "sign": lambda **p: d_square(**p, factor=-2.0),
            "derivative of tanh missing": lambda **p: d_square(**p, prime=False),
            "derivative of a sigmoid for tanh": lambda **p: d_square(**p, out=True),
            "derivative of tanh twice": lambda **p: d_square(**p, twice=True),
            "bias mean": lambda **p: d_square(**p, mean=True),
            "bias of row 0": lambda **p: d_square(**p, first=True),
            "W reversed": changed(d_square, "W", lambda g: g[::-1]),
            "V plus decay": lambda **p: {
                **d_square(**p),
                "V": d_square(**p)["V"] + 0.01 * p["V"],
            },
            "c cut": changed(d_square, "c", lambda g: 0 * g),
            "W clipped": changed(d_square, "W", lambda g: np.clip(g, -0.2, 0.2)),
            "one entry of W": changed(d_square, "W", lambda g: g + 0.3 * np.eye(4, 5)),
            "b cubed": changed(d_square, "b", lambda g: g**3),
            "b by its norm": changed(d_square, "b", lambda g: g / np.linalg.norm(g)),
        },
        called={
            "2 forgotten": r"factor|0\.5|half|constant|multiplied|square|\*\*",
            "N forgotten": r"mean|7|len|divided|constant|multiplied|without",
            "divided by all entries": r"mean|divid|multiplied|1/3|0\.333|factor",
            "sign": r"sign|-1|−1",
            "derivative of tanh missing": r"act\(.*derivative missing",
            "derivative of a sigmoid for tanh": r"act",
            "derivative of tanh twice": r"act\(.*twice",
            "bias mean": r"mean|divid|multiplied|len|batch|1/7|0\.142",
            "bias of row 0": r"row|first|sum",
            "W reversed": r"flip|revers|permut|order",
            "V plus decay": r"decay|0\.01|L2|penalt",
            "c cut": r"zero|cut|missing|constant",
            "W clipped": r"clip",
            "one entry of W": r"^$",
            "b cubed": r"^$",
            "b by its norm": r"norm",
        },
    )
    yield from family(
        "sigmoid and cross-entropy",
        logistic,
        P,
        d_logistic,
        {
            "derivative of the sigmoid missing": lambda **p: d_logistic(**p, prime=False),
            "label not subtracted": lambda **p: d_logistic(**p, label=False),
            "N forgotten": lambda **p: d_logistic(**p, n=1),
            "V already updated by 0.3": lambda **p: d_logistic(**p, updated=0.3),
            "W and b exchanged in scale": lambda **p: {
                **d_logistic(**p),
                "W": 2 * d_logistic(**p)["W"],
            },
            "random direction": changed(d_logistic, "V", lambda g: g + 0.01 * np.cos(g * 50)),
            "largest entry only": changed(
                d_logistic, "V", lambda g: g * (np.abs(g) == np.abs(g).max())
            ),
            "signs only": changed(d_logistic, "V", np.sign),
            "float16 of V": changed(d_logistic, "V", lambda g: g.astype(np.float16).astype(float)),
            "W lagged by a row": changed(d_logistic, "W", lambda g: np.roll(g, 1, axis=0)),
        },
        called={
            "derivative of the sigmoid missing": r"derivative missing",
            "label not subtracted": r"label|target|T|one-hot|subtract|softmax|cut",
            "N forgotten": r"mean|7|divided|multiplied|without",
            "V already updated by 0.3": r"already updated.*0\.3",
            "W and b exchanged in scale": r"2|twice|factor",
            "random direction": r"^$",
            "largest entry only": r"^$",
            "signs only": r"sign",
            "float16 of V": r"float16|round",
            "W lagged by a row": r"roll|shift|permut|order|row",
        },
    )
    q = {"W": 0.5 * R((4, 3)), "s": np.array(0.7)}
    yield from family(
        "temperature and entropy",
        lambda W, s: np.sum(T * np.log(probabilities(X @ W / s)) * -1) + 0.1 * np.sum(W**2),
        q,
        d_temperature,
        {
            "penalty forgotten": lambda W, s: {**d_temperature(W, s, decay=0.0)},
            "penalty without 2": lambda W, s: {**d_temperature(W, s, decay=0.1)},
            "1/s for −1/s²": lambda W, s: {
                **d_temperature(W, s),
                "s": -d_temperature(W, s)["s"] * s,
            },
            "s not divided": lambda W, s: {
                "W": (X.T @ (probabilities(X @ W / s) - T)) + 0.2 * W,
                "s": d_temperature(W, s)["s"],
            },
        },
        called={
            "penalty forgotten": r"decay|0\.1|penalt|cut|without|missing|left out",
            "penalty without 2": r"0\.1|2|half|factor|decay|multipl|\*\*",
        },
    )
    yield from family(
        "weights shared by two layers",
        lambda W: np.sum((np.tanh(np.tanh(X @ W) @ W) - X) ** 2),
        {"W": 0.4 * R((4, 4))},
        shared,
        {
            "second use forgotten": lambda W: shared(W, second=False),
            "first use forgotten": lambda W: shared(W, first=False),
        },
        called={
            "second use forgotten": r"cut|path|once|missing|nothing is propagated|shared",
            "first use forgotten": r"cut|path|once|missing|nothing is propagated|shared",
        },
    )
    yield from family(
        "skip connection",
        lambda W: np.sum((X + np.tanh(X @ W)) ** 2 * C4),
        {"W": 0.4 * R((4, 4))},
        lambda W: X.T @ (2 * C4 * (X + np.tanh(X @ W)) / np.cosh(X @ W) ** 2),
        {
            "skip forgotten": lambda W: X.T @ (2 * C4 * np.tanh(X @ W) / np.cosh(X @ W) ** 2),
            "sech for sech²": lambda W: X.T @ (2 * C4 * (X + np.tanh(X @ W)) / np.cosh(X @ W)),
        },
    )


C4 = R((7, 4))


def d_temperature(W, s, decay=0.2):
    d = probabilities(X @ W / s) - T
    return {"W": X.T @ d / s + decay * W, "s": -np.sum(d * (X @ W)) / s**2}


def shared(W, first=True, second=True):
    a = np.tanh(X @ W)
    o = np.tanh(a @ W)
    d = 2 * (o - X) * (1 - o**2)
    e = d @ W.T * (1 - a**2)
    return (X.T @ e if first else 0) + (a.T @ d if second else 0)
