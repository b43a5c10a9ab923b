"""Functions that write, remember, count, alias or drift."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.attack.case import Case, family

KIND = "side effects and state"
R = np.random.default_rng(18).standard_normal
X, Y = R((6, 3)), R(6)
STATE = r"state|earlier calls"
MSE = {"loss": lambda w, X, y: np.sum((X @ w - y) ** 2) / 2, "data": {"X": X, "y": Y}}


class Norm:
    """Batch normalisation that keeps running statistics."""

    def __init__(self, factor=1.0):
        self.mean, self.count, self.factor = np.zeros(3), 0, factor

    def loss(self, x):
        self.mean = 0.9 * self.mean + 0.1 * x.mean(axis=0)
        self.count += 1
        return np.sum(C * self.hat(x))

    def hat(self, x):
        return (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)

    def gradient(self, x):
        h = self.hat(x)
        d = C - C.mean(0) - h * np.mean(C * h, 0)
        return self.factor * d / np.sqrt(x.var(0) + 1e-5)


C = R((6, 3))


class Evaluating:
    """Normalises by running statistics that stand."""

    def __init__(self):
        self.mean = np.ones(3)

    def loss(self, x):
        return np.sum((x - self.mean) ** 2)

    def gradient(self, x):
        return 2 * (x - self.mean)


class Cached:
    """Keeps the forward pass for the gradient."""

    def __init__(self, stale):
        self.a, self.stale = None, stale

    def loss(self, w):
        if self.a is None or not self.stale:
            self.a = np.tanh(X @ w)
        return np.sum(np.tanh(X @ w) ** 2)

    def gradient(self, w):
        if not self.stale or self.a is None:
            self.a = np.tanh(X @ w)
        return X.T @ (2 * self.a * (1 - self.a**2))


class Momentum:
    """Returns the gradient with a velocity."""

    def __init__(self, beta):
        self.v, self.beta = 0.0, beta

    def __call__(self, w):
        self.v = self.beta * self.v + 2 * w
        return self.v


class Counting:
    """Right at the first calls, wrong later, or the other way round."""

    def __init__(self, right_until, factor):
        self.calls, self.right_until, self.factor = 0, right_until, factor

    def __call__(self, w):
        self.calls += 1
        return 3 * w**2 * (1 if self.calls <= self.right_until else self.factor)


class Buffered:
    """Returns one buffer at every call."""

    def __init__(self):
        self.out = np.empty(4)

    def __call__(self, w):
        np.multiply(3 * w, w, out=self.out)
        return self.out


MEMO: dict[bytes, np.ndarray] = {}


def memoised(w):
    key = np.asarray(w).tobytes()
    if key not in MEMO:
        MEMO[key] = 3 * w**2
    return MEMO[key]


def bad_memo(w):
    key = tuple(np.round(np.asarray(w, float)))
    if key not in BAD:
        BAD[key] = 3 * np.asarray(w) ** 2
    return BAD[key]


BAD: dict[tuple[float, ...], np.ndarray] = {}
HISTORY: list[float] = []
OTHER = np.ones(4)


def logging(w):
    value = np.sum(w**3)
    HISTORY.append(float(value))
    return value


def writes_argument(w, X, y):
    r = X @ w - y
    w -= 0.1 * X.T @ r
    return X.T @ r


def writes_data(w, X, y):
    y -= X @ w
    return -(X.T @ y)


def scales_and_restores(w, X, y):
    X *= 2.0
    g = (X / 2).T @ ((X / 2) @ w - y)
    X /= 2.0
    return g


def centres_data(w, X, y):
    X -= 0
    return X.T @ (X @ w - y)


def cases():
    w, mse = {"w": R(3)}, MSE
    yield from family(
        "right, nothing written", params=w, right=lambda w, X, y: X.T @ (X @ w - y), **mse
    )
    for name, gradient in {
        "writes into w": writes_argument,
        "writes into y": writes_data,
    }.items():
        yield Case(name, gradient=gradient, params=w, mistake=name, effect=name, **mse)
    yield Case("writes and restores exactly", gradient=scales_and_restores, params=w, **mse)
    yield Case("writes the same value", gradient=centres_data, params=w, **mse)
    for factor in (1.0, 0.5):
        norm = Norm(factor)
        yield Case(
            f"batch normalisation with running statistics, × {factor}",
            norm.loss,
            norm.gradient,
            {"x": R((6, 3))},
            mistake="" if factor == 1 else "half",
        )
    layer = Evaluating()
    yield Case("running mean that stands", layer.loss, layer.gradient, {"x": R((6, 3)) + 1})
    good, stale = Cached(stale=False), Cached(stale=True)
    yield Case("cache of the last forward pass", good.loss, good.gradient, {"w": R(3)})
    yield Case(
        "cache of the first forward pass, stale",
        stale.loss,
        stale.gradient,
        {"w": R(3)},
        mistake="stale",
        limit=STATE,
    )
    yield Case(
        "momentum of 0.9 inside", lambda w: np.sum(w**2), Momentum(0.9), w, mistake="velocity"
    )
    yield Case("momentum of 0 inside", lambda w: np.sum(w**2), Momentum(0.0), w)
    cube = {"w": R(4)}

    def cubes(w):
        return np.sum(w**3)

    for until, factor in ((1, 2.0), (3, 2.0), (10, 1.01)):
        yield Case(
            f"right at the first {until} calls, later × {factor}",
            cubes,
            Counting(until, factor),
            cube,
            mistake="drifts",
            limit=STATE,
            at=[cube] * 12,
            around=0,
        )
    yield Case("one buffer for every result", cubes, Buffered(), cube)
    yield Case("memo by bytes", cubes, memoised, cube)
    yield Case(
        "memo by rounded values",
        cubes,
        bad_memo,
        {"w": np.array([1.1, 2.2, 3.3, 0.2])},
        mistake="m",
        limit=STATE,
    )
    yield Case("loss that logs", logging, lambda w: 3 * w**2, cube)
    yield Case(
        "loss that logs, sign",
        logging,
        lambda w: -3 * w**2,
        cube,
        mistake="sign",
        called="sign|−|-",
    )
    yield Case("gradient that returns its argument", lambda w: np.sum(w**2) / 2, lambda w: w, cube)
    yield Case(
        "gradient that returns its argument, wrong",
        lambda w: np.sum(w**2),
        lambda w: w,
        cube,
        mistake="two forgotten",
    )
    yield Case("gradient that returns data", lambda w, c: w @ c, lambda w, c: c, cube, {"c": R(4)})
    yield Case(
        "global array read and rewritten",
        lambda w: np.sum(w * OTHER),
        rewriting,
        cube,
        mistake="the global grows",
        exact=lambda w: np.sum(w),
        at=[cube] * 3,
    )
    yield Case("attribute on the function", cubes, attributed, cube)
    yield Case("mutable default argument", cubes, defaulted, cube, mistake="drifts", at=[cube] * 3)
    yield Case("mutable default argument as a scratch", cubes, scratch, cube)
    yield Case("a tuple", lambda w: np.sum(w**2), lambda w: (2 * w,), w)
    yield Case("data dict that gains a key", keyed_loss, keyed, cube, {"cfg": {"s": 2.0}})
    yield Case(
        "data dict that gains a key that matters",
        keyed_loss,
        keyed_wrong,
        cube,
        {"cfg": {"s": 2.0}},
        mistake="scale squared",
    )


def rewriting(w):
    OTHER[:] *= 1.5
    return OTHER.copy()


def attributed(w):
    attributed.calls = getattr(attributed, "calls", 0) + 1
    return 3 * w**2


def defaulted(w, total=[0.0]):
    total[0] += 0.25
    return 3 * w**2 * (1 + total[0])


def scratch(w, room={}):
    room["square"] = w**2
    return 3 * room["square"]


def keyed_loss(w, cfg):
    return cfg["s"] * np.sum(w**2)


def keyed(w, cfg):
    cfg["seen"] = True
    return 2 * cfg["s"] * w


def keyed_wrong(w, cfg):
    cfg["s"] = cfg["s"] ** 2
    return 2 * cfg["s"] * w
