"""Verify books: run each, compare its outputs, certify its claims."""

from __future__ import annotations

import functools
import threading
import time
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from crosscheck.certificate import Certificate
from crosscheck.core.versions import versions
from crosscheck.errors import BookError
from crosscheck.textbook import claims as claim_reader
from crosscheck.textbook import jupyter_runner, runner
from crosscheck.textbook.check_cell import cell_report, marked_if_random
from crosscheck.textbook.check_claim import PASSES, certify, installed
from crosscheck.textbook.claim_entries import with_entries
from crosscheck.textbook.compare_outputs import Match
from crosscheck.textbook.formats import load
from crosscheck.textbook.formats.book import Book
from crosscheck.textbook.parallel import in_turn, side_by_side
from crosscheck.textbook.results import BookReport
from crosscheck.textbook.runner import Limits, Run, Trial
from crosscheck.textbook.suggest import NO_GRADIENT, chosen
from crosscheck.textbook.suggest import suggest as suggest_claims
from crosscheck.textbook.verification import Verification

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crosscheck.textbook.claims import Claim, Claims
    from crosscheck.textbook.formats.book import Cell
    from crosscheck.textbook.results import CellReport
    from crosscheck.workers.executors import ExecutorFactory

POINTS = 8
Isolation: TypeAlias = Literal["process", "kernel"]


def nothing(*_: object) -> None:
    """Do nothing: the progress that is not shown, the imports that are not awaited."""


def verify_textbook(  # noqa: PLR0913 - what is verified, and how hard
    path: str | Path | Sequence[str | Path],
    *,
    points: int = POINTS,
    seed: int = 0,
    passes: int = PASSES,
    exact: bool = False,
    limits: Limits | None = None,
    suggest: bool = False,
    isolate: Isolation = "process",
    executor: ExecutorFactory | None = None,
    progress: Callable[[str], None] = nothing,
) -> Verification:
    r"""Run books, compare their outputs with the recorded ones, certify the gradients they claim.

    A book is a notebook, Markdown or MyST, a script with `# %%` cells, or the plain-text dump of a
    notebook. Its cells run in a process of their own, within `limits`. A claim is a comment,
    `# crosscheck: grad_W = d(loss) / d(W)`, or an entry of NAME.claims.toml beside the book. It is
    judged with the book's own values and with `points` sampled ones.

    Args:
        path: a book, a folder of books, or several of them.
        points: the number of runs of each claim with sampled values, 1 or more.
        seed: the seed of the sampled values, 0 or more.
        passes: how many passes of a loop are judged with the book's own values, 2 or more: the
            first, the last, and others between them.
        exact: whether an output that differs in its last digits, by rounding, is different.
        limits: the time and memory that a book may take; `Limits()` by default.
        suggest: whether to propose claims by the names of gradients and losses, and to judge them
            in place of the book's own.
        isolate: what runs the cells: "process", a process with limits, or "kernel", a Jupyter
            kernel, which prints exactly what a notebook's reader sees.
        executor: opens the executor on which books run side by side; by default they run in turn.
        progress: called with a line for each step, such as "chapter.md: cell 3".

    Returns:
        The verification, a report for each book. A book that cannot be verified costs no other its
        report; it is INCONCLUSIVE, with the reason in its `errors`.

    Raises:
        BookError: a ValueError, for an argument that has no meaning, a path without a book, and a
            book or a claim that cannot be read, if it is the only book; among others it is
            reported.

    Example:
        >>> import pathlib, tempfile
        >>> import crosscheck
        >>> lines = ["x = 1.5", "# crosscheck: g = d(x ** 3) / d(x)", "g = 3 * x ** 2"]
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     book = pathlib.Path(folder) / "chapter.py"
        ...     _ = book.write_text("\n".join(lines))
        ...     verification = crosscheck.verify_textbook(book)
        >>> verification.verdict.value
        'AGREE'

    """
    _check(points, seed, passes, isolate)
    several = [path] if isinstance(path, str | Path) else path
    files = load.books(map(Path, several))
    work, unread = _read(files, suggest=suggest, alone=len(files) == 1)
    one = functools.partial(
        verify,
        points=points,
        seed=seed,
        passes=passes,
        exact=exact,
        limits=limits or Limits(),
        isolate=isolate,
    )
    if executor is not None:
        return Verification((*side_by_side(work, one, executor, progress), *unread))
    ready = warm_up().join if any(claims.claims for _, claims in work) else nothing
    reports = in_turn(work, functools.partial(one, ready=ready, progress=progress))
    return Verification((*reports, *unread))


def _read(
    files: Sequence[Path], *, suggest: bool, alone: bool
) -> tuple[list[tuple[Book, Claims]], list[BookReport]]:
    """Return the books with their claims, and a report on each that cannot be read.

    One that is alone raises: there is nothing else to report.
    """
    work, unread = [], []
    for file in files:
        try:
            book = load.read(file)
            claims = claim_reader.of_book(book)
            own = replace(claims, claims=suggest_claims(book), tried=True) if suggest else claims
            work.append((book, own))
        except BookError as error:
            if alone:
                raise
            unread.append(BookReport(Book(file), errors=(str(error),), unread=True))
    return work, unread


def _check(points: int, seed: int, passes: int, isolate: str) -> None:
    if points < 1:
        msg = f"points is {points}; pass 1 or more (8 by default)"
        raise BookError(msg)
    if seed < 0:
        msg = f"seed is {seed}; pass 0 or more"
        raise BookError(msg)
    if passes < 2:  # noqa: PLR2004 - the first and the last
        msg = f"passes is {passes}; pass 2 or more (20 by default)"
        raise BookError(msg)
    if isolate not in get_args(Isolation):
        msg = f"isolate is {isolate!r}; pass one of {', '.join(map(repr, get_args(Isolation)))}"
        raise BookError(msg)
    if isolate == "kernel":
        jupyter_runner.require()


def warm_up() -> threading.Thread:
    """Import the frameworks in a thread while the first book runs; return it, to be joined."""

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
    passes: int = PASSES,
    exact: bool = False,
    isolate: Isolation = "process",
    ready: Callable[[], None] = nothing,
    progress: Callable[[str], None] = nothing,
) -> BookReport:
    """Return the report on one book; see `verify_textbook`.

    `ready` is called before an oracle is asked: it returns when the frameworks are imported.
    """
    start = time.perf_counter()
    cells = [cell for cell in book.cells if not cell.skipped]

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
            progress=lambda step: progress(f"{book.path.name}: {step}"),
        )

    first, trials = _run_all(cells, claims.claims, run)
    if isolate == "kernel" and claims.claims:
        first = run(cells, ())
    reports = [cell_report(book, cell, first, exact=exact) for cell in book.cells]
    if any(r.comparison and r.comparison.match is Match.DIFFERENT for r in reports):
        second = run(cells, ())
        reports = [marked_if_random(report, second) for report in reports]
    ready()
    frameworks, missing = installed()
    found = tuple(
        with_entries(
            certify(
                claim,
                trials.get(i, []),
                frameworks,
                functools.partial(book.where, book.cells[claim.cell - 1]),
                passes,
            ),
            frameworks,
        )
        for i, claim in enumerate(claims.claims)
    )
    if claims.tried:
        found = chosen(found)
    number = len(found)
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


def _run_all(
    cells: Sequence[Cell],
    claims: Sequence[Claim],
    run: Callable[[Sequence[Cell], Sequence[Claim]], Run],
) -> tuple[Run, dict[int, list[Trial]]]:
    """Return the first run of the cells, and the trials of each claim by its number.

    A process that had to be stopped costs the claim that it was recording, or the claims of the
    cell that it was running and of those below: the others get another process.
    """
    trials: dict[int, list[Trial]] = {}
    left = list(enumerate(claims))
    first = result = run(cells, claims)
    while result.stopped:
        trials |= {left[k][0]: recorded for k, recorded in result.trials.items()}
        if result.claim is not None:
            number = left[result.claim][0]
            trials.setdefault(number, []).append(Trial((), result.stopped))
            left = left[result.claim + 1 :]
        else:
            below = result.cell or 0
            what = f"cell {below}" if below else "the book"
            reason = f"not recorded: {what} was stopped: {result.stopped}"
            trials |= {i: [Trial((), reason)] for i, claim in left if claim.cell >= below}
            left = [(i, claim) for i, claim in left if claim.cell < below]
            cells = [cell for cell in cells if cell.number < below]
        if not left:
            return first, trials
        result = run(cells, [claim for _, claim in left])
    return first, trials | {left[k][0]: recorded for k, recorded in result.trials.items()}


def _errors(book: Book, claims: Claims, run: Run, reports: Sequence[CellReport]) -> list[str]:
    """Return what could not be verified, besides claims, each with its cure."""
    errors = []
    if run.stopped and run.claim is None:
        where = f"cell {run.cell}" if run.cell else "its start"
        errors.append(f"the book was stopped at {where}: {run.stopped}")
    errors += [
        f"given: {name} is never assigned; remove it from the claims file"
        for name in claims.given
        if name not in run.given
    ]
    if claims.tried and not claims.claims:
        errors.append(f"{book.path.name}: {NO_GRADIENT}")
    elif not claims.claims and not any(report.verdict for report in reports):
        errors.append(
            f"{book.path.name} records no output and makes no claim: nothing to verify; "
            "add `# crosscheck: GRADIENT = d(LOSS) / d(VARIABLE)` to a cell, or try --suggest"
        )
    return errors


def notes(run: Run) -> list[str]:
    """Return remarks on how a book was run."""
    if run.network == "python":
        return ["network: refused by Python's sockets; the system grants no network namespace"]
    return []
