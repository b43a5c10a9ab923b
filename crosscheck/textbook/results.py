"""What is found in a book, as values: a cell, a book, all of them."""

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


@dataclass(frozen=True)
class CellReport:
    """A cell: what it showed, None where it was not run; how that compares; what is to be said.

    `comparison` is None where nothing was recorded, or the book says not to compare. `failed`: it
    raised where the book does not expect it, or was stopped.
    """

    cell: Cell
    where: str
    ran: Ran | None = None
    comparison: Comparison | None = None
    note: str = ""
    failed: bool = False

    @property
    def verdict(self) -> Verdict | None:
        """The verdict on the output; None where there is nothing to judge."""
        if self.failed:
            return Verdict.DISAGREE
        if self.comparison is None:
            return None
        different = {Match.DIFFERENT: Verdict.DISAGREE, Match.RANDOM: Verdict.INCONCLUSIVE}
        return different.get(self.comparison.match, Verdict.AGREE)


@dataclass(frozen=True)
class BookReport:
    """All that was found in a book.

    `certificate` is on its claims, None where it has none. `errors`: what could not be verified.
    """

    book: Book
    cells: tuple[CellReport, ...] = ()
    claims: tuple[Certified, ...] = ()
    certificate: Certificate | None = None
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def verdict(self) -> Verdict:
        """DISAGREE where something is wrong, INCONCLUSIVE where something is not verified."""
        found = [cell.verdict for cell in self.cells if cell.verdict is not None]
        if self.certificate is not None:
            found.append(self.certificate.verdict)
        if self.errors:
            found.append(Verdict.INCONCLUSIVE)
        return overall(found)


@dataclass(frozen=True)
class VerificationData:
    """The reports on all books of a run."""

    books: tuple[BookReport, ...]

    @property
    def verdict(self) -> Verdict:
        """The verdict on all of them."""
        return overall([book.verdict for book in self.books])

    @property
    def exit_status(self) -> int:
        """0 everything agrees, 1 something is wrong, 3 not certified."""
        return {Verdict.AGREE: 0, Verdict.DISAGREE: 1, Verdict.INCONCLUSIVE: 3}[self.verdict]
