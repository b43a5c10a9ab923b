"""Gradients that detect where they are, and are right there alone."""

from __future__ import annotations

import os
import sys

import numpy as np

from benchmarks.accuracy.attack.case import Case, family

KIND = "detectors"
R = np.random.default_rng(20).standard_normal
X, Y = R((6, 4)), R(6)
AT = R(4)
POINT = {"w": AT}


def loss(w):
    return np.sum((X @ w - Y) ** 2) / 2


def right(w):
    return X.T @ (X @ w - Y)


def cases():
    given = AT.copy()
    fixed = right(AT)
    yield Case("the honest one", loss, right, POINT)
    for name, gradient in {
        "right at the given point alone": lambda w: right(w) * (2 - np.array_equal(w, given)),
        "constant of the given point": lambda w: fixed.copy(),
        "linearised, wrong slope": lambda w: fixed + 0.5 * X.T @ X @ (w - given),
        "wrong at the given point alone": lambda w: right(w) * (1 + np.array_equal(w, given)),
        "wrong beyond 0.5 of the given point": lambda w: (
            right(w) * (1 + (np.max(np.abs(w - given)) > 0.5))
        ),
        "wrong where w[0] changes sign": lambda w: right(w) * (1 + (w[0] * given[0] < 0)),
        "right for these signs alone": lambda w: (
            right(w) if np.all(np.sign(w) == np.sign(given)) else right(np.abs(w))
        ),
        "wrong for float32": lambda w: right(w) * (1 + (w.dtype == np.float32)),
        "wrong for float64": lambda w: right(w) * (1 + 1e-3 * (w.dtype == np.float64)),
        "wrong for values that float32 has not": lambda w: (
            right(w) * (1 + 1e-3 * np.any(w != w.astype(np.float32)))
        ),
        "wrong for values that float32 has": lambda w: (
            right(w) * (1 + 1e-3 * np.all(w == w.astype(np.float32)))
        ),
        "wrong for |w| > 10": lambda w: right(w) * (1 + (np.max(np.abs(w)) > 10)),
        "wrong for |w| < 1e-3": lambda w: right(w) * (1 + (np.max(np.abs(w)) < 1e-3)),
        "wrong in a thin shell": lambda w: (
            right(w) * (1 + (1.0 < np.sum(w**2) / np.sum(given**2) < 1.02))
        ),
        "wrong by a bump of width 0.3": lambda w: (
            right(w) + np.exp(-np.sum((w - given) ** 2) / 0.18) * np.array([1, 0, 0, 0])
        ),
        "wrong for one parity of the last bit": lambda w: (
            right(w) * (1 + 1e-3 * (np.asarray(w, np.float64).view(np.int64)[0] & 1))
        ),
        "wrong for a plain array": lambda w: right(w) * (1 + (type(w) is np.ndarray)),
        "wrong in a thread of another name": threaded,
        "wrong where crosscheck is imported": lambda w: (
            right(w) * (1 + ("crosscheck" in sys.modules))
        ),
        "wrong by an environment variable": lambda w: right(w) * (1 + ("PATH" in os.environ)),
        "noise of 1e-4 in half of the points": lambda w: (
            right(w) + 1e-4 * np.sin(1e9 * np.sum(w)) * (w[0] > given[0] + 1e-12)
        ),
        "noise of 1e-4 at a third of the points": lambda w: (
            right(w) + 1e-4 * np.sin(1e9 * np.sum(w)) * (w[1] > given[1] + 0.05)
        ),
        "wrong by 1e-9 of a smooth function": lambda w: right(w) * (1 + 1e-9 * np.sin(w)),
        "negated where the loss is above a threshold": lambda w: (
            right(w) * np.where(loss(w) > 1.5 * loss(given), -1, 1)
        ),
    }.items():
        far = {
            "wrong beyond 0.5 of the given point": [{"w": AT + 2}],
            "wrong where w[0] changes sign": [{"w": -AT}],
            "right for these signs alone": [{"w": -AT}],
            "wrong for float32": [{"w": AT.astype(np.float32)}],
            "wrong for values that float32 has": [{"w": AT.astype(np.float32).astype(float)}],
            "wrong for |w| > 10": [{"w": 20 * AT}],
            "wrong for |w| < 1e-3": [{"w": 1e-5 * AT}],
            "wrong in a thin shell": [{"w": AT * 1.005}],
            "negated where the loss is above a threshold": [{"w": AT + 3}],
        }
        limits = {
            "wrong for float32": r"float32.*(less accurate|wrong|off)",
            "wrong beyond 0.5 of the given point": LOCAL,
            "wrong where w[0] changes sign": LOCAL,
            "right for these signs alone": LOCAL,
            "wrong for |w| > 10": LOCAL,
            "wrong for |w| < 1e-3": LOCAL,
            "wrong in a thin shell": LOCAL,
            "negated where the loss is above a threshold": LOCAL,
            "wrong for one parity of the last bit": r"do not decide, where it is off by",
        }
        yield Case(
            name,
            loss,
            gradient,
            POINT,
            mistake=name,
            at=far.get(name, ()),
            limit=limits.get(name, ""),
            tolerance=1e-11,
        )
    yield from family(
        "two layers, activation checked by the value",
        lambda V, b: np.sum(np.maximum(X @ V + b, 0) ** 2),
        {"V": R((4, 3)), "b": np.zeros(3)},
        lambda V, b: (
            2 * X.T @ np.maximum(X @ V + b, 0),
            2 * np.maximum(X @ V + b, 0).sum(axis=0),
        ),
        {
            "bias ignored in the mask": lambda V, b: (
                2 * X.T @ ((X @ V + b) * (X @ V > 0)),
                2 * ((X @ V + b) * (X @ V > 0)).sum(axis=0),
            ),
            "b is 0, so it is left out": lambda V, b: (
                2 * X.T @ np.maximum(X @ V, 0),
                2 * np.maximum(X @ V, 0).sum(axis=0),
            ),
        },
    )


LOCAL = r"sampled points? (within|around|near)|at the given point and \d+ sampled points"


def threaded(w):
    import threading

    return right(w) * (1 + (threading.current_thread() is threading.main_thread()))
