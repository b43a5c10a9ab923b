"""Functions as people write them: closures, globals, classes, partials, decorators, solvers."""

from __future__ import annotations

import functools
import math

import numpy as np

from benchmarks.accuracy.attack.case import Case, family

KIND = "closures and globals"
R = np.random.default_rng(26).standard_normal
X, Y = R((6, 3)), R(6)
SCALE = 3.0
TABLE = {"power": 3, "weights": np.array([1.0, 2.0, 0.5])}


def by_global(w):
    return SCALE * np.sum(TABLE["weights"] * w ** TABLE["power"])


class Model:
    """Parameters come in, and stay as attributes."""

    penalty = 0.1

    def __init__(self, bias):
        self.bias, self.w = bias, None

    def loss(self, w):
        self.w = w
        return self.data() + self.penalty * np.sum(self.w**2)

    def data(self):
        return np.sum((X @ self.w + self.bias - Y) ** 2)

    def gradient(self, w, penalty=None):
        p = self.penalty if penalty is None else penalty
        return 2 * X.T @ (X @ w + self.bias - Y) + 2 * p * w

    def __call__(self, w):
        return self.loss(w)


def logged(function):
    calls = []

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        calls.append(1)
        return function(*args, **kwargs)

    return wrapper


@logged
def decorated(w):
    return np.sum(np.tanh(w))


def powered(w, p):
    return np.sum(np.abs(w) ** p)


@functools.lru_cache(maxsize=4)
def coefficients(n):
    return tuple(math.comb(n, k) for k in range(n + 1))


def bernstein(w):
    c = coefficients(4)
    return sum(c[k] * np.sum(w**k * (1 - w) ** (4 - k)) * (k + 1) for k in range(5))


def d_bernstein(w, cut=5):
    c = coefficients(4)
    return sum(
        c[k]
        * (k + 1)
        * (k * w ** max(k - 1, 0) * (1 - w) ** (4 - k) - (4 - k) * w**k * (1 - w) ** max(3 - k, 0))
        for k in range(cut)
    )


def newton(a):
    t = 1.0 + 0 * a
    for _ in range(40):
        t = t - (t**3 + t - a) / (3 * t**2 + 1)
    return t


def until(a):
    # stops when it stands still: the number of steps depends on the value
    t = 1.0 + 0 * a
    for _ in range(200):
        step = (t**3 + t - a) / (3 * t**2 + 1)
        t = t - step
        if abs(float(step)) < 1e-17 * (1 + abs(float(t))) or float(step) == 0:
            break
    return t


def diffused(u):
    for _ in range(12):
        u = u + 0.2 * (np.roll(u, 1) - 2 * u + np.roll(u, -1))
    return u


def adjoint(d, c=0.2, n=12):
    for _ in range(n):
        d = d + c * (np.roll(d, 1) - 2 * d + np.roll(d, -1))
    return d


def leapfrog(q, n=10, dt=0.1):
    p = 0 * q
    for _ in range(n):
        p = p - dt * np.sin(q)
        q = q + dt * p
    return q, p


def d_leapfrog(q, n=10, dt=0.1, kick=True):
    qs, p = [], 0 * q
    for _ in range(n):
        qs.append(q)
        p = p - dt * np.sin(q)
        q = q + dt * p
    dq, dp = 2 * q, 0 * q
    for q in reversed(qs):
        dp = dp + dt * dq
        if kick:
            dq = dq - dt * np.cos(q) * dp
    return dq


def cases():
    w = {"w": R(3)}
    yield from family(
        "globals and a table",
        by_global,
        w,
        lambda w: SCALE * 3 * TABLE["weights"] * w**2,
        {
            "scale forgotten": lambda w: 3 * TABLE["weights"] * w**2,
            "power not in the exponent": lambda w: SCALE * 3 * TABLE["weights"] * w**3,
        },
    )
    model = Model(0.3)
    yield from family(
        "a model's method",
        model.loss,
        w,
        model.gradient,
        {
            "penalty forgotten": lambda w: model.gradient(w, 0.0),
            "bias forgotten": lambda w: 2 * X.T @ (X @ w - Y) + 0.2 * w,
        },
    )
    yield Case("a model that is called", Model(0.1), Model(0.1).gradient, w)
    yield Case("two models of other bias", Model(0.1), Model(0.2).gradient, w, mistake="bias")
    yield from family(
        "a decorated loss",
        decorated,
        w,
        logged(lambda w: 1 - np.tanh(w) ** 2),
        {"1 + a²": logged(lambda w: 1 + np.tanh(w) ** 2)},
    )
    yield from family(
        "functools.partial",
        functools.partial(powered, p=3),
        w,
        lambda w: 3 * np.abs(w) ** 2 * np.sign(w),
        {"p of another partial": lambda w: 2 * np.abs(w) * np.sign(w)},
    )
    for factor in (1.0, 2.0):
        hidden = R((6, 3))
        yield Case(
            f"matrix in a closure, × {factor}",
            lambda w, A=hidden: np.sum(np.exp(A @ w / 3)),
            lambda w, A=hidden, f=factor: f * A.T @ np.exp(A @ w / 3) / 3,
            w,
            mistake="" if factor == 1 else "2",
        )
    yield from family(
        "late binding in a loop",
        lambda w: sum(f(w) for f in [lambda w, k=k: k * np.sum(w**k) for k in (1, 2, 3)]),
        w,
        lambda w: 1 + 4 * w + 9 * w**2,
        {"all bound to the last": lambda w: 27 * w**2},
    )
    yield from family(
        "Bernstein polynomials, cached coefficients",
        bernstein,
        {"w": np.array([0.2, 0.5, 0.7])},
        d_bernstein,
        {"last term lost": lambda w: d_bernstein(w, 4)},
    )
    yield from family(
        "Newton, 40 steps",
        lambda a: np.sum(newton(a) ** 2),
        {"a": 2 * R(3)},
        lambda a: 2 * newton(a) / (3 * newton(a) ** 2 + 1),
        {
            "implicit derivative inverted": lambda a: 2 * newton(a) * (3 * newton(a) ** 2 + 1),
            "last step only": lambda a: 2 * newton(a) / (3 * newton(a) ** 2 + 2),
        },
    )
    yield from family(
        "Newton until it stands still",
        lambda a: until(a) ** 2,
        {"a": np.array(1.7)},
        lambda a: 2 * until(a) / (3 * until(a) ** 2 + 1),
        {"factor": lambda a: until(a) / (3 * until(a) ** 2 + 1)},
        exact=lambda a: newton(a) ** 2,
    )
    yield from family(
        "diffusion, 12 steps",
        lambda u: np.sum(diffused(u) ** 4),
        {"u": R(6)},
        lambda u: adjoint(4 * diffused(u) ** 3),
        {
            "11 steps": lambda u: adjoint(4 * diffused(u) ** 3, n=11),
            "rate 0.19": lambda u: adjoint(4 * diffused(u) ** 3, c=0.19),
        },
    )
    yield from family(
        "pendulum by leapfrog",
        lambda q: np.sum(leapfrog(q)[0] ** 2),
        {"q": R(3)},
        d_leapfrog,
        {
            "kick forgotten": lambda q: d_leapfrog(q, kick=False),
            "9 steps": lambda q: d_leapfrog(q, n=9),
        },
    )
    yield from family(
        "list comprehension over rows",
        lambda w: sum([float(y) * np.log1p(np.exp(x @ w)) for x, y in zip(X, Y, strict=True)]),
        w,
        lambda w: sum(y * x / (1 + np.exp(-x @ w)) for x, y in zip(X, Y, strict=True)),
        {
            "zip shifted": lambda w: sum(
                y * x / (1 + np.exp(-x @ w)) for x, y in zip(X[1:], Y, strict=False)
            )
        },
    )
    yield from family(
        "item assignment and views",
        assigned,
        w,
        lambda w: np.array([2 * w[0] + w[1], w[0], 9 * w[2] ** 2]),
        {"view forgotten": lambda w: np.array([2 * w[0], w[0], 9 * w[2] ** 2])},
    )
    yield from family(
        "in-place operators",
        inplace,
        w,
        lambda w: 2 * (3 * w + 1) * 3,
        {"after the last": lambda w: 2 * (3 * w + 1)},
    )
    yield from family(
        "recursion",
        lambda w: horner(w, 6),
        {"w": np.array(0.8)},
        lambda w: sum((k + 1) * k * w ** (k - 1) for k in range(1, 7)),
        {"one level less": lambda w: sum((k + 1) * k * w ** (k - 1) for k in range(1, 6))},
    )
    yield from family(
        "numpy.errstate, try and finally",
        guarded,
        {"w": np.abs(R(3)) + 0.2},
        lambda w: 1 / w,
        {"log2": lambda w: 1 / (w * np.log(2))},
        around=0.01,
    )
    yield from family(
        "string that picks the loss",
        lambda w, mode: np.sum(w**2) if mode == "l2" else np.sum(np.abs(w)),
        w,
        lambda w, mode: 2 * w if mode == "l2" else np.sign(w),
        {"other mode": lambda w, mode: np.sign(w) if mode == "l2" else 2 * w},
        data={"mode": "l2"},
    )
    yield from family(
        "dictionary comprehension over layers",
        layered,
        {"p": {"a": R((3, 3)), "b": R((3, 3)), "c": R((3, 3))}},
        lambda p: {"p": {k: 2 * v @ np.eye(3) + (k == "b") for k, v in p.items()}},
        {"b like the others": lambda p: {"p": {k: 2 * v for k, v in p.items()}}},
    )


def assigned(w):
    z = np.zeros(3, dtype=w.dtype) * w
    z[0] = w[0] ** 2
    v = z[1:]
    v[0] = w[0] * w[1]
    v[1:] = 3 * w[2] ** 3
    return z.sum()


def inplace(w):
    z = w.copy()
    z *= 3
    z += 1
    z **= 2
    return z.sum()


def horner(w, n, k=0):
    return (k + 1) + 0 * w if k == n else (k + 1) + w * horner(w, n, k + 1)


def guarded(w):
    try:
        with np.errstate(all="raise"):
            return np.sum(np.log(w))
    finally:
        pass


def layered(p):
    total = sum({k: np.sum(v**2) for k, v in p.items()}.values())
    return total + np.sum(p["b"])
