"""From the run of a cell to its report: its output compared, its failure noted."""

from __future__ import annotations

import doctest
from dataclasses import replace
from typing import TYPE_CHECKING

from crosscheck.textbook import compare_outputs
from crosscheck.textbook.compare_outputs import Comparison, Match
from crosscheck.textbook.results import CellReport

if TYPE_CHECKING:
    from crosscheck.textbook.formats.book import Book, Cell
    from crosscheck.textbook.runner import Ran, Run

DOCTEST = {
    "doctest-ellipsis": doctest.ELLIPSIS,
    "doctest-normalize-whitespace": doctest.NORMALIZE_WHITESPACE,
}

# What a line for IPython or the shell may have been there for: a name, a module, a file.
MISSING = ("NameError", "ModuleNotFoundError", "ImportError", "FileNotFoundError", "OSError")


def cell_report(book: Book, cell: Cell, run: Run, *, exact: bool = False) -> CellReport:
    """Return the result of a cell in the first run; `exact`: the last digits count."""
    report = CellReport(cell, book.where(cell))
    if cell.skipped:
        return replace(report, note="skipped, as the book says")
    ran = run.cells.get(cell.number)
    if ran is None:
        here = run.claim is None and run.cell == cell.number
        note = f"stopped: {run.stopped}" if here else "not run"
        return replace(report, note=note, failed=here)
    note = f"{ran.skipped} line(s) for IPython or the shell skipped" if ran.skipped else ""
    report = replace(report, ran=ran, note=note, comparison=_compared(cell, ran, exact=exact))
    expected = cell.may_raise or any(p.kind == "error" for p in cell.recorded or ())
    if ran.raised and not expected and not _traceback_recorded(cell):
        error = next(piece.text for piece in ran.pieces if piece.kind == "error")
        above = [n for n, one in run.cells.items() if n < cell.number and one.skipped]
        if ran.skipped or (above and error.startswith(MISSING)):
            # what they define is missing, and no fault of the book
            said = note or f"lines for IPython or the shell skipped in cell {above[0]}"
            skipped = f"skipped: {said}, without which: {error}"
            return replace(report, note=skipped, comparison=Comparison(Match.UNCOMPARED))
        report = replace(report, note=f"raised {error}", failed=True, comparison=None)
    return report


def _compared(cell: Cell, ran: Ran, *, exact: bool) -> Comparison | None:
    """Return how a cell's output compares with the recorded one; None if it is not compared."""
    if cell.recorded is None or cell.unchecked:
        return None
    if _as_doctest(cell, ran):
        return Comparison(Match.REPRODUCED)
    try:
        found = compare_outputs.compare_outputs(cell.recorded, ran.pieces)
    except Exception as error:  # noqa: BLE001 - it costs this output its verdict, no other
        explanation = f"the comparison failed: {type(error).__name__}: {error}"
        return Comparison(Match.UNCOMPARED, explanation=explanation)
    if exact and found.match is Match.ROUNDING:
        found = replace(found, match=Match.DIFFERENT)
    if found.match is Match.DIFFERENT and ran.skipped:  # the skipped lines may have printed it
        explanation = f"{found.explanation}; run its lines for IPython with --isolate kernel"
        return replace(found, match=Match.UNCOMPARED, explanation=explanation)
    return found


def _as_doctest(cell: Cell, ran: Ran) -> bool:
    """Return whether the output fits the recorded one by options of doctest in the cell itself."""
    flags = sum(flag for name, flag in DOCTEST.items() if name in cell.tags)
    texts = ("".join(p.text for p in pieces) for pieces in (cell.recorded or (), ran.pieces))
    recorded, printed = (text.rstrip() + "\n" for text in texts)
    return bool(flags) and doctest.OutputChecker().check_output(recorded, printed, flags)


def _traceback_recorded(cell: Cell) -> bool:
    return any("Traceback (most recent call last)" in p.text for p in cell.recorded or ())


def marked_if_random(report: CellReport, second: Run) -> CellReport:
    """Return the report, an output that differs between two runs marked as random."""
    if report.comparison is None or report.comparison.match is not Match.DIFFERENT:
        return report
    ran, again = report.ran, second.cells.get(report.cell.number)
    if ran is None or again is None or not _differ(ran, again):
        return report
    explanation = "differs between runs; set a seed, or fix the values by `given` in a claims file"
    found = replace(report.comparison, match=Match.RANDOM, explanation=explanation)
    return replace(report, comparison=found)


def _differ(ran: Ran, again: Ran) -> bool:
    """Return whether two outputs differ in more than addresses, which always do."""
    found = compare_outputs.compare_outputs(ran.pieces, again.pieces)
    return found.match is Match.DIFFERENT
