"""Normalisations and activations are recognised however they are written, and nothing else is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from crosscheck.diagnosis.backward import Change, run
from crosscheck.diagnosis.hypotheses.normalisation import closed_form, correct_vjp
from crosscheck.diagnosis.normalised import normalisations
from crosscheck.diagnosis.regions import regions, slope
from crosscheck.tracing import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck.diagnosis.backward import Run

X = {"x": np.random.default_rng(0).standard_normal((5, 4))}


def of(function: Callable[[Any], Any]) -> Run:
    """Return the run of a loss that is the sine of a function."""
    recording = record(lambda x: np.sum(np.sin(function(x))), X, {})
    return run(recording.program, recording.leaves)


def centred(x: Any) -> Any:
    return x - x.mean(axis=1, keepdims=True)


NORMALISATIONS: dict[str, tuple[Callable[[Any], Any], tuple[Any, ...]]] = {
    "np.var": (lambda x: (x - np.mean(x, 0)) / np.sqrt(np.var(x, 0) + 0.1), ((0,), True, 0, False)),
    "x.std": (lambda x: (x - x.mean(0)) / x.std(0), ((0,), True, 0, False)),
    "std + ε": (lambda x: (x - x.mean(0)) / (x.std(0) + 0.1), ((0,), True, 0, True)),
    "ddof": (lambda x: centred(x) / np.std(x, 1, ddof=1, keepdims=True), ((1,), True, 1, False)),
    "ddof and ε": (
        lambda x: (x - x.mean(0)) * (x.var(0, ddof=1) + 0.1) ** -0.5,
        ((0,), True, 1, False),
    ),
    "root mean square": (
        lambda x: x / np.sqrt(np.mean(x**2, 1, keepdims=True) + 0.1),
        ((1,), False, 0, False),
    ),
    "length": (
        lambda x: x / np.linalg.norm(x, axis=1, keepdims=True),
        ((1,), False, 3, False),
    ),
    "einsum": (
        lambda x: centred(x) / np.sqrt(np.einsum("nd,nd->n", centred(x), centred(x)) / 4)[:, None],
        ((1,), True, 0, False),
    ),
}


@pytest.mark.parametrize("name", NORMALISATIONS)
def test_a_normalisation_is_recognised_and_has_the_right_derivative(name: str) -> None:
    function, expected = NORMALISATIONS[name]
    own = of(function)
    found = [n for n in normalisations(own) if own.nodes[n.z].operation == "leaf"]
    assert {(n.axes, n.is_centred, n.lost, n.is_outside) for n in found} == {expected}
    right = own.gradients(Change())[0]
    for one in found:
        assert np.allclose(own.gradients(closed_form(one, correct_vjp)(1.0))[0], right, rtol=1e-9)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: 2 * x,
        lambda x: x / (1 + np.sum(x, axis=1, keepdims=True) ** 2),
        lambda x: centred(x) / np.exp(x.mean(axis=1, keepdims=True)),
        lambda x: x / np.sqrt(np.sum(x**2)),
    ],
)
def test_what_only_looks_like_a_normalisation_is_none(function: Callable[[Any], Any]) -> None:
    assert list(normalisations(of(function))) == []


def overwritten(x: Any) -> Any:
    out = x.copy()
    out[out < 0] *= 0.1
    return out


@pytest.mark.parametrize(
    ("function", "derivative"),
    [
        (overwritten, lambda x: np.where(x < 0, 0.1, 1.0)),
        (lambda x: x * (x > 0), lambda x: (x > 0) * 1.0),
        (
            lambda x: x / (1 + np.exp(-x)),
            lambda x: (1 + np.exp(-x) * (1 + x)) / (1 + np.exp(-x)) ** 2,
        ),
        (lambda x: np.clip(x, -0.5, 0.5), lambda x: (np.abs(x) < 0.5) * 1.0),
    ],
)
def test_an_activation_is_recognised(function: Any, derivative: Any) -> None:
    own = of(function)
    found = [
        region
        for y in range(len(own.nodes) - 2)
        for region in regions(own, y)
        if region.z == 0 and np.array_equal(own.values[y], function(X["x"]))
    ]
    assert any(np.allclose(slope(own, region), derivative(X["x"])) for region in found)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * np.arange(20.0).reshape(5, 4),  # another function at every entry
        lambda x: x[::-1] * x,  # of two entries
        lambda x: x[:, ::-1],  # another place
    ],
)
def test_what_is_no_function_of_each_entry_is_no_activation(function: Any) -> None:
    own = of(function)
    result = next(y for y, v in enumerate(own.values) if np.array_equal(v, function(X["x"])))
    assert not [region for region in regions(own, result) if region.slots is None]


def test_a_long_chain_is_no_activation() -> None:
    def chain(x: Any) -> Any:
        for _ in range(50):
            x = np.sin(x)
        return x

    own = of(chain)
    assert all(len(region.inner) <= 40 for region in regions(own, 50))
