"""The search for the smallest error that a checker detects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from benchmarks.speed.gradcheck import network, sensitivity

if TYPE_CHECKING:
    from collections.abc import Callable

CASE = network.case(100)


def off(gradient: Any) -> float:
    """Return the largest relative error in an entry of a gradient of W1."""
    right = network.gradient(**CASE.params, **CASE.data)["W1"]
    error = gradient(**CASE.params, **CASE.data)["W1"] / right - 1
    return float(np.max(np.abs(error)))


@pytest.mark.parametrize(
    ("threshold", "least"), [(2e-5, 1e-4), (5.0, 10.0), (500.0, 1e3), (1e4, None)]
)
def test_the_smallest_error_is_found(threshold: float, least: float | None) -> None:
    check: Callable[..., bool] = lambda _, gradient: off(gradient) > threshold  # noqa: E731
    found = sensitivity.smallest(CASE, check)
    assert set(found) == {"large", "typical"}
    assert set(found.values()) == {least}


def test_a_false_alarm_is_reported() -> None:
    with pytest.raises(ValueError, match="rejects the right gradient"):
        sensitivity.smallest(CASE, lambda *_: True)
