"""A wrong shape is named by the shape alone, and its values are looked at as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from crosscheck.diagnosis.shapes import misshapen
from tests.diagnosis.asking import diagnosed, said

if TYPE_CHECKING:
    from collections.abc import Callable

RNG = np.random.default_rng(5)
X = RNG.standard_normal((4, 3))
PARAMS = {
    "W": RNG.standard_normal((3, 2)),
    "b": RNG.standard_normal(2),
    "c": RNG.standard_normal((1, 2)),
}


def loss(W: Any, b: Any, c: Any) -> Any:
    return np.sum(np.sin(X @ W + b) * c)


def gradient(W: Any, b: Any, c: Any) -> dict[str, Any]:
    z = X @ W + b
    dz = np.cos(z) * c
    return {"W": X.T @ dz, "b": dz.sum(axis=0), "c": np.sin(z).sum(axis=0, keepdims=True)}


def changed(name: str, turn: Callable[[Any], Any]) -> Callable[..., Any]:
    return lambda **k: {**(g := gradient(**k)), name: turn(g[name])}


CASES = {
    "keepdims forgotten": (changed("c", np.squeeze), "reshaped", "keepdims", True),
    "keepdims too much": (changed("b", lambda g: g[None]), "reshaped", "keepdims", True),
    "as a column": (changed("c", np.transpose), "turned", "transposed", True),
    "transposed": (
        changed("W", lambda g: np.sin(g.T)),
        "turned",
        "(2, 3) instead of (3, 2)",
        False,
    ),
    "not summed": (
        changed("b", lambda g: np.arange(8.0).reshape(4, 2)),
        "not summed",
        "(4, 2) instead of (2,)",
        False,
    ),
    "summed too far": (changed("b", np.sum), "summed over everything", "axis 0, too", True),
    "summed, and wrong": (
        changed("b", lambda g: g[0]),
        "summed over everything",
        "() instead of (2,)",
        False,
    ),
    "flattened": (changed("W", np.ravel), "reshaped", "arranged otherwise", True),
}


@pytest.mark.parametrize("name", CASES)
def test_a_shape_has_a_name_and_a_line(name: str) -> None:
    wrong, kind, words, is_all = CASES[name]
    found = diagnosed(loss, wrong, PARAMS)
    ((cause,),) = found.explanations
    assert (cause.kind, words in cause.sentence) == (kind, True), str(found)
    assert cause.reproduces == is_all
    assert ("are wrong, too" in str(found)) == (not is_all)
    assert cause.kind == "turned" or cause.places[0].file == __file__


def test_a_shape_that_is_nothing_of_the_right_one_has_no_name() -> None:
    assert list(misshapen((5,), (4, 3))) == []
    found = diagnosed(loss, changed("b", lambda g: np.ones(5)), PARAMS)
    assert found.explanations == ()
    assert found.differs == "expected shape (2,), got (5,)"


def test_the_values_are_explained_beside_the_shape() -> None:
    found = diagnosed(loss, changed("b", lambda g: -g[None]), PARAMS)
    assert said(found) == [("scaled", ("b",)), ("reshaped", ("b",))]


@pytest.mark.parametrize(
    ("actual", "expected", "kind"),
    [
        ((3,), (1, 3), "reshaped"),
        ((3, 1), (3,), "reshaped"),
        ((4, 3), (3, 4), "turned"),
        ((2, 4, 3), (4, 3, 2), "turned"),
        ((4, 3), (3,), "not summed"),
        ((4, 2, 3), (3,), "not summed"),
        ((4,), (4, 3), "summed over everything"),
        ((12,), (4, 3), "reshaped"),
    ],
)
def test_the_likeliest_name_of_a_shape(
    actual: tuple[int, ...], expected: tuple[int, ...], kind: str
) -> None:
    first = next(misshapen(actual, expected))
    assert first.kind == kind
    array = np.arange(float(np.prod(actual))).reshape(actual)
    if first.repair is not None:
        assert first.repair(array).shape == expected
