"""Several mistakes at once: each gradient is explained by itself, and what is common is joined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from crosscheck.diagnosis import Observation, PointData, diagnose
from crosscheck.diagnosis.hypotheses import catalogue
from crosscheck.diagnosis.hypotheses.base import Hypothesis, Kind, always, on_cotangent
from crosscheck.diagnosis.joining import joined
from crosscheck.tracing import record
from tests.diagnosis.asking import diagnosed, said

if TYPE_CHECKING:
    from collections.abc import Callable

RNG = np.random.default_rng(3)
DATA = {"X": RNG.standard_normal((6, 3)), "Y": RNG.standard_normal((6, 2))}
PARAMS = {
    "W1": RNG.standard_normal((3, 4)),
    "b1": RNG.standard_normal(4),
    "W2": RNG.standard_normal((4, 2)),
    "b2": RNG.standard_normal(2),
}


def loss(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any) -> Any:
    a = np.tanh(X @ W1 + b1)
    r = a @ W2 + b2 - Y
    return np.mean(np.sum(r**2, axis=1))


def gradient(
    W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any, n: int = 6, *, slope: bool = True
) -> dict[str, Any]:
    a = np.tanh(X @ W1 + b1)
    dz = 2 * (a @ W2 + b2 - Y) / n
    dz1 = dz @ W2.T * (1 - a**2 if slope else 1)
    return {"W1": X.T @ dz1, "b1": dz1.sum(axis=0), "W2": a.T @ dz, "b2": dz.sum(axis=0)}


ALL = ("b2", "W2", "b1", "W1")
MISTAKES: dict[str, tuple[Callable[..., Any], list[tuple[str, tuple[str, ...]]]]] = {
    "one on top of another": (
        lambda **k: gradient(n=1, slope=False, **k),
        [("scaled", ALL), ("derivative left out", ("b1", "W1"))],
    ),
    "two gradients, a mistake in each": (
        lambda **k: {**(g := gradient(**k)), "W2": -g["W2"], "b1": g["b1"] / 6},
        [("scaled", ("W2",)), ("scaled", ("b1",))],
    ),
    "three at once": (
        lambda **k: {**(g := gradient(n=3, slope=False, **k)), "b1": -g["b1"]},
        [("scaled", ALL), ("derivative left out", ("b1", "W1")), ("scaled", ("b1",))],
    ),
    "two in one gradient": (
        lambda **k: {**gradient(**k), "W1": 3 * gradient(slope=False, **k)["W1"]},
        [("scaled", ("W1",)), ("derivative left out", ("W1",))],
    ),
    "one gradient alone, of two that the function has": (
        lambda **k: {**gradient(**k), "W1": gradient(slope=False, **k)["W1"]},
        [("derivative left out", ("W1",))],
    ),
    "seen in one, computed in another": (
        lambda **k: {**(g := gradient(**k)), "W1": np.trunc(3 * g["W1"]) / 3, "b2": -g["b2"]},
        [],
    ),
    "rounded and flipped": (
        lambda **k: {**(g := gradient(**k)), "W1": np.trunc(g["W1"]), "b2": -g["b2"]},
        [("scaled", ("b2",)), ("rounded to whole numbers", ("W1",))],
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_each_gradient_has_its_mistakes(name: str) -> None:
    wrong, expected = MISTAKES[name]
    found = diagnosed(loss, wrong, PARAMS, DATA)
    assert (said(found) if found.explanations else []) == expected, str(found)
    assert ("together they reproduce" in str(found)) == (len(expected) > 1)


def test_one_unknown_gradient_leaves_all_of_them_unknown() -> None:
    found = diagnosed(
        loss,
        lambda **k: {**(g := gradient(**k)), "W1": np.sin(g["W1"]), "b2": -g["b2"]},
        PARAMS,
        DATA,
    )
    assert found.explanations == ()


def test_a_wrong_shape_and_another_mistake_are_both_named() -> None:
    def wrong(**k: Any) -> Any:
        g = gradient(slope=False, **k)
        return {**g, "b2": 2 * g["b2"][None]}

    found = diagnosed(loss, wrong, PARAMS, DATA)
    assert said(found) == [
        ("scaled", ("b2",)),
        ("derivative left out", ("b1", "W1")),
        ("reshaped", ("b2",)),
    ]
    assert "together they reproduce" in str(found)


def test_the_budget_is_work_and_ends_the_search() -> None:
    wrong, _ = MISTAKES["three at once"]
    some = diagnosed(loss, wrong, PARAMS, DATA, budget=0.01)
    assert not some.complete
    assert str(some) == str(diagnosed(loss, wrong, PARAMS, DATA, budget=0.01))


def test_what_has_no_choice_has_no_explanation() -> None:
    assert joined({0: []}, {}) == []


def test_a_mistake_of_one_iteration_is_not_one_of_one_gradient_alone() -> None:
    def loop(W: Any, b: Any, X: Any) -> Any:
        total = 0.0
        for x in X[:2]:
            total = total + np.sum(np.sin(x @ W + b))
        return total

    def wrong(W: Any, b: Any, X: Any) -> Any:
        dz = np.cos(X[:2] @ W + b)
        return {"W": X[:2].T @ dz, "b": dz[1]}

    params = {"W": RNG.standard_normal((3, 2)), "b": RNG.standard_normal(2)}
    found = diagnosed(loop, wrong, params, {"X": DATA["X"]})
    ((cause,),) = found.explanations
    assert cause.kind == "one pass"


def test_an_upstream_gradient_is_said_to_be_another_only_where_nothing_else_fits() -> None:
    def scaled(W: Any, g: Any, X: Any) -> Any:
        return np.sum(np.sin(np.tanh(X @ W) * g))

    def wrong(W: Any, g: Any, X: Any) -> Any:
        a = np.tanh(X @ W)
        dout = np.cos(a * g)
        return {"W": X.T @ (dout * (1 - a**2)), "g": (dout * a).sum(axis=0)}

    params = {"W": RNG.standard_normal((3, 2)), "g": RNG.standard_normal(2)}
    found = diagnosed(scaled, wrong, params, {"X": DATA["X"]})
    ((cause,),) = found.explanations
    assert "operand missing" in cause.sentence


def test_points_with_other_masks_are_compared() -> None:
    def masked(W: Any, X: Any) -> Any:
        out = X @ W
        out[out < 0] = 0
        return np.sum(np.sin(out))

    def wrong(W: Any, X: Any) -> Any:
        return {"W": X.T @ np.cos(np.maximum(X @ W, 0))}

    found = diagnosed(masked, wrong, {"W": RNG.standard_normal((3, 4))}, {"X": DATA["X"]})
    assert found.is_named
    assert found.points == 8


def test_two_explanations_are_tried_apart_at_more_points() -> None:
    def square(w: Any) -> Any:
        return -np.sum(w**2)

    def at(sign: float) -> list[Observation]:
        seen: list[Observation] = []
        for k in range(4):
            w = sign * (0.5 + k + np.arange(3.0))
            recording = record(square, {"w": w}, {}, origins=True)
            seen.append(Observation(PointData(recording), {"w": np.abs(2 * w)}))
        return seen

    found = diagnose(at(1.0), ["w"], {}, 60.0)
    assert {cause.kind for (cause,) in found.explanations} == {"scaled", "absolute value"}
    found = diagnose(at(1.0), ["w"], {}, 60.0, lambda: at(-1.0))
    assert (said(found), found.points) == ([("absolute value", ("w",))], 8)


def test_a_hypothesis_that_fails_where_it_is_checked_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def turn(_: Any, __: int, cotangent: Any) -> Any:
        if cotangent.dtype == np.float32:
            msg = "planted"
            raise RuntimeError(msg)
        return np.sin(cotangent)

    def source(run: Any, _: Any) -> Any:
        nodes = (run.leaves[0],)
        yield Hypothesis(Kind("broken", "broken"), nodes, always(on_cotangent(nodes, turn)))

    monkeypatch.setattr(catalogue, "SOURCES", (source,))
    found = diagnosed(
        loss, lambda **k: {**(g := gradient(**k)), "W1": np.sin(g["W1"])}, PARAMS, DATA
    )
    assert (found.explanations, found.failed) == ((), 1)
