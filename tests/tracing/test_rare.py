"""Lines that only rare losses reach."""

from __future__ import annotations

from typing import Any

import numpy as np

from crosscheck import certify
from crosscheck.ir.program import Node, Program, Structure
from crosscheck.textbook.child.replay import left_of
from crosscheck.textbook.claims import Claim
from crosscheck.tracing import registry, value_and_grad

FAST: dict[str, Any] = {"oracles": ("torch",)}


def test_single_precision_is_also_that_of_complex_numbers() -> None:
    constant = Structure((Node("constant", (), (0,)),), (0,))
    assert Program(constant, (np.ones(1, np.complex64),)).precision == "float32"
    assert Program(constant, (np.ones(1, np.complex128),)).precision == "float64"


def test_values_that_are_interpolated_at_a_constant() -> None:
    known = np.array([0.0, 1.0, 2.0])

    def loss(w: Any) -> Any:
        return np.sum(np.interp(np.array([0.25, 1.5]), known, w) ** 2)

    value, gradients = value_and_grad(loss, "torch")({"w": np.array([1.0, 3.0, 2.0])}, {})
    assert value == 1.5**2 + 2.5**2
    assert np.allclose(gradients["w"], [2.25, 0.75 + 2.5, 2.5])


def test_the_real_part_of_one_complex_number() -> None:
    def loss(w: Any) -> Any:
        z = np.exp(1j * w[0])
        return z.real * w[1] + z.imag

    value, gradients = value_and_grad(loss, "torch")({"w": np.array([0.5, 2.0])}, {})
    assert np.isclose(value, 2 * np.cos(0.5) + np.sin(0.5))
    assert np.allclose(gradients["w"], [-2 * np.sin(0.5) + np.cos(0.5), np.cos(0.5)])


def test_a_float_of_the_users_own_stays() -> None:
    names: dict[str, Any] = {"np": np, "float": lambda x: 2.0 * x}
    exec("def loss(w):\n    return float(np.sum(w))", names)  # noqa: S102 - our own source
    value, gradients = value_and_grad(names["loss"], "torch")({"w": np.ones(2)}, {})
    assert value == 4.0
    assert gradients["w"].tolist() == [2.0, 2.0]


def test_a_kink_is_resolved_by_numpy_alone() -> None:
    def loss(w: Any) -> Any:
        return np.sum(np.maximum(w, 0.0))

    given = {"w": np.array([0.0, 1.0, -1.0])}
    assert certify(loss, lambda w: (w > 0) * 1.0, given, oracles=("numpy",))
    assert not certify(loss, lambda w: (w > 0) * 1.0 + 2.0 * (w == 0), given, oracles=("numpy",))


def test_one_function_by_two_names_is_one_entry() -> None:
    entry = registry.find(np.arccos)
    assert entry is not None
    assert registry._add("np.arccos", entry.kind, entry.rule, lambda w: np.arccos(w))


def test_the_left_side_of_a_claim_may_not_be_there() -> None:
    claim = Claim("grads['W']", "loss", "W", 1, "")
    assert left_of(claim, {"grads": {}}) is None
    assert left_of(claim, {}) is None
    assert left_of(claim, {"grads": {"W": 2.0}}) == 2.0
