"""A copy of a book with its printed outputs in place of the recorded ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from crosscheck.report.files import write
from crosscheck.textbook.compare_outputs import text_of
from crosscheck.textbook.formats import notebook
from crosscheck.textbook.formats.book import lines_of
from crosscheck.textbook.formats.markdown import BLANK

if TYPE_CHECKING:
    from pathlib import Path

    from crosscheck.textbook.results import BookReport, CellReport
    from crosscheck.textbook.runner import Ran


PROMPT = re.compile(r"(\s*)(?:>>>|\.\.\.)")


def update(report: BookReport) -> Path:
    """Write the copy beside the book, NAME.updated.SUFFIX, and return its path.

    Images are left out: a book is run without a screen. A cell that was not run keeps its output;
    in plain text a cell without an output stays without one.

    Raises:
        OSError: the copy cannot be written.

    """
    path = report.book.path
    copy = path.with_name(f"{path.stem}.updated{path.suffix}")
    text = path.read_text(encoding="utf-8-sig")
    new = _notebook(report, text) if path.suffix == ".ipynb" else _plain(report, text)
    write(copy, new)
    return copy


def _plain(report: BookReport, text: str) -> str:
    """Return a text with the lines of each output replaced, the last one first."""
    lines = lines_of(text)
    for cell in reversed(report.cells):
        if cell.ran is None or cell.cell.output_lines is None:
            continue
        first, last = cell.cell.output_lines
        new = text_of(cell.ran.pieces).rstrip().splitlines()
        if cell.ran.raised and cell.cell.may_raise:  # as a session shows it
            new = ["Traceback (most recent call last):", "    ...", *new]
        if found := PROMPT.match(lines[first - 2]):
            new = [found[1] + (line or BLANK) for line in new]
        lines[first - 1 : last - 1] = new
    return "\n".join(lines) + "\n"


def _notebook(report: BookReport, text: str) -> str:
    import nbformat

    document = notebook.load(report.book.path, text)
    sources = [cell for cell in document.cells if cell.cell_type == "code"]
    for source, cell in zip(sources, report.cells, strict=True):
        if cell.ran is not None:
            source.outputs = _outputs(cell, cell.ran)
            source.execution_count = cell.cell.number
    return str(nbformat.writes(document)) + "\n"


def _outputs(cell: CellReport, ran: Ran) -> list[Any]:
    """Return the output of a cell as nbformat's nodes."""
    from nbformat import v4

    made = []
    for piece in ran.pieces:
        if piece.kind in {"stdout", "stderr"}:
            made.append(v4.new_output("stream", name=piece.kind, text=piece.text))
        elif piece.kind == "error":
            name, _, value = piece.text.partition("\n")[0].partition(": ")
            made.append(v4.new_output("error", ename=name, evalue=value, traceback=[piece.text]))
        elif piece.kind == "display":
            made.append(
                v4.new_output(
                    "execute_result",
                    {"text/plain": piece.text},
                    execution_count=cell.cell.number,
                )
            )
    return made
