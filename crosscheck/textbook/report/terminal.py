"""Verified books as text: a table for each, a paragraph for whatever is wrong, one overall line."""

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
from crosscheck.textbook.formats.book import readable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from crosscheck.textbook.check_claim import Certified
    from crosscheck.textbook.results import BookReport, CellReport, VerificationData


def show(verification: VerificationData, console: Console | None = None) -> None:
    """Print the reports to the console, stdout by default."""
    console = console or stdout()
    for book in verification.books:
        console.print(Text(str(book.book.path), style="bold"), soft_wrap=True)
        console.print(table(book), soft_wrap=False)
        for paragraph in explanations(book):
            print_paragraph(console, paragraph)
        console.print()
    print_paragraph(console, summary(verification), further=0)


def as_text(verification: VerificationData) -> str:
    """Return what `show` prints, without colours."""
    return render_text(functools.partial(show, verification))


def table(report: BookReport) -> Table:
    """Return a row for every cell's output and for every claim."""
    oracles = report.certificate.oracles if report.certificate is not None else ()
    result = Table(box=None, padding=(0, 1, 0, 0), header_style="bold", pad_edge=False)
    result.add_column("cell", justify="right")
    result.add_column("what", overflow="fold")
    result.add_column("result", overflow="fold")
    for header in (*oracles, *(["sees"] if oracles else [])):
        result.add_column(header, justify="right")
    for cell in report.cells:
        said = result_of(cell)
        result.add_row(str(cell.cell.number), "output", Text(said, style=_style(cell.verdict)))
        for claim in report.claims:
            if claim.claim.cell == cell.cell.number:
                result.add_row(*_row(claim, oracles))
    return result


def _row(certified: Certified, oracles: tuple[str, ...]) -> list[str | Text]:
    """Return the cells of a claim's row."""
    finding = certified.finding
    return [
        "",
        Text(str(certified.claim)),
        Text(str(finding.verdict), style=_style(finding.verdict)),
        *(number(finding.errors.get(oracle)) for oracle in oracles),
        number(finding.resolution),
    ]


def result_of(cell: CellReport) -> str:
    """Return in a few words what became of a cell."""
    if cell.failed:
        return "RAISED" if cell.ran else "STOPPED"
    if cell.comparison is not None:
        found = str(cell.comparison.match)
        return found.upper() if cell.verdict is Verdict.DISAGREE else found
    return "-" if cell.ran else cell.note


def explanations(report: BookReport) -> Iterator[Text]:
    """Yield a paragraph for all that keeps a book from being certified, or is good to know."""
    for cell in report.cells:
        if cell.failed or (cell.ran and cell.note):
            yield Text(f"\n{cell.where}: {cell.note}", style=_style(cell.verdict))
        elif cell.comparison and (cell.comparison.said):
            yield Text(f"\n{difference(cell)}", style=_style(cell.verdict))
    for certified in report.claims:
        if certified.finding.verdict is not Verdict.AGREE or certified.finding.reason:
            yield explained(certified)
    for error in report.errors:
        yield Text(f"\n{error}", style=_style(Verdict.INCONCLUSIVE))
    for note in report.notes:
        yield Text(f"\n{note}")
    missing = {} if report.certificate is None else report.certificate.unavailable
    for reason in missing.values():
        yield Text(f"\n{reason}", style=_style(Verdict.INCONCLUSIVE))


def difference(cell: CellReport) -> str:
    """Return how a cell's output differs from what was recorded."""
    found = cell.comparison
    assert found is not None  # noqa: S101 - for the type checker
    return (
        f"{cell.where}  {str(found.match).upper()}: {found.said}\n"
        f"    recorded  {found.recorded}\n"
        f"    now       {found.new}"
    )


def explained(certified: Certified) -> Text:
    """Return a paragraph on a claim: where it stands in the book, and what is wrong with it."""
    text = why(certified.finding, lambda point: place(certified, point))
    if certified.diagnosis is not None:
        text.append("\n    " + readable(str(certified.diagnosis)).replace("\n", "\n    "))
    return text


def place(certified: Certified, point: int) -> str:
    """Return which snapshot a judgement is about."""
    snapshot = certified.snapshots[point]
    values = "values moved from the book's own" if snapshot.run else "the book's own values"
    several = any(other.number > 1 for other in certified.snapshots)
    return f"pass {snapshot.number} with {values}" if several else values


def summary(verification: VerificationData) -> Text:
    """Return the overall line."""
    verdict = verification.verdict
    heading = "NOT CERTIFIED" if verdict is Verdict.INCONCLUSIVE else str(verdict)
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
    text = Text(heading, style=STYLES[verdict]) + Text(f": {', '.join(parts)}")
    oracles = next((b.certificate for b in verification.books if b.certificate is not None), None)
    if oracles is not None:
        authors = [f"{name} {oracles.versions[by_name(name).module]}" for name in oracles.oracles]
        text.append(f", against {' and '.join(authors) or 'nobody'}")
    worst = max((f.resolution for f in claims if isfinite(f.resolution)), default=inf)
    if verdict is Verdict.AGREE and isfinite(worst):
        text.append(f"; any mistake above {worst:.1e} would have been seen")
    return text


def _counted(number: int, what: str) -> str:
    """Return how many there are of something."""
    return f"{number} {what}{'s' * (number != 1)}"


def _style(verdict: Verdict | None) -> str:
    """Return a verdict's colour."""
    return "" if verdict is None else STYLES[verdict]
