"""Arrays that are written into, views, and control by values."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import array, full, ones, zeros

from tests.tracing.layers import sigmoid

MAPPING = {"x": 2.0}
NOTHING: Any = None


def assignment(a: Any) -> Any:
    """Elements, rows, columns, a step, an ellipsis."""
    out = zeros((4, 4))
    out[0, 0] = a[1, 2] ** 2
    out[1] = a[:1]
    out[2:, ::2] = a[1:, 1:3]
    out[..., -1] = 2 * a[0]
    return np.sum(out * np.arange(16).reshape(4, 4))


def assignment_by_mask(a: Any, mask: Any) -> Any:
    """A mask, an index array, both at once."""
    out = np.ones(a.shape)
    out[mask] = a[mask] ** 2
    out[[0, 2], 1] = a[0, :2]
    out[1, a[1] > 0.5] *= 3 * a[0, 0]
    return np.sum(out**2)


def repeated_index(u: Any) -> Any:
    """Of two values for one place the last stays."""
    out = np.zeros(3)
    out[[0, 1, 0, 2, 1]] = u
    return np.sum(out * [1.0, 2.0, 3.0])


def overlapping_assignment(u: Any) -> Any:
    """A shift inside one array."""
    w = u.copy()
    w[1:] = w[:-1]
    w[:2] += w[3:]
    return np.sum(w * np.arange(1, 6))


def views_write_through(a: Any) -> Any:
    """Rows, transposes, reshapes and reversed views of one memory."""
    base = np.zeros((3, 4))
    row, turned, flat, back = base[1], base.T, base.reshape(-1), base[::-1]
    row[:] = a[0]
    turned[2] += a[:, 1]
    flat[::5] *= 2 * a[0, 0]
    flat[3] = a[2, 3]
    back[0] -= a[1]
    return np.sum(base**2) + np.sum(row * turned[:, 1])


def fortran_order(a: Any) -> Any:
    """A result in the other memory order: its reshape is a copy."""
    y = np.exp(a.T)
    z = y.reshape(-1)
    z[0] = 0.0
    w = y.T.reshape(-1)
    w[1] = 5.0 * a[0, 0]
    return np.sum(y**2 * np.arange(12).reshape(4, 3)) + np.sum(z)


def in_place_operators(a: Any, b: Any) -> Any:
    """All of them, on an array that a view shows."""
    x = a * 1.0
    shown = x[:2]
    x += b
    x -= 0.5
    x *= b
    x /= 2 + a
    x **= 2
    x %= 0.7
    x[0] @= np.eye(4)
    return np.sum(x**2) + shown.sum()


def in_place_on_scalars(s: Any, u: Any) -> Any:
    """A number is not shared: the other name keeps its value."""
    total = u[0]
    before = total
    total += s
    total *= u[1]
    total -= before**2
    return total / before + before


def nought_dimensional(u: Any) -> Any:
    """An array without dimensions is shared."""
    total = np.array(0.0)
    same = total
    for x in u:
        total += x**2
        total[...] = total * x
    return same


def out_argument(a: Any, b: Any) -> Any:
    """`out=` by name and by position, of ufuncs and other functions."""
    x, y = np.empty((3, 4)), np.empty((4, 4))
    np.multiply(a, b, out=x)
    np.add(x, 1.0, x)
    np.dot(x.T, b, out=y)
    total = np.sum(y, axis=0, out=np.zeros(4))
    np.matmul(a, y, out=x)
    np.mean(a, 1, None, x[:, 0])
    fraction, whole = np.modf(3 * a, out=(np.zeros((3, 4)), NOTHING))
    return np.sum(x**2) + total[1] + np.sum(fraction * whole)


def add_at(a: Any, u: Any, words: Any) -> Any:
    """Repeated places add up, multiply, subtract."""
    sums = np.zeros((6, 4))
    np.add.at(sums, words, np.vstack([a, a[:1]]))
    np.subtract.at(sums, (words, 0), u[:4])
    np.multiply.at(sums, (words, 1), u[1:])
    np.add.at(sums[::2], 2, 1.0)
    return np.sum(sums**3)


def writers(a: Any, u: Any, mask: Any) -> Any:
    """NumPy's functions that write."""
    x, y, z = np.zeros((3, 4)), np.ones((3, 4)), a.copy()
    np.copyto(x, a, where=mask)
    np.put(x, [1, 5], u[:2])
    x.put([2], 7.0)
    np.fill_diagonal(y, u[0] ** 2)
    np.putmask(y, mask, 2 * a)
    np.place(z, mask, [0.5, 1.5])
    np.put_along_axis(z, np.argmax(z, axis=1)[:, None], u[0], axis=1)
    z[2].fill(u[3])
    x.sort(axis=1)
    return np.sum((x + y * z) ** 2)


def flat_iterator(a: Any) -> Any:
    """`.flat` as an index."""
    x = np.zeros((3, 4))
    x.flat[::3] = a.flat[2:6] ** 2
    return x.flat[3] * sum(value**2 for value in x.flat)


def arrays_from_lists(u: Any, s: Any) -> Any:
    """Nested lists of traced numbers."""
    matrix = np.array([[u[0], 1.0], [s, u[1] * u[2]]])
    vector = array((u[3], 2), dtype=float)
    rows = np.asarray([u, 2 * u])
    third = np.array(u, copy=True)
    third[0] = 0
    one = np.array([s * u[0]])
    return (
        (matrix @ vector).sum() * rows[1].sum()
        + np.asarray(u)[0]
        + third.sum()
        + (np.asanyarray(u, dtype=np.float64).max() * np.array(s) * one).sum()
        * np.array(u, ndmin=2)[0, 1]
    )


def lists_written(u: Any) -> Any:
    """Lists assigned to slices, grown and reduced."""
    x = zeros(5)
    x[:3] = [u[0], 1.0, u[1] * u[2]]
    grown = [v**2 for v in u]
    grown.append(sum(grown))
    return np.sum(x) * max(grown) * min(grown[:2]) + np.mean(grown) * np.sum(x**2)


def made_arrays(u: Any, s: Any) -> Any:
    """Everything that makes an array takes traced values."""
    made = [
        ones(5), full(5, s), np.full(5, 0.5), np.full((5,), fill_value=u), np.zeros_like(u),
        np.full_like(u, s), np.arange(5.0), np.linspace(0, 1, 5), np.eye(5)[0],
        np.copy(np.ones(5)), np.empty(5), np.tile(0.5, 5), np.ones_like([1.0] * 5),
        np.fromfunction(lambda i: i * s, (5,)), np.fromiter((v for v in u), dtype=float),
        np.random.default_rng(0).normal(size=5) * 1.0 + np.zeros(5),
    ]  # fmt: skip
    made[10][:] = 1.0
    for k, x in enumerate(made):
        x[k % 5] = u[k % 5] ** 2
    return sum(np.sum(x * np.arange(1, 6)) for x in made)


def branches(u: Any) -> Any:
    """`if`, `while`, comparisons and truth by value."""
    total = u[0]
    while total < 3.0:
        total = total * 1.7 + (u[1] if u[1] > u[2] else 2 * u[2])
    if not u.any() or 0.5 in u or (u == u[0]).sum() != 1:
        return 0.0 * total
    return total if u.sum() > 1 and bool(u[0]) else -total


def printing(u: Any, s: Any) -> Any:
    """Text of every kind, and numbers for a log."""
    h, log = np.zeros(5), []
    for t in range(5):
        h[t] = np.tanh(u[t] * s)
        print(t, h[t], f"{h[t]:.3f} {s:8.2e}", str(h), repr(h[t]), "%.2f" % h[t])
        log.append(float(h[t]))
        log.extend([h[t].item(), h.tolist()[0], int(10 * h[t]), round(h[t], 2), round(h[t])])
    assert isinstance(h, np.ndarray)
    assert isinstance(h[0], float)
    return np.sum(h**2)


def numbers_that_come_back(u: Any) -> Any:
    """A float that is used as it is keeps its gradient."""
    largest = float(np.max(u))
    first, *_ = u.tolist()
    second = np.array([u.item(1), u[2].item(), 1.0])
    return np.sum(np.exp(u - largest)) * first + np.sum(second**2) + float(u[3]) * u[4]


def copies(u: Any) -> Any:
    """Copies do not share."""
    x, y, z = copy.copy(u), copy.deepcopy([u])[0], u.copy()
    x[0], y[1], z[2] = 1.0, u[0] * 3, 2.0
    alias = u.view()
    return np.sum(x * y * z) + np.sum(alias[:] ** 2)


def dtypes(u: Any) -> Any:
    """Casts down and up, integers and booleans beside."""
    halves = (u * 10).astype(int) // 2
    low = u.astype(float, copy=False) * halves
    return np.sum(low) + np.sum((u > 0.5) * 1.0 * u) + (u > 0.4).astype(np.float64) @ u


def errors_and_warnings(u: Any) -> Any:
    """`np.errstate`, nan and infinity."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(np.isfinite(1 / (u * 0)), 0.0, u**2)
        safe = np.divide(u, np.floor(u * 1.5), out=np.zeros(5), where=np.floor(u * 1.5) != 0)
    return np.sum(ratio) + np.sum(safe)


def nested_functions(u: Any, s: Any) -> Any:
    """Closures, default arguments, generators, a class made inside."""

    def scaled(x: Any, factor: Any = s) -> Any:
        return x * factor + MAPPING["x"] * s

    class Cell:
        def __init__(self) -> None:
            self.state = np.zeros(5)

        def step(self, x: Any) -> None:
            self.state[:] = sigmoid(self.state + x)

    cell = Cell()
    for x in (scaled(v) for v in u):
        cell.step(x)
    return np.sum(cell.state * np.arange(5)) + sum(map(scaled, u))


def data_written(X: Any, c: Any) -> Any:
    """Data that the loss overwrites; the caller's stay."""
    X[0] = c[:, 0] ** 2
    X *= 0.5
    return np.sum((X @ c) ** 2)


def integers(u: Any, words: Any) -> Any:
    """Integer arrays, counters and indices made on the way."""
    counts = np.zeros(6, dtype=int)
    for word in words:
        counts[word] += 1
    order = np.argsort(u)
    ranks = np.empty_like(order)
    ranks[order] = np.arange(5)
    return np.sum(u * ranks) + np.dot(counts[:5], u) + u[int(u[0] * 3)] ** 2


def meshes(u: Any, k: Any) -> Any:
    """Broadcast views that stay read-only, and row iteration."""
    grid = np.broadcast_to(u, (3, 5))
    rows = [row * weight for row, weight in zip(grid, k, strict=True)]
    (first, second, third) = rows
    return np.sum(np.stack(rows) ** 2) + first @ second - third[-1]


NAMED = (
    assignment, assignment_by_mask, repeated_index, overlapping_assignment, views_write_through,
    fortran_order, in_place_operators, in_place_on_scalars, nought_dimensional, out_argument,
    add_at, writers, flat_iterator, arrays_from_lists, lists_written, made_arrays, branches,
    printing, numbers_that_come_back, copies, dtypes, errors_and_warnings, nested_functions,
    data_written, integers, meshes,
)  # fmt: skip
WRITING: dict[str, Callable[..., Any]] = {f.__name__.replace("_", " "): f for f in NAMED}
