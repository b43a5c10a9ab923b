"""The results of a verification, as values: of a cell, a book, a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosscheck.core.verdict import Verdict, overall
from crosscheck.textbook.compare_outputs import Match

if TYPE_CHECKING:
    from crosscheck.certificate import Certificate
    from crosscheck.textbook.check_claim import Certified
    from crosscheck.textbook.compare_outputs import Comparison
    from crosscheck.textbook.formats.book import Book, Cell
    from crosscheck.textbook.runner import Ran


VERDICTS = {
    Match.REPRODUCED: Verdict.AGREE,
    Match.PRINTING: Verdict.AGREE,
    Match.ROUNDING: Verdict.AGREE,
    Match.DIFFERENT: Verdict.DISAGREE,
    Match.RANDOM: Verdict.INCONCLUSIVE,
    Match.UNCOMPARED: Verdict.INCONCLUSIVE,
}


@dataclass(frozen=True)
class CellReport:
    """The result of one code cell.

    Attributes:
        cell: the cell.
        where: its place, as `chapter.md:12` or `chapter.ipynb: cell 3`.
        ran: its output; None if it was not run.
        comparison: of its output with the recorded one; None if none is recorded, or the book
            says not to compare it.
        note: why it failed, was not run, or ran in part; "" if there is nothing to note.
        failed: whether it raised where the book expects no exception, or was stopped.

    """

    cell: Cell
    where: str
    ran: Ran | None = None
    comparison: Comparison | None = None
    note: str = ""
    failed: bool = False

    @property
    def verdict(self) -> Verdict | None:
        """The verdict on the output; None if there is nothing to judge."""
        if self.failed:
            return Verdict.DISAGREE
        return None if self.comparison is None else VERDICTS[self.comparison.match]


@dataclass(frozen=True)
class BookReport:
    """The result of one book.

    Attributes:
        book: the book.
        cells: a report for each code cell, in order.
        claims: a result for each claim, in order.
        certificate: of its claims, a finding each; None if it makes none.
        errors: what could not be verified, besides claims.
        notes: remarks on how it was run.
        seconds: the time that it took.
        unread: whether the book or a claim of it cannot be read.

    """

    book: Book
    cells: tuple[CellReport, ...] = ()
    claims: tuple[Certified, ...] = ()
    certificate: Certificate | None = None
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    unread: bool = False

    @property
    def unavailable(self) -> tuple[str, ...]:
        """Why an oracle is missing, and what to install."""
        return () if self.certificate is None else tuple(self.certificate.unavailable.values())

    @property
    def problems(self) -> tuple[str, ...]:
        """All that kept the book from being verified, besides single cells and claims."""
        return (*self.unavailable, *self.errors)

    @property
    def verdict(self) -> Verdict:
        """DISAGREE if something is wrong, INCONCLUSIVE if something is not verified, or AGREE."""
        found = [cell.verdict for cell in self.cells if cell.verdict is not None]
        if self.certificate is not None:
            found.append(self.certificate.verdict)
        if self.errors:
            found.append(Verdict.INCONCLUSIVE)
        return overall(found)


@dataclass(frozen=True)
class VerificationData:
    """The reports on all books of a run.

    Attributes:
        books: a report for each book, in order.

    """

    books: tuple[BookReport, ...]

    @property
    def verdict(self) -> Verdict:
        """The verdict on all of them: the worst of a book."""
        return overall([book.verdict for book in self.books])

    @property
    def exit_status(self) -> int:
        """0 if everything agrees, 1 if something is wrong, 3 if something is not verified.

        2 if a book cannot be read.
        """
        if any(book.unread for book in self.books):
            return 2
        return {Verdict.AGREE: 0, Verdict.DISAGREE: 1, Verdict.INCONCLUSIVE: 3}[self.verdict]
