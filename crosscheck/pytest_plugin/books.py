"""A book under pytest: each cell's output and each claim is a test; the book is run once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from crosscheck.errors import BookError
from crosscheck.pytest_plugin.annotations import remember
from crosscheck.textbook import claims
from crosscheck.textbook.formats import load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crosscheck.ci.problems import Problem
    from crosscheck.textbook.report.junit import Case


class BookFile(pytest.File):
    """A book, verified when the first of its tests runs."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield a test for every cell, every claim, and the book as a whole."""
        try:
            book = load.read(self.path)
            claimed = claims.of_book(book).claims
        except BookError as error:
            raise self.CollectError(str(error)) from None
        names = [f"cell {cell.number}" for cell in book.cells]
        names += [f"cell {claim.cell}: {claim}" for claim in claimed]
        for number, name in enumerate([*names, "the book"]):
            item: pytest.Item = BookItem.from_parent(self, name=name, number=number)
            yield item

    def case(self, number: int) -> Case:
        """Return the case of a number; the book is run when the first test asks."""
        if not hasattr(self, "cases"):
            from crosscheck.textbook.report.junit import cases
            from crosscheck.textbook.verify import verify_textbook

            points = self.config.getoption("crosscheck_points") or 8
            self.cases = list(cases(verify_textbook(self.path, points=points).books[0]))
        return self.cases[number]


class BookItem(pytest.Item):
    """A test: a cell's output, a claim, or the book as a whole."""

    def __init__(self, *, number: int, **kwargs: Any) -> None:
        """Take the number of the book's case."""
        super().__init__(**kwargs)
        self.number = number

    def runtest(self) -> None:
        """Fail unless it agrees; skip what has nothing to judge.

        The first line of a failure is all that pytest's summary shows.
        """
        assert isinstance(self.parent, BookFile)  # noqa: S101 - for the type checker
        case = self.parent.case(self.number)
        if case.verdict is None:
            pytest.skip(case.headline)
        if case.verdict != "AGREE":
            remember(self, [_problem(self.path, case)])
            msg = f"crosscheck: {case.verdict}: {case.headline}\n\n{case.text}"
            pytest.fail(msg, pytrace=False)

    def reportinfo(self) -> tuple[Any, int, str]:
        """Return the path, line and name of the test."""
        return self.path, 0, self.name


def _problem(path: Path, case: Case) -> Problem:
    """Return a case that does not agree as a problem, at the line that its headline begins with."""
    from crosscheck.ci.problems import UNDECIDED, WRONG, Problem
    from crosscheck.core.verdict import Verdict

    place = re.match(rf"{re.escape(path.name)}:(\d+)", case.headline)
    verdict = Verdict(case.verdict or Verdict.INCONCLUSIVE)
    kind = WRONG if verdict is Verdict.DISAGREE else UNDECIDED
    return Problem(kind, verdict, case.headline, str(path), int(place[1]) if place else 0)
