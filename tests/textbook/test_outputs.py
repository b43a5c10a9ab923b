"""The comparer: pairs of recorded and new output, and what holds for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crosscheck.textbook.compare_outputs import Match, compare, compare_outputs, reproduced
from crosscheck.textbook.formats.book import Piece
from tests.textbook.pairs import PAIRS

if TYPE_CHECKING:
    from collections.abc import Sequence

MATCHES = {"=": Match.REPRODUCED, "~": Match.PRINTING, "r": Match.ROUNDING, "!": Match.DIFFERENT}
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)
SAME = "same values, formatted differently"
WORDS = st.text("가나다abc: |_=", max_size=8)


def test_there_are_enough_pairs() -> None:
    assert len(PAIRS) >= 60
    assert {kind for *_, kind in PAIRS} == set(MATCHES)


@pytest.mark.parametrize(("recorded", "printed", "kind"), PAIRS)
def test_a_pair_is_judged(recorded: str, printed: str, kind: str) -> None:
    found = compare_outputs([Piece("text", recorded)], [Piece("text", printed)])
    assert found.match is MATCHES[kind], found
    assert bool(found.explanation) == (kind != "=")


@pytest.mark.parametrize(
    ("recorded", "printed", "explanation", "line"),
    [
        ("a 1.0\nb 2.0", "a 1.0\nb 3.0", "expected 2.0, got 3.0", ("b 2.0", "b 3.0")),
        ("[ 1.0 -2.0]", "[1.0  2.0]", "expected -2.0, got 2.0", ("[ 1.0 -2.0]", "[1.0  2.0]")),
        ("a\nb", "a\nc\nd", "expected 2 lines, got 3", ("b", "c")),
        ("a", "b", "the text differs", ("a", "b")),
        ("", "b", "nothing was recorded", ("", "b")),
        ("a", "", "nothing is printed", ("a", "")),
        # a line above is formatted differently: it is not the difference
        ("[ 1.  2.]\n3", "[1. 2.]\n4", "expected 3, got 4", ("3", "4")),
        ("x 1\n[1.\n 2.]", "x 1\n[1. 2.]\n", SAME, ("[1.", "[1. 2.]")),
        ("6", "6.0", SAME, ("6", "6.0")),
    ],
)  # fmt: skip
def test_the_first_difference_is_explained(
    recorded: str, printed: str, explanation: str, line: tuple[str, str]
) -> None:
    found = compare(recorded, printed)
    assert found.explanation == explanation
    assert (found.recorded, found.printed) == line


@pytest.mark.parametrize(
    ("recorded", "printed", "same"),
    [
        ("1e400", "1e400", True),
        ("1e400", "1e500", False),  # infinite as doubles, both
        ("1.5e-400", "1.5e-500", False),  # zero as doubles, both
        ("0e-400", "0.0", True),
        ("1e9999999", "1.0e9999999", True),
        ("1e9999999", "2", False),  # beyond the range of decimal arithmetic
        ("1e99999999999999999999", "1e99999999999999999999", True),
        ("1e99999999999999999999", "1e99999999999999999998", False),
        ("1.0", "1e9999999", False),
    ],
)
def test_numbers_beyond_all_ranges(recorded: str, printed: str, same: bool) -> None:  # noqa: FBT001
    assert reproduced(recorded, printed) is same


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


def match(recorded: Sequence[Piece], printed: Sequence[Piece]) -> Match:
    return compare_outputs(recorded, printed).match


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


# pieces that the comparer's patterns know, put together at random
FRAGMENTS = st.sampled_from([
    "1", "1.", " 1.", "1.0", "-1", ".5", "1e3", "1e9999999", "1e99999999999999999999", "0x1f",
    "1.2.3", "٣", "_", " ", "  ", "\n", "\r\n", "\t", "[", "]", "(", ")", "{", "}", ",", ":", "=",
    "'", '"', "⟨",
    "np.float64(", "np.True_", "array(", ", dtype=float64)", ", shape=(2,)", "<class 'int'>",
    "<function f at 0x7f>", " object at 0x7f", "Traceback (most recent call last)", "a.b.Error: no",
    "nan", "inf", "손실", "a.py:3: UserWarning: w", "\x00", "\ud800",
])  # fmt: skip
TEXTS = st.one_of(st.lists(FRAGMENTS, max_size=12).map("".join), st.text(max_size=30))


@settings(max_examples=500, deadline=None)
@given(TEXTS, TEXTS)
@example("[ 1.  2.]\n3", "[1. 2.]\n4")
@example("1e9999999", "2")
def test_every_pair_of_texts_is_judged_and_explained(recorded: str, printed: str) -> None:
    found = compare(recorded, printed)
    assert found.match in set(MATCHES.values())
    assert bool(found.explanation) == (found.match is not Match.REPRODUCED)
    assert (found.recorded == found.printed) == (found.match is Match.REPRODUCED)


PIECES = st.lists(
    st.builds(
        Piece, st.sampled_from(["stdout", "stderr", "display", "error", "image", "text"]), TEXTS
    ),
    max_size=4,
)


@settings(max_examples=200, deadline=None)
@given(PIECES, PIECES)
def test_every_pair_of_outputs_is_judged(recorded: list[Piece], printed: list[Piece]) -> None:
    assert compare_outputs(recorded, printed).match in set(MATCHES.values())
    assert compare_outputs(recorded, recorded).match is Match.REPRODUCED


@given(TEXTS, TEXTS)
def test_no_number_makes_a_different_text_pass(recorded: str, printed: str) -> None:
    assert compare(f"{recorded}\nend 1.5", f"{printed}\nend 1.7").match is Match.DIFFERENT
