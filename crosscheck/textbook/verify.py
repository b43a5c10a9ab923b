"""Verify books: run each, compare its outputs, certify its claims."""

from __future__ import annotations

import functools
import threading
import time
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from crosscheck.certificate import Certificate
from crosscheck.core.versions import versions
from crosscheck.textbook import claims as claiming
from crosscheck.textbook import compare_outputs, jupyter_runner, runner
from crosscheck.textbook.check_claim import certify, installed
from crosscheck.textbook.compare_outputs import Comparison, Match
from crosscheck.textbook.formats import load
from crosscheck.textbook.parallel import side_by_side
from crosscheck.textbook.results import BookReport, CellReport
from crosscheck.textbook.runner import Limits, Run, Trial
from crosscheck.textbook.suggest import suggest as suggested
from crosscheck.textbook.verification import Verification

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crosscheck.textbook.claims import Claim, Claims
    from crosscheck.textbook.formats.book import Book, Cell
    from crosscheck.workers.executors import ExecutorFactory

POINTS = 8
Isolation: TypeAlias = Literal["process", "kernel"]


def nothing(*_: object) -> None:
    """Do nothing: there is nobody to tell, nothing to wait for."""


def verify_textbook(  # noqa: PLR0913 - what is verified, and how hard
    path: str | Path | Sequence[str | Path],
    *,
    points: int = POINTS,
    seed: int = 0,
    limits: Limits | None = None,
    suggest: bool = False,
    isolate: Isolation = "process",
    executor: ExecutorFactory | None = None,
    progress: Callable[[str], None] = nothing,
) -> Verification:
    """Run a book, or several, or all in a folder; compare outputs, certify the claimed gradients.

    A book is a notebook, Markdown or MyST, a script with `# %%` cells, or the plain-text dump of a
    notebook. Its cells run in a process of their own, within `limits`. A claim is a comment,
    `# crosscheck: grad_W = d(loss) / d(W)`, or stands in NAME.claims.toml beside the book. Each is
    judged with the book's own values and with `points` moved ones, drawn by `seed`. With
    `suggest` the claims are those that the book's names suggest, in place of its own. `executor`
    opens the executor that books run on side by side; by default they run here, in turn.
    `isolate` is where cells run: a "kernel" of Jupyter's prints exactly what a reader sees.
    `progress` is told what is being done.

    Raises BookError, a ValueError, for a path, a book or a claim that cannot be read.
    """
    several = [path] if isinstance(path, str | Path) else path
    found = [load.read(each) for each in load.books(map(Path, several))]
    work = [(book, claiming.of_book(book)) for book in found]
    if suggest:
        work = [(book, replace(own, claims=suggested(book))) for book, own in work]
    how = functools.partial(
        verify, points=points, seed=seed, limits=limits or Limits(), isolate=isolate
    )
    if executor is not None:
        return Verification(side_by_side(work, how, executor, progress))
    ready = warm_up().join if any(claims.claims for _, claims in work) else nothing
    return Verification(
        tuple(how(book, claims, ready=ready, progress=progress) for book, claims in work)
    )


def warm_up() -> threading.Thread:
    """Import the frameworks while the first book runs; join before anything else imports them."""

    def load() -> None:
        for name in installed()[0].values():
            import_module(name)

    thread = threading.Thread(target=load, daemon=True)
    thread.start()
    return thread


def verify(  # noqa: PLR0913 - what is verified, and how hard
    book: Book,
    claims: Claims,
    *,
    points: int,
    seed: int,
    limits: Limits,
    isolate: Isolation = "process",
    ready: Callable[[], None] = nothing,
    progress: Callable[[str], None] = nothing,
) -> BookReport:
    """Return the report on one book; `ready` returns when the frameworks are imported."""
    start = time.perf_counter()
    cells = [cell for cell in book.cells if not cell.skipped]
    skipped = {cell.number for cell in book.cells if cell.skipped}

    def run(which: Sequence[Cell], what: Sequence[Claim]) -> Run:
        if isolate == "kernel" and not what:
            return jupyter_runner.run(book, which, claims.given, limits)
        return runner.run(
            book,
            which,
            what,
            given=claims.given,
            points=points,
            seed=seed,
            limits=limits,
            progress=lambda said: progress(f"{book.path.name}: {said}"),
        )

    first, trials = _all(cells, claims.claims, run)
    if isolate == "kernel" and claims.claims:
        first = run(cells, ())
    reports = [_cell_report(book, cell, first, skipped) for cell in book.cells]
    if any(r.comparison and r.comparison.match is Match.DIFFERENT for r in reports):
        second = run(cells, ())
        reports = [_random(report, second) for report in reports]
    ready()
    frameworks, missing = installed()
    found = tuple(
        certify(
            claim,
            trials.get(i, []),
            frameworks,
            functools.partial(book.where, book.cells[claim.cell - 1]),
        )
        for i, claim in enumerate(claims.claims)
    )
    number = len(claims.claims)
    certificate = Certificate(
        subject=f"{book.path.name}, {number} claim{'s' * (number != 1)},",
        start="the book's own values",
        findings=tuple(certified.finding for certified in found),
        points=points,
        seed=seed,
        oracles=tuple(frameworks),
        unavailable=missing,
        versions=versions(frameworks),
    )
    return BookReport(
        book,
        tuple(reports),
        found,
        certificate if found else None,
        tuple(_errors(book, claims, first, reports)),
        tuple(notes(first)),
        time.perf_counter() - start,
    )


def _all(
    cells: Sequence[Cell],
    claims: Sequence[Claim],
    run: Callable[[Sequence[Cell], Sequence[Claim]], Run],
) -> tuple[Run, dict[int, list[Trial]]]:
    """Return the first run of the cells, and every claim's trials.

    A process that had to be stopped costs the claim that it was at, or the cell and those below:
    the other claims get another process.
    """
    trials: dict[int, list[Trial]] = {}
    left = list(enumerate(claims))
    first = result = run(cells, claims)
    while result.stopped:
        trials |= {left[k][0]: told for k, told in result.trials.items()}
        if result.claim is not None:
            number = left[result.claim][0]
            trials.setdefault(number, []).append(Trial((), result.stopped))
            left = left[result.claim + 1 :]
        else:
            below = result.cell or 0
            what = f"cell {below}" if below else "the book"
            reason = f"never applied, for {what} was stopped: {result.stopped}"
            trials |= {i: [Trial((), reason)] for i, claim in left if claim.cell >= below}
            left = [(i, claim) for i, claim in left if claim.cell < below]
            cells = [cell for cell in cells if cell.number < below]
        if not left:
            return first, trials
        result = run(cells, [claim for _, claim in left])
    return first, trials | {left[k][0]: told for k, told in result.trials.items()}


def _cell_report(book: Book, cell: Cell, run: Run, skipped: set[int]) -> CellReport:
    """Return what became of a cell in the first run."""
    report = CellReport(cell, book.where(cell))
    if cell.number in skipped:
        return replace(report, note="skipped, as the book says")
    ran = run.cells.get(cell.number)
    if ran is None:
        here = run.claim is None and run.cell == cell.number
        note = f"stopped: {run.stopped}" if here else "not run"
        return replace(report, note=note, failed=here)
    note = f"{ran.skipped} line(s) for IPython or the shell skipped" if ran.skipped else ""
    report = replace(report, ran=ran, note=note)
    if cell.recorded is not None and not cell.unchecked:
        report = replace(
            report, comparison=compare_outputs.compare_outputs(cell.recorded, ran.pieces)
        )
    expected = cell.may_raise or any(p.kind == "error" for p in cell.recorded or ())
    if ran.raised and not expected and not _traceback_recorded(cell):
        said = next(piece.text for piece in ran.pieces if piece.kind == "error")
        report = replace(report, note=f"raised {said}", failed=True, comparison=None)
    return report


def _traceback_recorded(cell: Cell) -> bool:
    """Return whether a text output that was recorded is a traceback."""
    return any("Traceback (most recent call last)" in p.text for p in cell.recorded or ())


def _random(report: CellReport, second: Run) -> CellReport:
    """Return the report, with an output that changes from run to run as random."""
    again = second.cells.get(report.cell.number)
    if report.comparison is None or report.comparison.match is not Match.DIFFERENT:
        return report
    if report.ran is None or again is None or again.pieces == report.ran.pieces:
        return report
    found = report.comparison
    said = "another at every run: seed it, or give what the book drew in its claims file"
    return replace(report, comparison=Comparison(Match.RANDOM, found.recorded, found.new, said))


def _errors(book: Book, claims: Claims, run: Run, reports: Sequence[CellReport]) -> list[str]:
    """Return what could not be verified, besides claims."""
    errors = []
    if run.stopped and run.claim is None:
        where = f"cell {run.cell}" if run.cell else "its start"
        errors.append(f"the book was stopped at {where}: {run.stopped}")
    errors += [
        f"given: {name} is never assigned, so that nothing was replaced"
        for name in claims.given
        if name not in run.given
    ]
    if not claims.claims and not any(report.verdict for report in reports):
        errors.append(f"{book.path.name} records no output and makes no claim: nothing to verify")
    return errors


def notes(run: Run) -> list[str]:
    """Return what is good to know of how the book ran."""
    if run.network == "python":
        return ["the system does not let a process leave the network; Python's sockets refuse it"]
    return []
