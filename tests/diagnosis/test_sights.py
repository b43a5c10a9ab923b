"""What is seen at a gradient fits at every point, and shows at one of them at least."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from crosscheck.diagnosis.hypotheses.whole_gradient import SIGHTS

if TYPE_CHECKING:
    from collections.abc import Callable

    Array = np.ndarray[Any, Any]

TELLING, MUTE = np.array([0.3, -2.7, 1.1]), np.zeros(3)
SPOILS: dict[str, Callable[[Array], Array]] = {
    "rounded to float32": lambda g: g.astype(np.float32).astype(np.float64),
    "rounded to whole numbers": np.trunc,
    "clipped": lambda g: np.clip(g, -2, 2),
    "permuted": lambda g: np.roll(g, 1),
}


@pytest.mark.parametrize("sentence", SIGHTS)
def test_a_sight_fits_everywhere_and_shows_somewhere(sentence: str) -> None:
    fits, shows = SIGHTS[sentence]
    for right in (TELLING, MUTE):
        actual = SPOILS[sentence](right)
        assert fits(actual, right, 1e-7, 1e-12)
        assert shows(actual, right, 1e-7, 1e-12) == (right is TELLING)
    assert not fits(np.sin(TELLING), TELLING, 1e-7, 1e-12)


def test_what_is_off_by_less_than_can_be_told_is_in_no_other_order() -> None:
    fits, shows = SIGHTS["permuted"]
    actual = TELLING * (1 + 1e-5)
    assert fits(actual, TELLING, 1e-7, 1e-4)
    assert not shows(actual, TELLING, 1e-7, 1e-4)


@pytest.mark.parametrize("sentence", SIGHTS)
def test_another_spoil_does_not_fit(sentence: str) -> None:
    fits, _ = SIGHTS[sentence]
    others = [spoil for other, spoil in SPOILS.items() if other != sentence]
    assert not any(fits(spoil(TELLING) + 1e-3, TELLING, 1e-7, 1e-12) for spoil in others)
