"""Branches rarely taken, and thresholds that are slightly off."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.attack.case import family

KIND = "branches and thresholds"
R = np.random.default_rng(12).standard_normal
X, Y = R((8, 3)), R(8)
NEVER = r"never|uncovered"


def cases():
    w = {"w": R(3)}
    r = lambda w: X @ w - Y  # noqa: E731

    def huber(d):
        return lambda w: np.sum(
            np.where(np.abs(r(w)) <= d, r(w) ** 2 / 2, d * (np.abs(r(w)) - d / 2))
        )

    def dhuber(d):
        return lambda w: X.T @ np.clip(r(w), -d, d)

    for d in (0.5, 1.0, 2.5):
        yield from family(
            f"Huber {d}",
            huber(d),
            w,
            dhuber(d),
            {
                "threshold 5% off": dhuber(1.05 * d),
                "threshold 1% off": dhuber(1.01 * d),
                "quadratic everywhere": lambda w: X.T @ r(w),
                "linear part without δ": lambda w, d=d: (
                    X.T @ np.where(np.abs(r(w)) <= d, r(w), np.sign(r(w)))
                    if d != 1
                    else 0.99 * X.T @ np.clip(r(w), -1, 1)
                ),
            },
            at=[{"w": 3 * R(3)}, {"w": R(3)}],
            limit=NEVER,
        )
    for c in (12.0, 40.0):
        yield from family(
            f"Huber {c}: the linear part is far away",
            huber(c),
            w,
            dhuber(c),
            {"linear part forgotten": lambda w: X.T @ r(w)},
            at=[{"w": 60 * R(3)}],
            limit=NEVER,
        )
    yield from family(
        "relu6",
        lambda w: np.sum(np.minimum(np.maximum(5 * (X @ w), 0), 6) ** 2),
        w,
        lambda w: 10 * X.T @ (5 * (X @ w) * ((X @ w > 0) & (5 * (X @ w) < 6))),
        {
            "upper bound forgotten": lambda w: 10 * X.T @ (5 * (X @ w) * (X @ w > 0)),
            "upper bound 6.2": lambda w: (
                10 * X.T @ (5 * (X @ w) * ((X @ w > 0) & (5 * (X @ w) < 6.2)))
            ),
            "lower bound forgotten": lambda w: 10 * X.T @ (5 * (X @ w) * (5 * (X @ w) < 6)),
        },
        at=[{"w": R(3)} for _ in range(30)],
        limit=NEVER,
    )
    yield from family(
        "hinge",
        lambda w: np.sum(np.maximum(0, 1 - np.sign(Y) * (X @ w))),
        w,
        lambda w: -X.T @ (np.sign(Y) * (np.sign(Y) * (X @ w) < 1)),
        {
            "margin 0.97": lambda w: -X.T @ (np.sign(Y) * (np.sign(Y) * (X @ w) < 0.97)),
            "margin 0": lambda w: -X.T @ (np.sign(Y) * (np.sign(Y) * (X @ w) < 0)),
            "no margin": lambda w: -X.T @ np.sign(Y),
        },
        at=[{"w": R(3)} for _ in range(60)],
    )
    yield from family(
        "ELU with α = 0.7",
        lambda z: np.sum(np.where(z > 0, z, 0.7 * (np.exp(np.minimum(z, 0)) - 1)) * Y),
        {"z": R(8)},
        lambda z: np.where(z > 0, 1, 0.7 * np.exp(np.minimum(z, 0))) * Y,
        {
            "output + 1 for + α": lambda z: (
                np.where(z > 0, 1, 0.7 * np.expm1(np.minimum(z, 0)) + 1) * Y
            )
        },
    )
    yield from family(
        "ELU on positive inputs",
        lambda z: np.sum(np.where(z > 0, z, 0.7 * np.expm1(np.minimum(z, 0))) ** 2),
        {"z": np.abs(R(5)) + 3},
        lambda z: (
            2
            * np.where(z > 0, z, 0.7 * np.expm1(np.minimum(z, 0)))
            * np.where(z > 0, 1, 0.7 * np.exp(np.minimum(z, 0)))
        ),
        {"negative branch forgotten": lambda z: 2 * z},
        at=[{"z": -np.abs(R(5))}],
        limit=NEVER,
    )
    yield from family(
        "leaky ReLU",
        lambda z: np.sum(np.where(z > 0, z, 0.01 * z) * Y),
        {"z": R(8)},
        lambda z: np.where(z > 0, 1, 0.01) * Y,
        {
            "slope 0": lambda z: (z > 0) * Y,
            "slope 0.02": lambda z: np.where(z > 0, 1, 0.02) * Y,
            "switch at 0.01": lambda z: np.where(z > 0.01, 1, 0.01) * Y,
        },
        at=[{"z": 0.005 * np.ones(8)}],
    )
    yield from family(
        "early exit",
        early,
        {"w": np.array([0.4, 0.2])},
        dearly,
        {"exit forgotten": lambda w: 2 * w},
        at=[{"w": np.array([5.0, 6.0])}],
        limit=NEVER,
    )
    yield from family(
        "guard for small norm",
        lambda w: np.sum(w) / np.sqrt(np.sum(w**2)) if np.sum(w**2) > 1e-3 else np.sum(w) * 31,
        w,
        lambda w: (
            1 / np.sqrt(np.sum(w**2)) - np.sum(w) * w / np.sum(w**2) ** 1.5
            if np.sum(w**2) > 1e-3
            else 31 + 0 * w
        ),
        {
            "guard forgotten": lambda w: (
                1 / np.sqrt(np.sum(w**2)) - np.sum(w) * w / np.sum(w**2) ** 1.5
            )
        },
        at=[{"w": 1e-3 * R(3)}],
        limit=NEVER,
    )
    yield from family(
        "norm clip far away",
        lambda w: np.sum((w * np.minimum(1, 50 / np.sqrt(np.sum(w**2)))) ** 3),
        w,
        dclipped,
        {"clip forgotten": lambda w: 3 * w**2},
        at=[{"w": 90 * R(3)}],
        limit=NEVER,
    )
    yield from family(
        "mask of data",
        lambda w: np.sum(np.where(Y > 0.2, r(w) ** 2, 0)),
        w,
        lambda w: 2 * X.T @ (r(w) * (Y > 0.2)),
        {"mask of 0 for 0.2": lambda w: 2 * X.T @ (r(w) * (Y > -0.9))},
    )
    yield from family(
        "top 3 of the errors",
        lambda w: np.sum(np.sort(r(w) ** 2)[-3:]),
        w,
        lambda w: sum(2 * r(w)[i] * X[i] for i in np.argsort(r(w) ** 2)[-3:]),
        {
            "top 2": lambda w: sum(2 * r(w)[i] * X[i] for i in np.argsort(r(w) ** 2)[-2:]),
            "order of the given point": lambda w, o=np.argsort(r(w["w"]) ** 2)[-3:]: sum(
                2 * r(w)[i] * X[i] for i in o
            ),
        },
        at=[{"w": R(3)} for _ in range(9)],
    )
    yield from family(
        "median of the errors",
        lambda w: np.median(r(w)[:7] ** 2),
        w,
        lambda w: 2 * r(w)[np.argsort(r(w)[:7] ** 2)[3]] * X[np.argsort(r(w)[:7] ** 2)[3]],
        {
            "mean": lambda w: 2 * X[:7].T @ r(w)[:7] / 7,
            "neighbour": lambda w: (
                2 * r(w)[np.argsort(r(w)[:7] ** 2)[4]] * X[np.argsort(r(w)[:7] ** 2)[4]]
            ),
        },
    )
    yield from family(
        "max pool of two",
        lambda z: np.sum(np.maximum(z[::2], z[1::2]) * Y[:4]),
        {"z": R(8)},
        lambda z: np.stack([z[::2] > z[1::2], z[1::2] > z[::2]], 1).ravel() * np.repeat(Y[:4], 2),
        {
            "always the first": lambda z: np.tile([1.0, 0.0], 4) * np.repeat(Y[:4], 2),
            "shared": lambda z: 0.5 * np.repeat(Y[:4], 2),
        },
        at=[{"z": R(8)} for _ in range(6)],
    )
    yield from family(
        "max where the first wins by far",
        lambda z: np.max(z) ** 2,
        {"z": np.array([100.0, 0.1, 0.2])},
        lambda z: 2 * np.max(z) * (z == np.max(z)),
        {"always the first": lambda z: np.array([2 * z[0], 0, 0])},
        at=[{"z": np.array([1.0, 2.0, 3.0])}],
        limit=NEVER + "|sort|max",
    )
    yield from family(
        "soft threshold",
        lambda z: np.sum((np.sign(z) * np.maximum(np.abs(z) - 0.3, 0)) ** 2),
        {"z": R(9)},
        lambda z: 2 * np.sign(z) * np.maximum(np.abs(z) - 0.3, 0),
        {
            "threshold forgotten": lambda z: 2 * z,
            "0.31 for 0.3": lambda z: (
                2 * np.sign(z) * np.maximum(np.abs(z) - 0.3, 0) * (np.abs(z) > 0.31)
            ),
        },
        at=[{"z": np.full(9, 0.305)}],
    )
    yield from family(
        "smooth step",
        lambda t: np.sum(np.where(t < 0, 0, np.where(t > 1, 1, 3 * t**2 - 2 * t**3)) * Y),
        {"t": 0.5 + 0.6 * R(8)},
        lambda t: np.where((t < 0) | (t > 1), 0, 6 * t - 6 * t**2) * Y,
        {"no ends": lambda t: (6 * t - 6 * t**2) * Y},
    )
    yield from family(
        "clip of a logarithm",
        lambda p: -np.sum(np.log(np.clip(p, 1e-7, 1 - 1e-7))),
        {"p": np.array([0.2, 0.5, 0.9])},
        lambda p: -np.where((p > 1e-7) & (p < 1 - 1e-7), 1 / np.clip(p, 1e-7, 1), 0),
        {"clip forgotten": lambda p: -1 / p},
        at=[{"p": np.array([0.5, 1.2, 0.3])}],
        limit=r"between 0 and 1|never|uncovered|clip",
    )
    yield from family(
        "quantile loss",
        lambda w: np.sum(np.maximum(0.9 * r(w), -0.1 * r(w))),
        w,
        lambda w: X.T @ np.where(r(w) > 0, 0.9, -0.1),
        {
            "0.1 and 0.9 exchanged": lambda w: X.T @ np.where(r(w) > 0, 0.1, -0.9),
            "threshold 0.02": lambda w: X.T @ np.where(r(w) > 0.02, 0.9, -0.1),
        },
        at=[{"w": w["w"] + 0.02 * R(3)} for _ in range(80)],
    )
    yield from family(
        "three-way branch in Python",
        threeway,
        {"w": np.array(0.2)},
        lambda w: 2 * w if abs(w) < 1 else (2.0 if w > 0 else -3.0) + 0 * w,
        {
            "left branch as right one": lambda w: (
                2 * w if abs(w) < 1 else (2.0 if w > 0 else -2.0) + 0 * w
            )
        },
        at=[{"w": np.array(-3.0)}, {"w": np.array(3.0)}],
        limit=NEVER,
    )


def early(w):
    s = np.sum(w**2)
    if s > 9:
        return 9 + 0.1 * (s - 9)
    return s


def dearly(w):
    return 2 * w if np.sum(w**2) <= 9 else 0.2 * w


def threeway(w):
    if abs(w) < 1:
        return w**2
    return 2 * w - 1 if w > 0 else -3 * w - 2


def dclipped(w):
    n = np.sqrt(np.sum(w**2))
    if n <= 50:
        return 3 * w**2
    d = 3 * (w * 50 / n) ** 2
    return 50 / n * (d - w * np.sum(w * d) / n**2)
