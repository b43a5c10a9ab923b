"""The comparer: pairs of recorded and new output, and what holds for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosscheck.textbook.compare_outputs import Match, compare, compare_outputs, reproduced
from crosscheck.textbook.formats.book import Piece
from tests.textbook.pairs import PAIRS

if TYPE_CHECKING:
    from collections.abc import Sequence

SAID = {"=": Match.REPRODUCED, "~": Match.PRINTING, "!": Match.DIFFERENT}
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)
WORDS = st.text("가나다abc: |_=", max_size=8)


def test_there_are_enough_pairs() -> None:
    assert len(PAIRS) >= 60
    assert {kind for *_, kind in PAIRS} == set(SAID)


@pytest.mark.parametrize(("recorded", "new", "kind"), PAIRS)
def test_a_pair_is_judged(recorded: str, new: str, kind: str) -> None:
    found = compare_outputs([Piece("text", recorded)], [Piece("text", new)])
    assert found.match is SAID[kind], found
    assert bool(found.said) == (kind != "=")


@pytest.mark.parametrize(
    ("recorded", "new", "said"),
    [
        ("a 1.0\nb 2.0", "a 1.0\nb 3.0", "2.0 is 3.0 now"),
        ("[ 1.0 -2.0]", "[1.0  2.0]", "-2.0 is 2.0 now"),
        ("a\nb", "a\nc\nd", "2 lines were recorded, 3 are printed now"),
        ("a", "b", "the text is another"),
        ("", "b", "nothing was recorded"),
        ("a", "", "nothing is printed now"),
    ],
)
def test_a_difference_is_said(recorded: str, new: str, said: str) -> None:
    assert compare(recorded, new).said == said


def test_streams_are_compared_each_with_its_own() -> None:
    out, shown = Piece("stdout", "1.0\n"), Piece("display", "2.0")
    raised = Piece("error", "numpy.linalg.LinAlgError: no\n  at book:3")
    warned = Piece("stderr", "/a/b.py:3: RuntimeWarning: overflow\n  x = y")
    assert match([out, shown], [out, shown]) is Match.REPRODUCED
    assert match([out, shown], [Piece("stdout", "1.0\n2.0\n")]) is Match.DIFFERENT
    assert match([Piece("error", "LinAlgError: no")], [raised]) is Match.REPRODUCED
    assert match([Piece("error", "LinAlgError: no")], []) is Match.DIFFERENT
    assert match([out, warned], [out]) is Match.REPRODUCED
    other = Piece("stderr", "/c.py:4: RuntimeWarning: overflow\n  x = y")
    assert match([out, warned], [out, other]) is Match.REPRODUCED
    assert match([warned], [Piece("stderr", "RuntimeWarning: underflow")]) is Match.DIFFERENT
    assert match([Piece("image", "")], []) is Match.REPRODUCED


def match(recorded: Sequence[Piece], new: Sequence[Piece]) -> Match:
    return compare_outputs(recorded, new).match


@given(st.lists(st.tuples(WORDS, NUMBERS), max_size=6))
def test_a_text_reproduces_itself(parts: list[tuple[str, float]]) -> None:
    text = " ".join(f"{word} {value!r}" for word, value in parts)
    assert compare(text, text).match is Match.REPRODUCED


@given(NUMBERS, st.integers(1, 14))
def test_a_number_reproduces_its_roundings(value: float, digits: int) -> None:
    assert reproduced(f"{value:.{digits}e}", repr(value))


@given(st.floats(1e-3, 1e3), st.integers(1, 6), st.sampled_from([-1, 1]))
def test_one_unit_of_the_last_digit_is_another_number(value: float, digits: int, sign: int) -> None:
    recorded = f"{value:.{digits}f}"
    assert not reproduced(recorded, f"{float(recorded) + sign * 10.0**-digits:.{digits + 3}f}")


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=5), st.integers(0, 4))
def test_a_changed_entry_is_noticed(values: list[float], place: int) -> None:
    array = np.array(values)
    changed = array.copy()
    changed[place % len(values)] += 1.0 + abs(changed[place % len(values)])
    assert compare(f"손실: {array}", f"손실: {changed}").match is Match.DIFFERENT


@given(st.lists(st.floats(-1e3, 1e3), max_size=5))
def test_numpys_versions_print_the_same(values: list[float]) -> None:
    plain = str([float(v) for v in values])
    assert compare(plain, str([np.float64(v) for v in values])).match is not Match.DIFFERENT
    with np.printoptions(legacy="1.13"):
        old = str(np.array(values))
    assert compare(old, str(np.array(values))).match is not Match.DIFFERENT


@given(st.text(max_size=30), st.text(max_size=30))
def test_nothing_makes_it_fail(recorded: str, new: str) -> None:
    assert compare(recorded, new).match in set(SAID.values())
