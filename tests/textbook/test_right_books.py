"""Right books that are hard to read: every claim agrees, and nothing is reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import crosscheck
from crosscheck.core.verdict import Verdict
from tests.textbook.chapter import write
from tests.textbook.right import BOOKS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("title", BOOKS)
def test_a_right_book_is_not_blamed(title: str, tmp_path: Path) -> None:
    report = crosscheck.verify_textbook(write(tmp_path, BOOKS[title]), points=2).books[0]
    assert report.claims
    assert {each.finding.verdict for each in report.claims} == {Verdict.AGREE}, str(report)
    assert not any(cell.failed for cell in report.cells)
    assert not report.errors
