"""Verified books as text: the headline, a table and explanations for each, an overall line."""

from __future__ import annotations

import functools
from collections import Counter
from math import inf, isfinite
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from crosscheck.core.verdict import Verdict
from crosscheck.frameworks import by_name
from crosscheck.report.console import print_paragraph, render_text, stdout
from crosscheck.report.terminal import STYLES, number, why
from crosscheck.textbook.report.headline import heading, headline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from crosscheck.certificate import Certificate
    from crosscheck.textbook.check_claim import Certified
    from crosscheck.textbook.results import BookReport, CellReport, VerificationData


def show(verification: VerificationData, console: Console | None = None) -> None:
    """Print the reports to the console, stdout by default."""
    console = console or stdout()
    if first := headline(verification):
        # never broken: of an AssertionError many tools show the first line only
        console.print(Text(f"{first}\n", style=STYLES[verification.verdict]), soft_wrap=True)
    for book in verification.books:
        console.print(Text(str(book.book.path), style="bold"), soft_wrap=True)
        console.print(table(book), soft_wrap=False)
        for paragraph in explanations(book):
            print_paragraph(console, paragraph)
        console.print()
    if text := legend(verification):
        print_paragraph(console, Text(f"{text}\n"), further=0)
    print_paragraph(console, summary(verification), further=0)


def as_text(verification: VerificationData) -> str:
    """Return what `show` prints, without colours."""
    return render_text(functools.partial(show, verification))


def table(report: BookReport) -> Table:
    """Return a row for every cell's output and for every claim."""
    oracles = report.certificate.oracles if report.certificate is not None else ()
    result = Table(box=None, padding=(0, 1, 0, 0), header_style="bold", pad_edge=False)
    result.add_column("cell", justify="right")
    result.add_column("output or claim", overflow="fold")
    result.add_column("result", overflow="fold")
    for header in (*oracles, *(["resolution"] if oracles else [])):
        result.add_column(header, justify="right")
    for cell in report.cells:
        outcome = Text(result_of(cell), style=_style(cell.verdict))
        result.add_row(str(cell.cell.number), "output", outcome)
        for claim in report.claims:
            if claim.claim.cell == cell.cell.number:
                result.add_row(*_row(claim, oracles))
    return result


def _row(certified: Certified, oracles: tuple[str, ...]) -> list[str | Text]:
    finding = certified.finding
    return [
        "",
        Text(str(certified.claim)),
        Text(str(finding.verdict), style=_style(finding.verdict)),
        *(number(finding.errors.get(oracle)) for oracle in oracles),
        number(finding.resolution),
    ]


def result_of(cell: CellReport) -> str:
    """Return the result of a cell in a few words."""
    if cell.failed:
        return "RAISED" if cell.ran else "STOPPED"
    if cell.comparison is not None:
        found = str(cell.comparison.match)
        return found.upper() if cell.verdict is Verdict.DISAGREE else found
    return "-" if cell.ran else cell.note


def explanations(report: BookReport) -> Iterator[Text]:
    """Yield a paragraph for whatever does not agree, and for each remark."""
    for cell in report.cells:
        if cell.failed or (cell.ran and cell.note):
            yield Text(f"\n{cell.where}: {cell.note}", style=_style(cell.verdict))
        if not cell.failed and cell.comparison and cell.comparison.explanation:
            yield Text(f"\n{difference(cell)}", style=_style(cell.verdict))
    for certified in report.claims:
        if certified.finding.verdict is not Verdict.AGREE or certified.finding.reason:
            yield claim_text(certified)
    for problem in report.problems:
        yield Text(f"\n{problem}", style=_style(Verdict.INCONCLUSIVE))
    for note in report.notes:
        yield Text(f"\n{note}")


def difference(cell: CellReport) -> str:
    """Return how a cell's output differs from the recorded one."""
    found = cell.comparison
    assert found is not None  # noqa: S101 - for the type checker
    return (
        f"{cell.where}  {str(found.match).upper()}: {found.explanation}\n"
        f"    recorded     {found.recorded}\n"
        f"    printed now  {found.printed}"
    )


def claim_text(certified: Certified) -> Text:
    """Return a paragraph on a claim: its place in the book, and what is wrong with it."""
    text = why(certified.finding, lambda point: place(certified, point))
    if certified.diagnosis is not None:
        text.append(
            "\n    " + certified.claim.readable(str(certified.diagnosis)).replace("\n", "\n    ")
        )
    return text


def place(certified: Certified, point: int) -> str:
    """Return which snapshot a judgement is of."""
    snapshot = certified.snapshots[point]
    values = f"sampled values {snapshot.run}" if snapshot.run else "the book's own values"
    several = any(other.number > 1 for other in certified.snapshots)
    return f"pass {snapshot.number} with {values}" if several else values


def legend(verification: VerificationData) -> str:
    """Return what the columns of numbers mean; "" where there is none."""
    certificates = [b.certificate for b in verification.books if b.certificate is not None]
    return next((_legend(each) for each in certificates if each.oracles), "")


def _legend(certificate: Certificate) -> str:
    return (
        f"{', '.join(certificate.oracles)}: largest relative error at {certificate.start} and "
        f"{certificate.points} sampled points (seed {certificate.seed}). "
        "resolution: the smallest relative error this check can detect."
    )


def summary(verification: VerificationData) -> Text:
    """Return the overall line."""
    verdict = verification.verdict
    cells = Counter(
        str(cell.comparison.match)
        for b in verification.books
        for cell in b.cells
        if cell.comparison
    )
    stopped = sum(cell.failed for b in verification.books for cell in b.cells)
    claims = [certified.finding for b in verification.books for certified in b.claims]
    parts = [_counted(len(verification.books), "book")]
    parts += [f"{_counted(n, 'output')} {match}" for match, n in sorted(cells.items())]
    parts += [f"{_counted(stopped, 'cell')} raised or stopped"] * bool(stopped)
    counts = Counter(str(finding.verdict) for finding in claims)
    parts += [f"{_counted(n, 'claim')} {found}" for found, n in sorted(counts.items())]
    text = Text(heading(verification), style=STYLES[verdict]) + Text(f": {', '.join(parts)}")
    certificate = next(
        (b.certificate for b in verification.books if b.certificate is not None), None
    )
    if certificate is not None:
        text.append(_against(certificate))
    worst = max((f.resolution for f in claims if isfinite(f.resolution)), default=inf)
    if verdict is Verdict.AGREE and isfinite(worst):
        text.append(f"; resolution {worst:.1e}")
    return text


def _against(certificate: Certificate) -> str:
    oracles = [f"{o} {certificate.versions[by_name(o).module]}" for o in certificate.oracles]
    return f", against {' and '.join(oracles)}" if oracles else "; no framework is installed"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def _style(verdict: Verdict | None) -> str:
    return "" if verdict is None else STYLES[verdict]
