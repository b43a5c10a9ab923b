"""Corners of the package that the corpus does not reach."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from crosscheck.tracing import TracingError, registry, value_and_grad
from tests.tracing.checks import check


def constants_at_work(u: Any) -> Any:
    """Arrays that no parameter changes, in every operation that treats them apart."""
    x = np.zeros((2, 5))
    x[0] = 1.0
    np.add.at(x, (0, [1, 1]), 2.0)
    x[1] = [1.0, 2, 3, 4, 5]
    np.negative(x[0], out=x[0])
    turned = np.exp(x.T)[::2]
    part = np.lib.stride_tricks.as_strided(np.arange(5), (3,), (16,))
    x[np.zeros(5, bool)[:2]] = u
    x[:0] = u
    first = np.array(u[0])
    first[...] = 2.0 * first
    return np.sum(x * u) + turned.sum() * first + part[1] * np.add.reduce(x[0]) * u[1]


def scalars_like_arrays(u: Any) -> Any:
    """What NumPy's scalars can do as well."""
    s = u[1]
    parts = [s.reshape(1), np.ravel(s), s[()], s[None], s.T, s.copy(), np.array([s])]
    return sum(np.sum(part) * (k + 1) for k, part in enumerate(parts))


def ask_oracles(T: Any, u: Any) -> Any:
    """Less common arguments of functions with a rule."""
    kept = np.vectorize(lambda x, power: x**power, excluded={1})(u, 2)
    named = np.vectorize(lambda x, *, power: x**power, excluded={"power"})(u, power=3)
    varied = np.vectorize(lambda x, y: x * y)(x=u, y=u[::-1])
    sums = np.apply_over_axes(lambda a, axis: np.sum(a, axis), T, 1)
    bent = np.piecewise(u, u > 0.5, [lambda x: x**2])
    flat = np.piecewise(u, [u > 9.0], [np.sin, np.cos])
    implicit = np.einsum(T[0], [0, 1], T[1], [0, 1])
    dots = np.inner(u, 2.0).sum() * np.inner(T[0], T[1, 0]).sum()
    pieces = np.array(u.astype(object)[:2], dtype=object)
    total = kept.sum() + named.sum() * varied.sum() + np.sum(sums**2) + bent.sum() + flat[0]
    return total * implicit + dots + pieces[0] * pieces[1]


def objects(u: Any) -> Any:
    """Arrays of Python objects keep what they are given."""
    cells = np.empty(2, dtype=object)
    cells[0], cells[1] = u[0], u[1] ** 2
    listed = np.array([u[2], u[3]], dtype=object)
    return np.sum(cells * listed) + (2.0 * cells)[1] + np.add(listed, 1.0)[0] * u[4]


def numbers_kept(u: Any) -> Any:
    """A float that came out of an array of one element, by its index or alone."""
    alone = float(u[:1].reshape(())) if u.ndim else 0.0
    return np.sum(u * alone) + u[1:2].item() * u[0] + np.reshape(u[2:3], (1, 1)).item(0, 0) * u[3]


class Log:
    """What knows how to be a power of an array."""

    def __rpow__(self, base: Any) -> Any:
        """Half the base."""
        return 0.5 * base


def returned_loan(u: Any) -> Any:
    """Plain memory that is no longer in use, and an operand with operators of its own."""
    h = np.zeros(5)
    lent = h.__array__()
    lent[1] = 3.0
    del lent
    h[0] = u[0]
    return np.sum(h * u) + np.sum(u ** Log())


def asked_for_names(u: Any) -> Any:
    """What Python asks any object for, and NumPy's arrays do not have."""
    return np.sum(u**2) * (1 + hasattr(u, "__dict__") + hasattr(u, "nothing"))


def late_name(u: Any) -> Any:
    """A closure over a name that has no value yet."""

    def inner() -> Any:
        return later * np.sum(np.array([u[0], u[1]]))

    later = 2.0
    return inner()


@pytest.mark.parametrize(
    "loss",
    [
        constants_at_work,
        scalars_like_arrays,
        ask_oracles,
        objects,
        numbers_kept,
        returned_loan,
        asked_for_names,
        late_name,
    ],
    ids=lambda f: f.__name__,
)
def test_corners(loss: Callable[..., Any]) -> None:
    check(loss, "torch")


def test_an_empty_closure_cell() -> None:
    def loss(u: Any) -> Any:
        return np.sum(u**2) if u.size else later()

    check(loss, "torch")

    def later() -> float:
        return 0.0

    assert loss(np.zeros(0)) == 0.0


def test_an_error_inside_numpy_stays_numpys() -> None:
    with pytest.raises(ValueError, match="not aligned"):
        value_and_grad(lambda w: np.dot(w, w[:2]), "torch")({"w": np.ones(3)}, {})


def test_a_wrong_rule_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = registry.find(np.mean)
    assert entry is not None
    wrong = dataclasses.replace(entry, rule=lambda a: np.sum(a))
    monkeypatch.setitem(registry._entries, np.mean, wrong)
    with pytest.raises(TracingError, match="an equivalent of this line"):
        value_and_grad(lambda w: np.mean(w), "torch")({"w": np.ones(3)}, {})


def test_a_gradient_of_the_wrong_dtype_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from crosscheck.ir import torch_backend

    def low(program: Any, leaves: Any) -> Any:
        value, found = original(program, leaves)
        return value, [gradient.astype(np.float32) for gradient in found]

    original = torch_backend.run
    monkeypatch.setattr(torch_backend, "run", low)
    with pytest.raises(TracingError, match=r"float32.* for float64"):
        value_and_grad(lambda w: w * w, "torch")({"w": 1.0}, {})
