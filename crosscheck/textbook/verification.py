"""The verification of books: the results, and their renderings."""

from __future__ import annotations

from dataclasses import dataclass

from crosscheck.core.verdict import Verdict
from crosscheck.textbook.results import VerificationData


@dataclass(frozen=True)
class Verification(VerificationData):
    """The result of `verify_textbook`; its truth value is whether everything agrees.

    `str(verification)` is the report as text. Where something does not agree its first line is
    `crosscheck: VERDICT: PLACE: WHAT`, the mistake and its place.

        verification = crosscheck.verify_textbook("chapter.md")
        assert verification
        print(verification.books[0].claims[0].diagnosis)
    """

    def __bool__(self) -> bool:
        return self.verdict is Verdict.AGREE

    def assert_agrees(self) -> None:
        """Raise unless everything agrees.

        Raises:
            AssertionError: something disagrees or is not verified; the message is the report.

        """
        if self.verdict is not Verdict.AGREE:
            raise AssertionError(str(self))

    def __str__(self) -> str:
        from crosscheck.textbook.report.terminal import as_text

        return as_text(self)

    def to_json(self) -> str:
        """Return the reports as JSON text: schema in report/textbook.schema.json."""
        from crosscheck.textbook.report.json import verification_to_json

        return verification_to_json(self)

    def to_html(self) -> str:
        """Return the reports as one self-contained HTML page."""
        from crosscheck.textbook.report.html import page

        return page(self)

    def to_junit(self) -> str:
        """Return the reports as JUnit XML."""
        from crosscheck.textbook.report.junit import to_junit

        return to_junit(self)
