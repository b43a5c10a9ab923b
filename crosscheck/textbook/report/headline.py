"""The first line of a report that does not agree: the most useful thing, with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosscheck.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosscheck.textbook.check_claim import Certified
    from crosscheck.textbook.results import BookReport, CellReport, VerificationData


def headline(verification: VerificationData) -> str:
    """Return `crosscheck: VERDICT: PLACE: WHAT`, "" where everything agrees.

    A wrong gradient comes before the outputs that it may have spoilt.
    """
    verdict = verification.verdict
    if verdict is Verdict.AGREE:
        return ""
    heads = (head for report in verification.books for head in _heads(report))
    first = next((text for found, text in heads if found is verdict), "no book was verified")
    return f"crosscheck: {heading(verification)}: {first}"


def heading(verification: VerificationData) -> str:
    """Return the verdict, "incomplete" where it is open because a framework is missing."""
    missing = any(report.unavailable for report in verification.books)
    incomplete = missing and verification.verdict is Verdict.INCONCLUSIVE
    return "incomplete" if incomplete else str(verification.verdict)


def _heads(report: BookReport) -> Iterator[tuple[Verdict | None, str]]:
    """Yield a verdict and a line for each finding of a book, the most useful first."""
    for problem in report.problems:
        yield Verdict.INCONCLUSIVE, problem
    for claim in report.claims:
        yield claim.finding.verdict, claim_headline(claim)
    for cell in report.cells:
        yield cell.verdict, cell_headline(cell)


def claim_headline(certified: Certified) -> str:
    """Return a claim's mistake and its place in a line, without a verdict."""
    finding, diagnosis = certified.finding, certified.diagnosis
    if diagnosis is not None:
        mistake = certified.claim.readable(diagnosis.headline)
        has_place = any(cause.places for causes in diagnosis.explanations for cause in causes)
        return mistake if has_place else f"{finding.example}: {mistake}"
    what = finding.reason or finding.verdict
    return f"{finding.example}: {certified.claim}: {what}".partition("\n")[0]


def cell_headline(cell: CellReport) -> str:
    """Return what became of a cell's output in a line, without a verdict."""
    if cell.failed or cell.comparison is None:
        what = cell.note or "no output to compare"
    else:
        found = cell.comparison
        what = ": ".join(filter(None, [f"output {found.match}", found.explanation]))
    return f"{cell.where}: {what}".partition("\n")[0]
