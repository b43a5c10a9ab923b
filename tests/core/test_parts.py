"""Small entries are judged by themselves; and what a short line shows of one entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from crosscheck.core.evidence import Evidence
from crosscheck.core.residuals import residuals
from crosscheck.core.types import HandWritten, Point
from crosscheck.core.verdict import (
    FLOOR,
    MIDPOINT,
    U32,
    Judgement,
    Verdict,
    is_rounding,
    judge,
    smaller,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosscheck.core.types import Array, Dtype, Quantities, Request

AGREE, DISAGREE, INCONCLUSIVE = Verdict.AGREE, Verdict.DISAGREE, Verdict.INCONCLUSIVE


def evidence(
    actual: Array, exact: Array, noise: Any, *, rough: Any = 0.0, own: Any = 0.0, by: float = 1.0
) -> Evidence:
    """Return the evidence of an oracle with a float32 noise for each entry.

    `rough` is what the hand-written result jitters by, `own` its float32 noise.
    """
    point = Point({"x": np.ones(exact.shape)}, {})
    draws = np.random.default_rng(0)

    def ask(requests: Sequence[Request]) -> list[list[Quantities]]:
        return [
            [
                {"grad x": exact + (noise if request.dtype == "float32" else 0.0)}
                for _ in request.points
            ]
            for request in requests
        ]

    def rerun(_: Point, dtype: Dtype) -> HandWritten:
        moved = actual + rough * draws.standard_normal(actual.shape)
        return HandWritten({"grad x": moved + (own if dtype == "float32" else 0.0)})

    return Evidence(
        "f",
        (point,),
        [HandWritten({"grad x": actual})],
        {"A": [{"grad x": exact}]},
        {"A": [{"grad x": exact + noise}]},
        {"A": ask},
        rerun,
        constants=lambda _: by,
    )


def judged(found: Evidence) -> Judgement:
    return found.confirmed("grad x", [found.judgement(0, "grad x")])[0]


EXACT = np.array([[1e10, 1.0], [1e-1, 1e10]])
QUIET = U32 * EXACT


def test_a_mistake_in_a_small_entry_is_seen_with_its_place() -> None:
    wrong = EXACT * [[1, 1], [2, 1]]
    noise = QUIET * [[1000, 1], [1, 1000]]  # so that the tolerance of all is 2.6e1
    found = judged(evidence(wrong, EXACT, noise))
    assert found.verdict is DISAGREE
    assert found.worst == (1, 0)
    assert found.reason == "one of the 2 smallest of 4 entries"
    assert found.tolerance < 1e-3 < found.size
    right = judged(evidence(EXACT, EXACT, noise))
    assert right.verdict is AGREE
    assert right.hidden is None


def test_a_part_has_parts() -> None:
    exact = np.array([1e20, 1e8, 1e-4])
    noise = np.array([1e16, 1e4, 1e-8]) * U32
    right = judged(evidence(exact, exact, noise))
    assert right.verdict is AGREE
    assert right.hidden is None
    # beyond the floor that the largest gives, and seen no more
    wrong = judged(evidence(exact * [1, 1, 2], exact, noise))
    assert wrong.verdict is AGREE
    assert wrong.hidden is not None
    assert wrong.hidden.tolist() == [2]
    assert judged(evidence(exact * [1, 2, 1], exact, noise)).verdict is DISAGREE


def test_a_noisy_part_decides_nothing_and_its_entries_are_listed() -> None:
    noise = np.array([[1e5, 1e-1], [1e-1, 1e5]])
    found = judged(evidence(EXACT * [[1, 1], [1.5, 1]], EXACT, noise))
    assert found.verdict is AGREE
    assert found.hidden is not None
    assert found.hidden.tolist() == [1, 2]


@pytest.mark.parametrize("kind", ["jitter", "own noise"])
def test_what_a_small_entry_rounds_by_is_no_mistake(kind: str) -> None:
    small = np.array([[0.0, 0.0], [0.1, 0.0]])
    noise = QUIET * [[1000, 1], [1, 1000]]
    wrong = EXACT * [[1, 1], [1.5, 1]]
    same = evidence(wrong, EXACT, noise)
    assert judged(same).verdict is DISAGREE
    rough, own = (small, 0.0) if kind == "jitter" else (0.0, small)
    found = judged(evidence(wrong, EXACT, noise, rough=rough, own=own))
    assert found.verdict is AGREE
    assert found.hidden is not None


def test_the_jitter_of_a_large_entry_saves_no_small_one() -> None:
    noise = QUIET * [[1000, 1], [1, 1000]]
    rough = np.array([[1.0, 0.0], [0.0, 0.0]])
    assert judged(evidence(EXACT * [[1, 1], [2, 1]], EXACT, noise, rough=rough)).verdict is DISAGREE


def test_an_entry_of_a_lower_precision_is_listed_where_twice_it_would_pass() -> None:
    exact = np.array([1.0, 1e-7])
    found = judged(evidence(exact.astype(np.float32), exact, U32 * exact))
    assert found.precision == "float32"
    assert found.hidden is not None
    assert found.hidden.tolist() == [1]
    exact = np.array([1.0, 0.5])
    assert judged(evidence(exact.astype(np.float32), exact, U32)).hidden is None


def test_a_zero_is_no_small_entry() -> None:
    assert smaller({"A": np.array([0.0, 1.0])}, 0.5) is None
    assert smaller({"A": np.array([0.0, 1.0]), "B": np.array([1e-9, 1.0])}, 0.5) is not None


def test_a_small_tensor_is_resolved_by_its_own_noise() -> None:
    one = np.ones(1)
    found = judge(one, {"A": one}, U32, 1e16)
    assert found.resolved
    assert found.tolerance == MIDPOINT * U32
    other = judge(2 * one, {"A": one}, U32, 1e16)
    assert other.verdict is AGREE
    assert other.tolerance == FLOOR * 1e16
    assert not other.resolved


def test_constants_count_where_a_result_stands_still() -> None:
    exact = np.array([1.0, 1.0])
    off = exact + 1e-9
    # neither moves along the line: nothing is shown, and the mistake is one
    assert judged(evidence(off, exact, U32)).verdict is DISAGREE
    assert is_rounding(judge(off, {"A": exact}, U32, 1.0), 0.0, 1e6)
    assert not is_rounding(judge(off, {"A": exact}, U32, 1.0), 0.0, 1.0)


def line(*ends: tuple[float, float]) -> list[Array]:
    """Return results at nine points, each entry from one number to another."""
    return [np.array([a + (b - a) * k / 8 for a, b in ends]) for k in range(9)]


def test_each_entry_follows_or_stands_still() -> None:
    found = residuals(line((0, 1), (1, 1)), [line((0, 1), (1, 1.1))])
    assert found.responds()
    assert found.responds((0,))
    assert not found.responds((1,))
    assert residuals(line((1, 1), (1, 1)), [line((1, 1), (1, 1))]).responds()
    assert not residuals(line((0, 1)), []).responds()
