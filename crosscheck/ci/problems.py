"""What is wrong, each with its place in a file: what annotations and SARIF are made of."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crosscheck.core.verdict import Verdict
from crosscheck.report.terminal import cause, headline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosscheck.diagnosis.diagnosis import Diagnosis
    from crosscheck.results import CertificateData
    from crosscheck.textbook.check_claim import Certified
    from crosscheck.textbook.results import BookReport, VerificationData

UNKNOWN = "unknown mistake"
WRONG = "wrong gradient"
UNDECIDED = "inconclusive"
OUTPUT = "output not reproduced"
INSIDE = re.compile(r"<(?P<name>[^<>]+?)(?: cell (?P<cell>\d+))?>")


@dataclass(frozen=True)
class Problem:
    """Something that keeps a run from agreeing.

    Attributes:
        kind: what it is, a key that stays: the kind of a diagnosis, or one of the constants here.
        verdict: DISAGREE or INCONCLUSIVE.
        message: in words; its first line is enough.
        file: where; "" where there is no place.
        line: of the file, from 1; 0 for the file as a whole.

    """

    kind: str
    verdict: Verdict
    message: str
    file: str = ""
    line: int = 0


def of_certificate(
    certificate: CertificateData, place: tuple[str, int] = ("", 0)
) -> tuple[Problem, ...]:
    """Return what a certificate finds; what has no line of its own is at `place`."""
    problems = [
        problem
        for diagnosis in certificate.diagnoses.values()
        for problem in _of_diagnosis(diagnosis, place)
    ]
    for finding in certificate.findings:
        named = finding.example in certificate.diagnoses and finding.verdict is Verdict.DISAGREE
        is_gradient = finding.quantity.startswith("grad ")
        if finding.verdict in {None, Verdict.AGREE} or (named and is_gradient):
            continue
        kind = WRONG if finding.verdict is Verdict.DISAGREE else UNDECIDED
        message = f"{finding.quantity} of {finding.example}: {cause(finding)}".rstrip(": ")
        problems.append(Problem(kind, Verdict(finding.verdict), message, *place))
    for finding in certificate.findings:
        if finding.published and not finding.published.reproduced:
            message = f"{finding.quantity} of {finding.example}: printed line not reproduced"
            problems.append(Problem(OUTPUT, Verdict.DISAGREE, message, *place))
    missing = certificate.unavailable.values()
    problems += [Problem(UNDECIDED, Verdict.INCONCLUSIVE, why, *place) for why in missing]
    if not problems and certificate.verdict is not Verdict.AGREE:
        problems.append(Problem(UNDECIDED, certificate.verdict, headline(certificate), *place))
    return tuple(problems)


def of_verification(verification: VerificationData) -> tuple[Problem, ...]:
    """Return what is wrong with verified books, each at its line."""
    return tuple(problem for report in verification.books for problem in _of_book(report))


def _of_diagnosis(diagnosis: Diagnosis, place: tuple[str, int]) -> Iterator[Problem]:
    """Yield the causes of a mistake; of several indistinguishable ones, the first's."""
    if not diagnosis.explanations:
        yield Problem(UNKNOWN, Verdict.DISAGREE, diagnosis.headline, *place)
        return
    for found in diagnosis.explanations[0]:
        where = (found.places[0].file, found.places[0].line) if found.places else place
        message = "\nfix: ".join(filter(None, (found.headline, found.fix)))
        yield Problem(found.kind, Verdict.DISAGREE, message, *where)


def _of_book(report: BookReport) -> Iterator[Problem]:
    file = report.book.path.as_posix()
    for why in report.problems:
        yield Problem(UNDECIDED, Verdict.INCONCLUSIVE, why, file)
    for certified in report.claims:
        if certified.finding.verdict is not Verdict.AGREE:
            yield _of_claim(report, certified)
    for cell in report.cells:
        if cell.verdict in {Verdict.DISAGREE, Verdict.INCONCLUSIVE}:
            from crosscheck.textbook.report.headline import cell_headline

            kind = OUTPUT if cell.verdict is Verdict.DISAGREE else UNDECIDED
            line = _line(report, cell.cell.number, 0)
            yield Problem(kind, Verdict(cell.verdict), cell_headline(cell), file, line)


def _of_claim(report: BookReport, certified: Certified) -> Problem:
    """Return a claim that does not agree, at the line of the mistake or of the gradient."""
    from crosscheck.textbook.report.headline import claim_headline

    file, message = report.book.path.as_posix(), claim_headline(certified)
    verdict = Verdict(certified.finding.verdict or Verdict.INCONCLUSIVE)
    line = _line(report, certified.claim.cell, certified.line)
    if certified.diagnosis is None:
        return Problem(
            WRONG if verdict is Verdict.DISAGREE else UNDECIDED, verdict, message, file, line
        )
    problem = next(_of_diagnosis(certified.diagnosis, (file, line)))
    inside = INSIDE.fullmatch(problem.file)
    if inside and inside["name"] == report.book.path.name:
        line = _line(report, int(inside["cell"] or 0), problem.line)
    elif not inside and problem.file != file:
        return Problem(problem.kind, verdict, message, problem.file, problem.line)
    return Problem(problem.kind, verdict, message, file, line)


def _line(report: BookReport, number: int, line: int) -> int:
    """Return the line of a book's file, from a line as tracebacks have it; 0 if it is not known.

    In a notebook lines are counted from the top of the cell: its text is looked up in the file.
    """
    cell = report.book.cells[number - 1] if number else None
    if cell is None or cell.line:
        return line or (cell.line if cell else 0)
    lines = cell.source.splitlines()
    wanted = lines[min(max(line, 1), len(lines)) - 1] if lines else ""
    needle = json.dumps(wanted, ensure_ascii=False)[1:-1]
    try:
        text = Path(report.book.path).read_text(encoding="utf-8-sig")
    except OSError:
        return 0
    start = f'"{needle}'
    found = (n for n, row in enumerate(text.splitlines(), 1) if row.lstrip().startswith(start))
    return next(found, 0) if wanted else 0
