"""A certificate as a piece of HTML, for a notebook: a table and its explanations."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from crosscheck.core.verdict import Verdict
from crosscheck.report.pictures.svg import pictures
from crosscheck.report.terminal import columns, explanations, headline, summary

if TYPE_CHECKING:
    from rich.text import Text

    from crosscheck.results import CertificateData

# No colour of a background, so that it can be read on a light and on a dark one.
COLOURS = {Verdict.AGREE: "#2e8b57", Verdict.DISAGREE: "#d6453d", Verdict.INCONCLUSIVE: "#b8860b"}
LONGEST = 48  # characters of a value
WORDS = {"value", "example", "quantity", "result", "printed"}


def as_html(certificate: CertificateData) -> str:
    """Return the certificate as HTML: what its text shows, with the same numbers."""
    shown = {
        header: cells for header, cells in columns(certificate).items() if any(map(str, cells))
    }
    head = "".join(f"<th{_align(header)}>{escape(header)}</th>" for header in shown)
    rows = "".join(
        f"<tr>{''.join(_cell(h, c) for h, c in zip(shown, row, strict=True))}</tr>"
        for row in zip(*shown.values(), strict=True)
    )
    first = ""
    if certificate.verdict is not Verdict.AGREE:
        style = f"color:{COLOURS[certificate.verdict]};font-weight:bold"
        first = f'<p style="{style}">{escape(headline(certificate))}</p>'
    scrolls = '<div style="overflow-x:auto">'
    table = f"{scrolls}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    rest = "".join(map(_paragraph, [*explanations(certificate), summary(certificate)]))
    return f'<div class="crosscheck">{first}{table}{rest}{pictures(certificate.findings)}</div>'


def page(certificate: CertificateData) -> str:
    """Return the certificate as one self-contained HTML page."""
    style = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:auto;padding:1rem}"
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>crosscheck: {certificate.verdict}</title>"
        f"<style>:root{{color-scheme:light dark}}{style}</style>{as_html(certificate)}</html>\n"
    )


def _align(header: str) -> str:
    return f' style="text-align:{"left" if header in WORDS else "right"}"'


def _cell(header: str, cell: str | Text) -> str:
    text = str(cell)
    if header == "value" and len(text) > LONGEST:
        text = f"{text[:LONGEST]}…"
    colour = f"color:{COLOURS[Verdict(text)]};" if text in set(Verdict) else ""
    align = "left" if header in WORDS else "right"
    return f'<td style="{colour}text-align:{align}">{escape(text)}</td>'


def _paragraph(text: Text) -> str:
    lines = escape(str(text).strip()).replace("\n", "<br>").replace("    ", "&emsp;")
    return f'<p style="text-align:left">{lines}</p>'
