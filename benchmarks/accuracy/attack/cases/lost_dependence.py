"""A loss reads a parameter in a way that no framework differentiates."""

from __future__ import annotations

import bisect
import math

import numpy as np

from benchmarks.accuracy.attack.case import family

KIND = "lost dependence"
R = np.random.default_rng(11).standard_normal
X, Y = R((6, 3)), R(6)


def secant_root(w):
    # t + exp(t) = w, by a search that only compares
    lo, hi = -40.0, 40.0
    for _ in range(90):
        m = (lo + hi) / 2
        if m + np.exp(m) < w:
            lo = m
        else:
            hi = m
    return lo


def golden(w):
    # argmin of (t - w)^2 + t^4/4 by ternary search on a grid of halves
    lo, hi = -5.0, 5.0
    step = 2.5
    t = 0.0
    for _ in range(80):
        slope = 2 * (t - w) + t**3
        t = t - step if slope > 0 else t + step
        step /= 2
    del lo, hi
    return t


def cubic(w):
    t = np.longdouble(0) + 0
    step = 4
    for _ in range(100):
        t = t - step if 2 * (t - w) + t**3 > 0 else t + step
        step = step / 2
    return t


def counted(w):
    # counts grid nodes below w: a quantile in steps of 1e-12
    n = 0
    for k in range(45, -1, -1):
        if (n + 2**k) * 2.0**-44 <= w:
            n += 2**k
    return n * 2.0**-44


MEMO: dict[str, float] = {}


def by_string(w):
    return float(f"{float(w):.13f}")


def by_key(w):
    key = repr(float(w))
    if key not in MEMO:
        MEMO[key] = float(key) ** 3
    return MEMO[key]


NODES = np.linspace(-4, 4, 80001)


def searched(w):
    return NODES[bisect.bisect_left(NODES.tolist(), float(w))]


def sorted_count(w):
    return np.searchsorted(NODES, w) * 1e-4 - 4


def cases():
    P = {"w": np.array(1.3), "v": R(3)}
    big = {"w": np.array(1.3), "v": 1e3 * R(3)}

    def dv(v):
        return X.T @ (X @ v - Y)

    def main(v):
        return np.sum((X @ v - Y) ** 2) / 2

    yield from family(
        "root of t + exp t",
        lambda w, v: secant_root(w) ** 2 + main(v),
        P,
        lambda w, v: (2 * secant_root(w) / (1 + np.exp(secant_root(w))), dv(v)),
        {"root taken as constant": lambda w, v: (0 * w, dv(v))},
    )
    yield from family(
        "root beside w itself",
        lambda w, v: w**3 + 1e-3 * secant_root(w) + main(v),
        P,
        lambda w, v: (3 * w**2 + 1e-3 / (1 + np.exp(secant_root(w))), dv(v)),
        {"small root forgotten": lambda w, v: (3 * w**2, dv(v))},
    )
    yield from family(
        "root 1e-6 of a large loss",
        lambda w, v: w**2 + 1e-6 * secant_root(w) + main(v),
        big,
        lambda w, v: (2 * w + 1e-6 / (1 + np.exp(secant_root(w))), dv(v)),
        {"tiny root forgotten": lambda w, v: (2 * w, dv(v))},
    )
    yield from family(
        "proximal operator by halving",
        lambda w, v: (w - golden(w)) ** 2 * 3 + main(v),
        P,
        lambda w, v: (6 * (w - golden(w)) * (1 - 2 / (2 + 3 * golden(w) ** 2)), dv(v)),
        {
            "envelope theorem misused": lambda w, v: (6 * (w - golden(w)), dv(v)),
        },
        exact=lambda w, v: (w - cubic(w)) ** 2 * 3 + main(v),
    )
    yield from family(
        "binary digits of w",
        lambda w, v: w**2 + counted(w) + main(v),
        P,
        lambda w, v: (2 * w + 1, dv(v)),
        {"digits forgotten": lambda w, v: (2 * w, dv(v))},
        exact=lambda w, v: w**2 + w + main(v),
    )
    yield from family(
        "formatted to 13 digits",
        lambda w, v: by_string(w) ** 2 + w + main(v),
        P,
        lambda w, v: (2 * w + 1, dv(v)),
        {"string forgotten": lambda w, v: (1 + 0 * w, dv(v))},
        exact=lambda w, v: w**2 + w + main(v),
        is_easy=False,
    )
    yield from family(
        "memo by repr",
        lambda w, v: by_key(w) + w + main(v),
        P,
        lambda w, v: (3 * w**2 + 1, dv(v)),
        {"memo forgotten": lambda w, v: (1 + 0 * w, dv(v))},
        exact=lambda w, v: w**3 + w + main(v),
        is_easy=False,
    )
    yield from family(
        "np.round to 12 places",
        lambda w, v: np.round(w, 12) ** 2 + w + main(v),
        P,
        lambda w, v: (2 * w + 1, dv(v)),
        {"rounding differentiated as 0": lambda w, v: (1 + 0 * w, dv(v))},
        exact=lambda w, v: w**2 + w + main(v),
        is_easy=False,
    )
    yield from family(
        "fixed point through int",
        lambda w, v: int(w * 2**40) / 2**40 * w + main(v),
        P,
        lambda w, v: (2 * w, dv(v)),
        {"int as constant": lambda w, v: (int(w * 2**40) / 2**40 + 0 * w, dv(v))},
        exact=lambda w, v: w**2 + main(v),
        is_easy=False,
    )
    yield from family(
        "np.floor of w·2⁴⁰",
        lambda w, v: np.floor(w * 2**40) / 2**40 * w + main(v),
        P,
        lambda w, v: (2 * w, dv(v)),
        {"floor as constant": lambda w, v: (np.floor(w * 2**40) / 2**40, dv(v))},
        exact=lambda w, v: w**2 + main(v),
        is_easy=False,
    )
    yield from family(
        "astype(int64) fixed point in an array",
        lambda v: np.sum((v * 2.0**45).astype(np.int64) * 2.0**-45 * v),
        {"v": R(4)},
        lambda v: 2 * v,
        {"one factor": lambda v: v},
        exact=lambda v: np.sum(v * v),
        is_easy=False,
    )
    yield from family(
        "searchsorted, a staircase of 1e-4",
        lambda w, v: (sorted_count(w) + 0.5) ** 2 + w * w + main(v),
        P,
        lambda w, v: (2 * w, dv(v)),
        {"sign": lambda w, v: (-2 * w, dv(v))},
        exact=lambda w, v: w * w + main(v),
        is_easy=False,
    )
    yield from family(
        "np.interp in a table of sin",
        lambda w: np.sum(np.interp(w, NODES[::8000], np.sin(NODES[::8000])) * w),
        {"w": R(5)},
        lambda w: (
            np.interp(w, NODES[::8000], np.sin(NODES[::8000]))
            + w * np.diff(np.sin(NODES[::8000]))[(np.floor((w + 4) / 0.8)).astype(int)] / 0.8
        ),
        {
            "cos instead of the table's slope": lambda w: (
                np.interp(w, NODES[::8000], np.sin(NODES[::8000])) + w * np.cos(w)
            )
        },
        exact=lambda w: np.sum(
            [
                np.sin(NODES[::8000])[k] * t
                + (t - NODES[::8000][k]) * np.diff(np.sin(NODES[::8000]))[k] / 0.8 * t
                for t in w
                for k in [int(np.floor((t + 4) / 0.8))]
            ]
        ),
    )
    yield from family(
        "math.floor picks a polynomial",
        lambda w: (w - math.floor(w)) ** 2 + math.floor(w) * w,
        {"w": np.array(2.4)},
        lambda w: 2 * (w - math.floor(w)) + math.floor(w),
        {
            "floor counted as w": lambda w: 2 * (w - math.floor(w)) + math.floor(w) + w,
            "modulo taken as constant": lambda w: math.floor(w) + 0 * w,
        },
    )
    yield from family(
        "share of a grid below w, a staircase",
        lambda w, v: np.sum(np.arange(4096) / 4096 < w) / 4096 * 2 + w * w + main(v),
        {"w": np.array(0.43), "v": R(3)},
        lambda w, v: (2 * w, dv(v)),
        {"factor": lambda w, v: (w, dv(v))},
        scale=1e-5,
        is_easy=False,
    )
    yield from family(
        "np.mod wraps an angle",
        lambda w: np.sum(np.sin(np.mod(w, 2 * np.pi)) ** 3),
        {"w": 9 * R(4)},
        lambda w: 3 * np.sin(w) ** 2 * np.cos(w),
        {"sign": lambda w: -3 * np.sin(w) ** 2 * np.cos(w)},
    )
    yield from family(
        "frexp splits exponent",
        lambda w: np.sum(np.ldexp(*np.frexp(w)) ** 2),
        {"w": np.abs(R(4)) + 0.3},
        lambda w: 2 * w,
        {"half": lambda w: w},
        exact=lambda w: np.sum(w**2),
        is_easy=False,
    )
    yield from family(
        "float(w) ** 2 kept as a constant in half the loss",
        lambda w, v: w * float(w) + main(v),
        P,
        lambda w, v: (2 * w, dv(v)),
        {"one factor only": lambda w, v: (w, dv(v))},
        is_easy=False,
    )
    yield from family(
        "while loop counts steps of size 2⁻²⁰",
        lambda w, v: steps(w) * 2.0**-20 * 3 + w * w + main(v),
        {"w": np.array(0.3), "v": R(3)},
        None,
        {"steps forgotten": lambda w, v: (2 * w, dv(v))},
        exact=lambda w, v: 3 * w + w * w + main(v),
        around=0,
        tolerance=1e-4,
    )


def steps(w):
    n, size = 0, 2**22
    while size:
        if (n + size) * 2.0**-20 <= w:
            n += size
        size //= 2
    return n
