"""The verification of books: the results, and how they show themselves."""

from __future__ import annotations

from dataclasses import dataclass

from crosscheck.core.verdict import Verdict
from crosscheck.textbook.results import VerificationData


@dataclass(frozen=True)
class Verification(VerificationData):
    """The reports on all books of a run; `bool(verification)` is whether all of it agrees."""

    def __bool__(self) -> bool:
        return self.verdict is Verdict.AGREE

    def assert_agrees(self) -> None:
        """Raise AssertionError, with the whole report as its message, unless it AGREEs."""
        if self.verdict is not Verdict.AGREE:
            msg = f"\n{self}"
            raise AssertionError(msg)

    def __str__(self) -> str:
        from crosscheck.textbook.report.terminal import as_text

        return as_text(self)

    def to_json(self) -> str:
        """Return the reports as JSON text."""
        from crosscheck.textbook.report.json import verification_to_json

        return verification_to_json(self)

    def to_html(self) -> str:
        """Return the reports as one self-contained page."""
        from crosscheck.textbook.report.html import page

        return page(self)

    def to_junit(self) -> str:
        """Return the reports as JUnit's XML."""
        from crosscheck.textbook.report.junit import to_junit

        return to_junit(self)
