"""What is observed in a gradient fits at every point, and shows at one of them at least."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from crosscheck.diagnosis.hypotheses.observed import OBSERVED

if TYPE_CHECKING:
    from collections.abc import Callable

    Array = np.ndarray[Any, Any]

MANY = {"clipped by norm"}  # which shows at several points alone
TESTS = {kind.name: tests for kind, tests in OBSERVED.items() if kind.name not in MANY}
TELLING, MUTE = np.array([0.3, -2.7, 1.1, 2.6]), np.zeros(4)
MISTAKES: dict[str, Callable[[Array], Array]] = {
    "rounded to float32": lambda g: g.astype(np.float32).astype(np.float64),
    "rounded to whole numbers": np.trunc,
    "clipped": lambda g: np.clip(g, -2, 2),
    "permuted": lambda g: np.roll(g, 1),
}


@pytest.mark.parametrize("name", TESTS)
def test_a_mistake_fits_everywhere_and_shows_somewhere(name: str) -> None:
    fits, shows = TESTS[name]
    for expected in (TELLING, MUTE):
        actual = MISTAKES[name](expected)
        assert fits(actual, expected, 1e-7, 1e-12)
        assert shows([(actual, expected, 1e-7, 1e-12)]) == (expected is TELLING)
    assert not fits(np.sin(TELLING), TELLING, 1e-7, 1e-12)


@pytest.mark.parametrize("name", TESTS)
def test_another_mistake_does_not_fit(name: str) -> None:
    fits, _ = TESTS[name]
    others = [mistake for other, mistake in MISTAKES.items() if other != name]
    assert not any(fits(mistake(TELLING) + 1e-3, TELLING, 1e-7, 1e-12) for mistake in others)


def test_a_difference_within_the_tolerance_is_no_other_order() -> None:
    fits, shows = TESTS["permuted"]
    actual = TELLING * (1 + 1e-5)
    assert fits(actual, TELLING, 1e-7, 1e-4)
    assert not shows([(actual, TELLING, 1e-7, 1e-4)])


def test_rounding_that_changes_nothing_does_not_show() -> None:
    fits, shows = TESTS["rounded to float32"]
    expected = np.array([0.5, -2.0])
    assert fits(expected, expected, 1e-7, 1e-12)
    assert not shows([(expected, expected, 1e-7, 1e-12)])


def test_the_same_entry_that_is_too_small_everywhere_does_not_show_clipping() -> None:
    fits, shows = TESTS["clipped"]
    expected = np.array([50.0, 0.5, 0.25])
    point = expected * [0.5, 1, 1], expected, 1e-7, 1e-12
    assert fits(*point)
    assert not shows([point, point])
    other = point[0][::-1], expected[::-1], 1e-7, 1e-12
    assert shows([point, other])
