"""The smallest relative error in one entry of a gradient that a checker detects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.speed.gradcheck.network import entries, gradient, planted

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.speed.gradcheck.contenders import Gradient
    from benchmarks.speed.gradcheck.network import Case

LARGEST, SMALLEST = 3, -13  # powers of ten; the smallest is below what float64 leaves of a sum


def smallest(case: Case, check: Callable[[Case, Gradient], bool]) -> dict[str, float | None]:
    """Return, for a large and a typical entry, the smallest power of ten that is detected.

    None where not even an error of a thousand times the entry is. Raises ValueError for
    a checker that rejects the right gradient.
    """
    if check(case, gradient):
        msg = "the check rejects the right gradient"
        raise ValueError(msg)
    return {name: _bisected(case, check, entry) for name, entry in entries(case).items()}


def _bisected(case: Case, check: Callable[[Case, Gradient], bool], entry: int) -> float | None:
    """Return the smallest power of ten detected in one entry."""
    detected, undetected = LARGEST, SMALLEST
    if not check(case, planted(entry, 10.0**detected)):
        return None
    while detected - undetected > 1:
        middle = (detected + undetected) // 2
        if check(case, planted(entry, 10.0**middle)):
            detected = middle
        else:
            undetected = middle
    return float(f"1e{detected}")
