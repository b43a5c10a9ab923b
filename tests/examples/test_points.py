"""The drawn points can show a mistake; a set that cannot is drawn again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import reference
from crosscheck.core.sampling import nearby
from crosscheck.core.types import Point
from crosscheck.errors import NotGenericError
from crosscheck.examples.points import distinct, documented, draw, switches
from tests.conftest import example


@pytest.mark.parametrize("name", reference.NAMES)
def test_points_are_generic_exact_in_float32_and_shaped_as_the_documents(name: str) -> None:
    for seed in range(5):
        points = draw(example(name), 8, seed)
        assert len(points) == 8
        for point in points:
            assert distinct(point)
            for side, documented_side in zip(point, documented(example(name)), strict=True):
                assert {k: a.shape for k, a in side.items()} == {
                    k: a.shape for k, a in documented_side.items()
                }
                for array in side.values():
                    assert array.dtype == np.float64
                    np.testing.assert_array_equal(array.astype(np.float32), array)


def test_every_relu_is_seen_on_and_off() -> None:
    network = example("relu_network")
    for seed in range(5):
        points = draw(network, 8, seed)
        z1, z2 = zip(*(network.preactivations(**p.params, **p.data) for p in points), strict=True)
        out = np.array(z2) > 0
        seen = np.array(z1)[out[:, 0]] > 0  # a hidden unit shows where the output lets it
        assert seen.any(axis=0).all()
        assert (~seen).any(axis=0).all()
        assert 4 <= out.sum() < 8


def test_the_seed_decides() -> None:
    def first(seed: int, count: int = 8, name: str = "square") -> Any:
        return draw(example(name), count, seed)[0].params["x"]

    assert first(0) == first(0)
    assert first(0) != first(1)
    assert first(0) != first(0, name="chain_rule")


def test_bad_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="points is 7; fewer than 8 do not show every ReLU"):
        draw(example("square"), 7, 0)
    with pytest.raises(ValueError, match="seed is -1; a seed is 0 or more"):
        draw(example("square"), 8, -1)


@pytest.mark.parametrize(
    ("params", "generic"),
    [
        ({"W": np.array([1.0, 2.0])}, True),
        ({"W": np.array([1.0, 0.0])}, False),
        ({"W": np.array([1.0, 1.0])}, False),
        ({"W": np.array([1.0, 2.0]), "b": np.array([1.0])}, True),
    ],
)
def test_zeros_and_ties_are_refused(params: dict[str, Any], generic: bool) -> None:  # noqa: FBT001
    assert distinct(Point(params, {})) is generic
    assert distinct(Point({}, params)) is generic


def seen(*points: tuple[list[float], list[float]]) -> bool:
    """Return whether a set with these two layers of preactivations is accepted."""
    layers = {i: tuple(map(np.array, point)) for i, point in enumerate(points)}
    module: Any = SimpleNamespace(preactivations=lambda i: layers[int(i)])
    return switches(module, tuple(Point({"i": np.array(i)}, {}) for i in layers))


ON_OFF, OFF_ON, ON_ON, OFF_OFF = ([1.0, -1.0], [-1.0, 1.0], [1.0, 1.0], [-1.0, -1.0])


def test_a_relu_that_never_switches_is_refused() -> None:
    assert seen((ON_OFF, [1.0]), (OFF_ON, [1.0]), (ON_ON, [-1.0]))
    assert not seen((ON_OFF, [1.0]), (ON_OFF, [1.0]), (ON_ON, [-1.0]))  # the second never on
    assert not seen((ON_ON, [1.0]), (OFF_ON, [1.0]), (ON_ON, [-1.0]))  # the second never off
    assert not seen((ON_OFF, [1.0]), (OFF_ON, [1.0]), (ON_ON, [1.0]))  # the output never off


def test_a_relu_behind_one_that_is_off_is_not_seen() -> None:
    assert not seen((ON_ON, [1.0]), (ON_ON, [1.0]), (ON_OFF, [-1.0]), (OFF_ON, [-1.0]))
    assert not seen((ON_OFF, [1.0]), (OFF_ON, [1.0]), (OFF_OFF, [-1.0]))


def test_half_of_the_points_must_let_a_gradient_through() -> None:
    live, dead = [(ON_OFF, [1.0]), (OFF_ON, [1.0])], (ON_ON, [-1.0])
    assert seen(*live, dead, dead)
    assert not seen(*live, dead, dead, dead)


def test_an_example_that_fails_is_named() -> None:
    def preactivations(**_: Any) -> Any:
        raise ZeroDivisionError

    broken: Any = SimpleNamespace(preactivations=preactivations)
    with pytest.raises(NotGenericError, match="preactivations raised ZeroDivisionError"):
        switches(broken, (Point({}, {}),))


def test_points_nearby_are_two_percent_away() -> None:
    point = Point({"W": np.array([1.0, -2.0, 3.0])}, {"y": np.array(4.0)})
    near = nearby(point)
    assert len(near) == 8
    for moved in near:
        ratio = moved.params["W"] / point.params["W"]
        np.testing.assert_allclose(np.abs(ratio - 1), 0.02, rtol=1e-5)
        assert abs(float(moved.data["y"]) / 4 - 1) == pytest.approx(0.02, rel=1e-5)
        np.testing.assert_array_equal(moved.params["W"].astype(np.float32), moved.params["W"])
    assert len({tuple(moved.params["W"]) for moved in near}) > 1
