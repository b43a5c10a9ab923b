"""Verified books as JUnit XML: a suite for each book, a case for each output and each claim."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

from crosscheck.core.verdict import Verdict
from crosscheck.textbook.report.headline import cell_headline, claim_headline
from crosscheck.textbook.report.terminal import claim_text, difference, result_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosscheck.textbook.results import BookReport, CellReport, VerificationData

# what XML 1.0 has no place for: control characters, lone surrogates, non-characters
ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
KINDS = {Verdict.DISAGREE: "failure", Verdict.INCONCLUSIVE: "error", None: "skipped"}


class Case(NamedTuple):
    """A test case. `headline`: its result in a line; `text`: all of it.

    `verdict` is None where there was nothing to judge.
    """

    name: str
    verdict: Verdict | None
    headline: str
    text: str
    seconds: float = 0.0


def cases(report: BookReport) -> Iterator[Case]:
    """Yield a case for every cell's output, every claim, and the book as a whole."""
    for cell in report.cells:
        seconds = cell.ran.seconds if cell.ran else 0.0
        name = f"cell {cell.cell.number}"
        yield Case(name, cell.verdict, cell_headline(cell), _cell_text(cell), seconds)
    for certified in report.claims:
        name = f"cell {certified.claim.cell}: {certified.claim}"
        text = claim_text(certified).plain.strip()
        yield Case(name, certified.finding.verdict, claim_headline(certified), text)
    problems = report.problems
    verdict = Verdict.INCONCLUSIVE if problems else Verdict.AGREE
    first = problems[0] if problems else ""
    yield Case("the book", verdict, first, "\n".join(problems), report.seconds)


def to_junit(verification: VerificationData) -> str:
    """Return the XML. What disagrees is a failure, what is not verified an error."""
    root = ET.Element("testsuites")
    for report in verification.books:
        path = report.book.path.as_posix()
        found = list(cases(report))
        suite = ET.SubElement(
            root,
            "testsuite",
            name=_legal(path),
            tests=str(len(found)),
            failures=str(sum(case.verdict is Verdict.DISAGREE for case in found)),
            errors=str(sum(case.verdict is Verdict.INCONCLUSIVE for case in found)),
            skipped=str(sum(case.verdict is None for case in found)),
            time=f"{report.seconds:.3f}",
        )
        for case in found:
            element = ET.SubElement(
                suite,
                "testcase",
                classname=_legal(path),
                name=_legal(case.name),
                time=f"{case.seconds:.3f}",
            )
            if case.verdict is not Verdict.AGREE:
                failure = ET.SubElement(element, KINDS[case.verdict], message=_legal(case.headline))
                failure.text = _legal(case.text)
    ET.indent(root, " ")
    return ET.tostring(root, encoding="unicode") + "\n"


def _legal(text: str) -> str:
    return ILLEGAL.sub("", text)


def _cell_text(cell: CellReport) -> str:
    if cell.comparison and cell.comparison.explanation and not cell.failed:
        return difference(cell)
    return f"{cell.where}: {cell.note or result_of(cell)}"
