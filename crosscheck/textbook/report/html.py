"""Verified books as one page: no script, no other file; for a screen, a phone, and paper."""

from __future__ import annotations

import difflib
import re
from html import escape
from importlib import resources
from typing import TYPE_CHECKING

from crosscheck.core.verdict import Verdict
from crosscheck.report.pictures.svg import entry_pictures, rule_picture
from crosscheck.report.terminal import number
from crosscheck.textbook.compare_outputs import text_of
from crosscheck.textbook.formats.book import lines_of
from crosscheck.textbook.report import svg
from crosscheck.textbook.report.headline import headline
from crosscheck.textbook.report.terminal import claim_text, legend, result_of, summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosscheck.textbook.check_claim import Certified
    from crosscheck.textbook.results import BookReport, CellReport, VerificationData

PART = re.compile(r"\s+|[\[\](){},:=]|[^\s\[\](){},:=]+")
CLASSES = {Verdict.AGREE: "good", Verdict.DISAGREE: "bad", Verdict.INCONCLUSIVE: "open", None: ""}


def page(verification: VerificationData) -> str:
    """Return the reports as one page: no script, no other file."""
    style = (
        resources.files("crosscheck.textbook.report")
        .joinpath("page.css")
        .read_text(encoding="utf-8")
    )
    title = ", ".join(report.book.path.name for report in verification.books)
    _, _, counts = summary(verification).plain.partition(": ")
    first, columns = escape(headline(verification)), escape(legend(verification))
    parts = [
        '<!doctype html><html lang="en"><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{style}</style>",
        f"<header>{_badge(verification.verdict)} {escape(counts)}</header>",
        f"<p class=headline>{first}</p>" if first else "",
        *(part for report in verification.books for part in _book(report)),
        f"<footer>{columns}</footer>" if columns else "",
        "</html>",
    ]
    return "\n".join(filter(None, parts)) + "\n"


def _book(report: BookReport) -> Iterator[str]:
    name = escape(report.book.path.name)
    yield f"<article><h1>{name} {_badge(report.verdict)}</h1>"
    for note in (*report.problems, *report.notes):
        yield f"<p class=note>{escape(note)}</p>"
    for cell in report.cells:
        claims = [each for each in report.claims if each.claim.cell == cell.cell.number]
        yield f"<section><h2>{escape(cell.where)}</h2>"
        yield _source(cell, claims, report.book.filename(cell.cell).strip("<>"))
        yield _output(cell)
        yield from map(_claim, claims)
        yield "</section>"
    if report.certificate is not None:
        yield rule_picture(report.certificate.findings)
    yield "</article>"


def _source(cell: CellReport, claims: list[Certified], name: str) -> str:
    """Return the cell's code by lines, each claim's paragraph below the line that it is about.

    Lines are marked where a diagnosis names them as `name:LINE`.
    """
    first = cell.cell.line or 1
    wrong: dict[int, list[str]] = {}
    lines = lines_of(cell.cell.source)
    causes = "\n".join(each.claim.readable(str(each.diagnosis)) for each in claims)
    named = set(map(int, re.findall(rf"{re.escape(name)}:(\d+)", causes)))
    for each in claims:
        if each.finding.verdict is not Verdict.AGREE:
            place = each.line or first + len(lines) - 1
            text = escape(claim_text(each).plain.strip())
            wrong.setdefault(place, []).append(
                f'<span class="reason {CLASSES[each.finding.verdict]}">{text}</span>'
            )
    rows = []
    for count, line in enumerate(lines, first):
        mark = " class=marked" if count in wrong else " class=cause" if count in named else ""
        rows.append(f"<span{mark}><i>{count}</i>{escape(line)}\n</span>")
        rows += wrong.get(count, [])
    return f"<pre class=source><code>{''.join(rows)}</code></pre>"


def _output(cell: CellReport) -> str:
    """Return what the cell printed; where it differs from the recorded output, both, marked."""
    found, ran = cell.comparison, cell.ran
    head = (
        f"<h3>output <b class={CLASSES[cell.verdict] or 'none'}>{escape(result_of(cell))}</b></h3>"
    )
    note = f"<p class=note>{escape(cell.note)}</p>" if cell.note else ""
    printed = text_of(ran.pieces) if ran else ""
    images = sum(piece.kind == "image" for piece in ran.pieces) if ran else 0
    note += f"<p class=note>{images} image(s), not compared</p>" if images else ""
    if found is None or not found.explanation:
        body = f"<pre>{escape(printed)}</pre>" if printed.strip() else ""
        return head + note + body
    recorded = text_of(cell.cell.recorded or ())
    before, after = _marked(recorded.strip("\n"), printed.strip("\n"))
    return (
        f"{head}{note}<p class=note>{escape(found.explanation)}</p><div class=pair>"
        f"<figure><figcaption>recorded</figcaption><pre>{before}</pre></figure>"
        f"<figure><figcaption>printed now</figcaption><pre>{after}</pre></figure></div>"
    )


def _marked(old: str, new: str) -> tuple[str, str]:
    """Return both texts with the words and numbers marked that the other does not have."""
    before, after = "", ""
    olds, news = PART.findall(old), PART.findall(new)
    matcher = difflib.SequenceMatcher(None, olds, news, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        left, right = escape("".join(olds[a:b])), escape("".join(news[c:d]))
        before += left if kind == "equal" or not left else f"<del>{left}</del>"
        after += right if kind == "equal" or not right else f"<ins>{right}</ins>"
    return before, after


def _claim(certified: Certified) -> str:
    """Return a claim: its verdict, its relative errors, and the error against the step."""
    finding = certified.finding
    errors = "".join(
        f"<tr><th>{escape(oracle)}<td>{number(error)}" for oracle, error in finding.errors.items()
    )
    resolution = f"<tr><th>resolution<td>{number(finding.resolution)}"
    table = f"<table>{errors}{resolution}</table>" if errors else ""
    shown = entry_pictures([finding])
    return (
        f"<div class=claim><p><code>{escape(str(certified.claim))}</code> "
        f"{_badge(finding.verdict)}</p><div class=pair>{table}"
        f"{svg.error_against_step(certified.differences)}</div>{shown}</div>"
    )


def _badge(verdict: Verdict | None) -> str:
    return f'<b class="badge {CLASSES[verdict]}">{escape(str(verdict))}</b>'
