"""The first line of what does not agree: the mistake and its place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import crosscheck
from crosscheck.textbook.formats.book import Book
from crosscheck.textbook.report.junit import ILLEGAL
from crosscheck.textbook.results import BookReport
from crosscheck.textbook.verification import Verification
from tests.textbook.chapter import planted, python, write

if TYPE_CHECKING:
    from crosscheck.textbook.runner import Limits

STALE = "```text\n1.0\n```\n"
NUMPY = "import numpy as np\nx = np.array([1.0, 2.0])\n"
SQUARE = f"{NUMPY}# crosscheck: g = d(np.sum(x ** 2)) / d(x)\n"


def first_line(folder: Path, text: str, name: str = "book.md", **options: Limits) -> str:
    verification = crosscheck.verify_textbook(write(folder, text, name), **options)  # type: ignore[arg-type]
    with pytest.raises(AssertionError) as caught:
        verification.assert_agrees()
    first = str(verification).splitlines()[0]
    assert str(caught.value).splitlines()[0] == first
    return first


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        # a wrong gradient comes before the output above it, which it may have spoilt
        (
            planted("뉴런 하나", "delta = 2 * (out", "delta = (out", outputs=True),
            "DISAGREE: book.md:",
            "(grad w)",
        ),
        (python("print(2.0)") + STALE, "DISAGREE: book.md:2: output not reproduced: ", "got 2.0"),
        (python("1 / 0"), "DISAGREE: book.md:2: raised ZeroDivisionError", "division by zero"),
        # of a wrong shape with other wrong values nothing but the shape is said
        (python(f"{SQUARE}g = 2.0"), "DISAGREE: book.md:4: shape () instead of (2,) (grad x)", ""),
        (
            python(f"{NUMPY}# crosscheck: g = d(np.sum(x * 0)) / d(x)\ng = np.ones(2)"),
            "DISAGREE: book.md:4: gradient of a loss without this step",
            "",
        ),
        (
            python("x = 1.0\n# crosscheck: g = d(3.0) / d(x)\ng = 1.0"),
            "DISAGREE: book.md:4: g = d(3.0) / d(x): ",
            "",
        ),
        (
            python("x = 1.0\n# crosscheck: g = d(x ** 2) / d(x)\ng = 'two'"),
            "INCONCLUSIVE: book.md:2: g = d(x ** 2) / d(x): ",
            "",
        ),
        (python("x = 1"), "INCONCLUSIVE: book.md ", ""),
    ],
)
def test_the_first_line_has_the_verdict_the_place_and_the_mistake(
    text: str, start: str, end: str, tmp_path: Path
) -> None:
    first = first_line(tmp_path, text)
    assert first.startswith(f"crosscheck: {start}")
    assert first.endswith(end)


def test_a_mistake_in_the_claims_own_loss_has_the_claims_place(tmp_path: Path) -> None:
    first = first_line(tmp_path, python(f"{SQUARE}g = x"))
    assert first.startswith("crosscheck: DISAGREE: book.md:4: ")
    write(tmp_path, "# %%\n" + NUMPY + "g = x\n", "script.py")
    claim = "[[claim]]\ncell = 1\nclaim = 'g = d(np.sum(x ** 2)) / d(x)'\n"
    write(tmp_path, claim, "script.claims.toml")
    verification = crosscheck.verify_textbook(tmp_path / "script.py")
    assert str(verification).startswith("crosscheck: DISAGREE: script.claims.toml, claim 1: ")
    assert "the claim" not in str(verification)


def test_what_agrees_has_no_first_line(tmp_path: Path) -> None:
    path = write(tmp_path, python(f"{SQUARE}g = 2 * x"))
    verification = crosscheck.verify_textbook(path)
    assert verification
    assert str(verification).startswith(f"{path}\n")
    assert "class=headline" not in verification.to_html()
    verification.assert_agrees()


def test_no_book_is_no_pass() -> None:
    assert not Verification(())
    assert str(Verification(())).startswith("crosscheck: INCONCLUSIVE: no book")


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_junit_is_xml_whatever_a_book_prints(text: str) -> None:
    verification = Verification((BookReport(Book(Path("b.md")), errors=(text,)),))
    root = ET.fromstring(verification.to_junit())  # noqa: S314 - our own
    found = next(root.iter("error")).text or ""
    lines = ILLEGAL.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    assert found.split() == lines.split()
