"""Dtypes, shapes, broadcasts, containers."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.attack.case import family

KIND = "dtypes and shapes"
R = np.random.default_rng(17).standard_normal
X, Y = R((6, 3)), R(6)
MASK = np.array([1, 0, 1, 1, 0])


def cases():
    x = {"x": R(5) + 0.4}
    yield from family(
        "integer mask as gradient",
        lambda x: np.sum(x * MASK),
        x,
        lambda x: MASK,
        {"inverse mask": lambda x: 1 - MASK},
    )
    yield from family(
        "boolean mask as gradient",
        lambda x: np.sum(np.maximum(x, 0)),
        x,
        lambda x: x > 0,
        {"x ≥ −0.1": lambda x: x > -0.1, "negated": lambda x: x < 0},
        at=[{"x": np.full(5, -0.05)}],
    )
    yield from family(
        "object array",
        lambda x: np.sum(x**2),
        x,
        lambda x: np.array([2 * float(v) for v in x], dtype=object),
        {"one": lambda x: np.array([float(v) for v in x], dtype=object)},
        is_easy=False,
    )
    yield from family(
        "longdouble result",
        lambda x: np.sum(np.exp(x)),
        x,
        lambda x: np.exp(x.astype(np.longdouble)),
        {"×(1 + 1e-8)": lambda x: np.exp(x.astype(np.longdouble)) * (1 + 1e-8)},
        tolerance=1e-11,
    )
    yield from family(
        "complex result without imaginary part",
        lambda x: np.sum(np.exp(x)),
        x,
        lambda x: np.real(np.exp(x + 0j)),
        {"imaginary part": lambda x: np.imag(np.exp(1j * x))},
    )
    yield from family(
        "0-d parameter",
        lambda x: np.sin(x) * x,
        {"x": np.array(0.7)},
        lambda x: np.sin(x) + x * np.cos(x),
        {"product rule": lambda x: np.cos(x)},
    )
    yield from family(
        "0-d parameter, gradient a Python float",
        lambda x: np.sin(x) * x,
        {"x": np.array(0.7)},
        lambda x: float(np.sin(x) + x * np.cos(x)),
        {"sign": lambda x: float(np.sin(x) - x * np.cos(x))},
    )
    yield from family(
        "one entry of shape (1,)",
        lambda x: (x**3)[0],
        {"x": np.array([0.7])},
        lambda x: 3 * x**2,
        {"shape ()": lambda x: 3 * x[0] ** 2, "shape (1, 1)": lambda x: 3 * x[:, None] ** 2},
    )
    yield from family(
        "a row for a column",
        lambda x: np.sum(x**2),
        {"x": R((4, 1))},
        lambda x: 2 * x,
        {"row": lambda x: 2 * x.T, "flat": lambda x: 2 * x.ravel()},
    )
    yield from family(
        "y of shape (N, 1) against (N,): a silent outer difference",
        lambda w, X, y: np.mean((X @ w - y) ** 2),
        {"w": R(3)},
        lambda w, X, y: (2 / 36) * X.T @ np.sum(X @ w - y, axis=0),
        {"as if not broadcast": lambda w, X, y: (2 / 6) * X.T @ (X @ w - y[:, 0])},
        data={"X": X, "y": Y[:, None]},
    )
    yield from family(
        "bias broadcast over three axes",
        lambda b: np.sum(np.tanh(Z4 + b) * C4),
        {"b": R((1, 3, 1))},
        lambda b: np.sum(C4 / np.cosh(Z4 + b) ** 2, axis=(0, 2), keepdims=True),
        {
            "one axis not summed, meaned": lambda b: np.mean(
                np.sum(C4 / np.cosh(Z4 + b) ** 2, axis=0, keepdims=True), axis=2, keepdims=True
            ),
            "axes summed without keepdims": lambda b: np.sum(
                C4 / np.cosh(Z4 + b) ** 2, axis=(0, 2)
            ),
        },
    )
    yield from family(
        "scalar broadcast over a matrix",
        lambda s: np.sum((s * X - 1) ** 2),
        {"s": np.array(0.4)},
        lambda s: np.sum(2 * X * (s * X - 1)),
        {"mean": lambda s: np.mean(2 * X * (s * X - 1))},
    )
    yield from family(
        "Fortran-ordered parameter",
        lambda W: np.sum(np.sin(W) * FC),
        {"W": np.asfortranarray(R((3, 4)))},
        lambda W: np.cos(W) * FC,
        {"read in memory order": lambda W: (np.cos(W) * FC).ravel(order="F").reshape(3, 4)},
    )
    yield from family(
        "negative strides",
        lambda W: np.sum(W * np.arange(5)),
        {"W": R(5)[::-1]},
        lambda W: np.arange(5.0),
        {"reversed": lambda W: np.arange(5.0)[::-1]},
    )
    yield from family(
        "gradient as a view that is broadcast",
        lambda x: 3 * np.sum(x),
        {"x": R((3, 4))},
        lambda x: np.broadcast_to(3.0, (3, 4)),
        {"1": lambda x: np.broadcast_to(1.0, (3, 4))},
    )
    yield from family(
        "indices with repetition",
        lambda E: np.sum(E[IDX] * CI),
        {"E": R((4, 2))},
        gathered,
        {"+= with repeated indices": lost},
    )
    yield from family(
        "batch of one",
        lambda w: np.mean((X[:1] @ w - Y[:1]) ** 2),
        {"w": R(3)},
        lambda w: 2 * X[:1].T @ (X[:1] @ w - Y[:1]),
        {"N of another batch": lambda w: 2 * X[:1].T @ (X[:1] @ w - Y[:1]) / 6},
    )
    yield from family(
        "absent class",
        lambda W, l: -np.mean(np.log(soft(X @ W)[np.arange(6), l])),
        {"W": R((3, 4))},
        lambda W, l: X.T @ (soft(X @ W) - np.eye(4)[l]) / 6,
        {
            "class 3 not counted": lambda W, l: (
                X.T @ ((soft(X @ W) - np.eye(4)[l]) * (np.arange(4) < 3)) / 6
            )
        },
        data={"l": np.array([0, 1, 2, 0, 1, 2])},
    )
    yield from family(
        "nested parameters",
        lambda p: np.sum(np.tanh(X @ p["W"] + p["b"][0]) ** 2),
        {"p": {"W": R((3, 2)), "b": [R(2)]}},
        nested,
        {
            "bias in a list halved": lambda p: {
                "p": {**nested(p)["p"], "b": [nested(p)["p"]["b"][0] / 2]}
            }
        },
    )
    yield from family(
        "einsum over four indices",
        lambda T: np.einsum("ijk,kl,lj->i", T, EA, EB) @ EC,
        {"T": R((2, 3, 4))},
        lambda T: np.einsum("i,kl,lj->ijk", EC, EA, EB),
        {"two axes exchanged": lambda T: np.einsum("i,kl,lj->ikj", EC, EA, EB).reshape(2, 3, 4)},
    )
    yield from family(
        "cumulative sums",
        lambda x: np.sum(np.cumsum(x) ** 2),
        x,
        lambda x: 2 * np.cumsum(np.cumsum(x)[::-1])[::-1],
        {"forwards": lambda x: 2 * np.cumsum(np.cumsum(x))},
    )
    yield from family(
        "circular convolution",
        lambda x: np.sum(np.roll(x, 1) * x * MASK),
        x,
        lambda x: np.roll(x, 1) * MASK + np.roll(x * MASK, -1),
        {"rolled the wrong way": lambda x: np.roll(x, 1) * MASK + np.roll(x * MASK, 1)},
    )
    yield from family(
        "padding",
        lambda x: np.sum(np.pad(x, 2, mode="edge") ** 2),
        x,
        lambda x: 2 * x * np.array([3, 1, 1, 1, 3]),
        {"edges counted once": lambda x: 2 * x},
    )
    yield from family(
        "Kronecker product",
        lambda x: np.sum(np.kron(x, [1.0, -2.0]) ** 2),
        x,
        lambda x: 10 * x,
        {"−2 not squared": lambda x: -2 * x},
    )
    yield from family(
        "names with Greek letters and a keyword-like name",
        lambda λ, in_: np.sum(λ * in_**2),
        {"λ": R(3), "in_": R(3)},
        lambda λ, in_: {"in_": 2 * λ * in_, "λ": in_**2},
        {"exchanged": lambda λ, in_: {"λ": 2 * λ * in_, "in_": in_**2}},
    )


Z4, C4 = R((4, 3, 5)), R((4, 3, 5))
FC = R((3, 4))
IDX, CI = np.array([0, 2, 2, 3, 0, 2]), R((6, 2))
EA, EB, EC = R((4, 5)), R((5, 3)), R(2)


def soft(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def gathered(E):
    g = np.zeros_like(E)
    np.add.at(g, IDX, CI)
    return g


def lost(E):
    g = np.zeros_like(E)
    g[IDX] += CI
    return g


def nested(p):
    a = np.tanh(X @ p["W"] + p["b"][0])
    d = 2 * a * (1 - a**2)
    return {"p": {"W": X.T @ d, "b": [d.sum(axis=0)]}}
