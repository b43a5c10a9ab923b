"""Verified books as JUnit's XML: a suite for each book, a case for each output and each claim."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

from crosscheck.core.verdict import Verdict
from crosscheck.textbook.report.terminal import difference, explained, result_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosscheck.textbook.results import BookReport, CellReport, VerificationData

ILLEGAL = dict.fromkeys(set(range(32)) - {9, 10, 13})  # XML 1.0 has no place for them
KINDS = {Verdict.DISAGREE: "failure", Verdict.INCONCLUSIVE: "error", None: "skipped"}


class Case(NamedTuple):
    """Something that passes or fails: `verdict` is None where there was nothing to judge."""

    name: str
    verdict: Verdict | None
    said: str
    seconds: float = 0.0


def cases(report: BookReport) -> Iterator[Case]:
    """Yield every cell's output, every claim, and what could not be verified."""
    for cell in report.cells:
        seconds = cell.ran.seconds if cell.ran else 0.0
        yield Case(f"cell {cell.cell.number}", cell.verdict, _said(cell), seconds)
    for certified in report.claims:
        name = f"cell {certified.claim.cell}: {certified.claim}"
        said = explained(certified).plain.strip()
        yield Case(name, certified.finding.verdict, said)
    verdict = Verdict.INCONCLUSIVE if report.errors else Verdict.AGREE
    yield Case("the book", verdict, "\n".join(report.errors), report.seconds)


def to_junit(verification: VerificationData) -> str:
    """Return the XML. What disagrees is a failure, what is not certified an error."""
    root = ET.Element("testsuites")
    for report in verification.books:
        path = report.book.path.as_posix()
        found = list(cases(report))
        suite = ET.SubElement(
            root,
            "testsuite",
            name=path,
            tests=str(len(found)),
            failures=str(sum(case.verdict is Verdict.DISAGREE for case in found)),
            errors=str(sum(case.verdict is Verdict.INCONCLUSIVE for case in found)),
            skipped=str(sum(case.verdict is None for case in found)),
            time=f"{report.seconds:.3f}",
        )
        for case in found:
            element = ET.SubElement(
                suite, "testcase", classname=path, name=case.name, time=f"{case.seconds:.3f}"
            )
            if case.verdict is not Verdict.AGREE:
                said = case.said.translate(ILLEGAL)
                first = said.partition("\n")[0]
                ET.SubElement(element, KINDS[case.verdict], message=first).text = said
    ET.indent(root, " ")
    return ET.tostring(root, encoding="unicode") + "\n"


def _said(cell: CellReport) -> str:
    """Return what there is to say of a cell."""
    if cell.comparison and cell.comparison.said and not cell.failed:
        return difference(cell)
    return f"{cell.where}: {cell.note or result_of(cell)}"
