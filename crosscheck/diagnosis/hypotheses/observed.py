"""What can be observed in a gradient, but not computed from the correct one.

A test of a point is a function of the actual gradient, the expected one, its float32 noise and its
tolerance. It must hold at every point; that it shows at all is a test of all points together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crosscheck.core.norms import norm
from crosscheck.core.verdict import U32
from crosscheck.diagnosis.hypotheses.base import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crosscheck.diagnosis.backward import Array

    Compared = tuple[Array, Array, float, float]
    Test = Callable[[Array, Array, float, float], bool]
    Shows = Callable[[Sequence[Compared]], bool]

EPS = float(np.finfo(np.float64).eps)


def is_rounded(actual: Array, expected: Array, noise: float, tolerance: float) -> bool:
    """Whether every entry is a float32 number, and is off by no more than that explains."""
    exact = np.array_equal(actual, actual.astype(np.float32))
    limit = max(16 * noise, 16 * U32 * norm(expected), tolerance)
    return exact and norm(actual - expected) <= limit


def shows_rounding(actual: Array, expected: Array, noise: float, tolerance: float) -> bool:
    """Whether rounding changed anything: many numbers are float32 numbers as they are."""
    return norm(actual) > 0 and norm(actual - expected) > 16 * EPS * norm(expected)


def is_whole(actual: Array, expected: Array, noise: float, tolerance: float) -> bool:
    """Whether every entry is the expected one truncated, or rounded down or to the nearest."""
    roundings = (np.trunc, np.floor, np.rint)
    return any(np.array_equal(actual, rounded(expected)) for rounded in roundings)


def shows_a_whole(actual: Array, expected: Array, noise: float, tolerance: float) -> bool:
    """Whether more is left than zero."""
    return norm(expected) > 1


def is_clipped(actual: Array, expected: Array, noise: float, tolerance: float) -> bool:
    """Whether the expected entries beyond the largest actual one, if any, are cut there."""
    bound = norm(actual)
    return norm(actual - np.clip(expected, -bound, bound)) <= tolerance


def shows_clipping(points: Sequence[Compared]) -> bool:
    """Whether several expected entries are beyond the largest actual one, and some within.

    If it is the same entry at every point, that entry is too small: any mistake in it looks so. The
    bound is one number, at all points.
    """
    beyond, within = np.zeros(points[0][1].shape, bool), False
    bounds: list[tuple[float, float]] = []
    for actual, expected, _, tolerance in points:
        size, bound = np.abs(expected), norm(actual)
        cut = size > bound + tolerance
        bounds += [(bound, tolerance)] if cut.any() else []
        is_some = bool((size < bound - tolerance).any())
        within |= is_some
        beyond |= is_some & cut
    return within and int(beyond.sum()) > 1 and _is_one(bounds)


def _is_one(bounds: Sequence[tuple[float, float]]) -> bool:
    """Whether numbers are one, each to its tolerance."""
    (first, loose), *rest = bounds
    return all(abs(bound - first) <= tolerance + loose for bound, tolerance in rest)


def is_shortened(actual: Array, expected: Array, noise: float, tolerance: float) -> bool:
    """Whether a gradient of several entries has the expected direction, and is not longer."""
    square = float(np.sum(expected * expected))
    factor = float(np.sum(actual * expected)) / square if square else 0.0
    is_along = norm(actual - factor * expected) <= tolerance
    return expected.size > 1 and 0 < factor < 1 + tolerance and is_along


def shows_a_length(points: Sequence[Compared]) -> bool:
    """Whether gradients of several lengths are shortened to one, which no other one exceeds."""
    lengths: list[tuple[float, float]] = []
    before, whole = [], 0.0
    for actual, expected, _, tolerance in points:
        own, right = float(np.linalg.norm(actual)), float(np.linalg.norm(expected))
        loose = tolerance * expected.size**0.5
        if own < right - loose:
            lengths.append((own, loose))
            before.append(right)
        else:
            whole = max(whole, own - loose)
    if len(lengths) < 2:  # noqa: PLR2004 - one length is any factor
        return False
    is_telling = max(before) - min(before) > 16 * max(loose for _, loose in lengths)
    return is_telling and _is_one(lengths) and whole <= min(length for length, _ in lengths)


def is_permuted(actual: Array, expected: Array, noise: float, tolerance: float) -> bool:
    """Whether the entries are the expected ones in another order."""
    return norm(np.sort(actual, axis=None) - np.sort(expected, axis=None)) <= tolerance


def shows_an_order(actual: Array, expected: Array, noise: float, tolerance: float) -> bool:
    """Whether the entries are more than two, distinct, and in another order."""
    apart = np.diff(np.sort(expected, axis=None))
    moved = norm(actual - expected) > 2 * tolerance
    return moved and expected.size > 2 and bool((apart > 4 * tolerance).all())  # noqa: PLR2004


def somewhere(test: Test) -> Shows:
    """Return a test of all points: that of a point holds at one of them."""
    return lambda points: any(test(*point) for point in points)


def stacked(each: Sequence[Compared]) -> Compared | None:
    """Return several gradients at a point as one; None if a shape is wrong."""
    if not each or any(actual.shape != expected.shape for actual, expected, *_ in each):
        return None
    actual = np.concatenate([one[0].reshape(-1) for one in each])
    expected = np.concatenate([one[1].reshape(-1) for one in each])
    return actual, expected, max(one[2] for one in each), max(one[3] for one in each)


CLIPPING: dict[Kind, tuple[Test, Shows]] = {
    Kind("clipped", "clipped"): (is_clipped, shows_clipping),
    Kind(
        "clipped by norm",
        "shortened to one length wherever it is longer, as by clipping its norm",
        "clip gradients where they are used, not where they are computed",
    ): (is_shortened, shows_a_length),
}
OBSERVED: dict[Kind, tuple[Test, Shows]] = {
    Kind(
        "rounded to float32",
        "rounded to float32",
        "look for astype, dtype= or an array created in float32",
    ): (is_rounded, somewhere(shows_rounding)),
    Kind(
        "rounded to whole numbers",
        "rounded to whole numbers",
        "look for an integer array that the gradient is written into",
    ): (is_whole, somewhere(shows_a_whole)),
    **CLIPPING,
    Kind("permuted", "entries in another order"): (is_permuted, somewhere(shows_an_order)),
}
