"""The smallest relative error in one entry of a gradient that a checker notices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.speed.gradcheck.network import entries, gradient, planted

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.speed.gradcheck.contenders import Gradient
    from benchmarks.speed.gradcheck.network import Case

LARGEST, SMALLEST = 3, -13  # powers of ten; the smallest is below what float64 leaves of a sum


def smallest(case: Case, check: Callable[[Case, Gradient], bool]) -> dict[str, float | None]:
    """Return, for a large and a typical entry, the least power of ten that is noticed.

    None where not even an error of a thousand times the entry is. A checker that objects to the
    right gradient notices nothing: ValueError.
    """
    if check(case, gradient):
        msg = "it objects to the right gradient"
        raise ValueError(msg)
    return {name: _bisected(case, check, entry) for name, entry in entries(case).items()}


def _bisected(case: Case, check: Callable[[Case, Gradient], bool], entry: int) -> float | None:
    """Return the least power of ten noticed in one entry."""
    noticed, unnoticed = LARGEST, SMALLEST
    if not check(case, planted(entry, 10.0**noticed)):
        return None
    while noticed - unnoticed > 1:
        middle = (noticed + unnoticed) // 2
        if check(case, planted(entry, 10.0**middle)):
            noticed = middle
        else:
            unnoticed = middle
    return float(f"1e{noticed}")
