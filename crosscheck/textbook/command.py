"""`crosscheck verify`: its options, and what it does with them."""

from __future__ import annotations

import argparse
import functools
import os
import sys
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck.textbook.verification import Verification
    from crosscheck.workers.executors import ExecutorFactory

EPILOG = """\
exit status:
  0  AGREE: every output is reproduced, and every claim agrees
  1  DISAGREE: an output is not reproduced, a cell raises, or a claim disagrees
  2  wrong usage, or a book or a claim that cannot be read
  3  INCONCLUSIVE or incomplete: something could not be verified
"""


def add(
    commands: argparse._SubParsersAction[Any],
    whole: Callable[..., int],
    writable: Callable[[str], Path],
) -> None:
    """Add the command to the parser; `whole` and `writable` convert its arguments."""
    parser = commands.add_parser(
        "verify",
        help="verify a textbook: its recorded outputs, and the gradients that it claims",
        description="Run notebooks, Markdown, scripts with `# %%` cells and dumps of notebooks;\n"
        "compare their outputs with the recorded ones, and certify the gradients\n"
        "they claim: `# crosscheck: grad_W = d(loss) / d(W)`.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="BOOK", help="a file or a folder")
    parser.add_argument(
        "--points",
        type=lambda text: whole(text, 8, "fewer may miss a mistake"),
        default=8,
        metavar="N",
        help="sampled values for each claim, beside the book's own (default 8)",
    )
    parser.add_argument(
        "--seed",
        type=lambda text: whole(text, 0, "as NumPy requires"),
        default=0,
        metavar="N",
        help="seed of the sampled values (default 0)",
    )
    parser.add_argument(
        "--passes",
        type=lambda text: whole(text, 2, "the first and the last"),
        default=20,
        metavar="N",
        help="passes of a loop judged with the book's own values (default 20)",
    )
    parser.add_argument(
        "--exact",
        action="store_true",
        help="take a difference in the last digits for a difference",
    )
    parser.add_argument("--json", type=writable, metavar="FILE", help="write the report to FILE")
    parser.add_argument(
        "--junitxml", type=writable, metavar="FILE", help="the same as JUnit XML, for a CI server"
    )
    parser.add_argument("--html", type=writable, metavar="FILE", help="the same as one HTML page")
    parser.add_argument(
        "--sarif", type=writable, metavar="FILE", help="what is wrong, as SARIF for code scanning"
    )
    parser.add_argument(
        "--skip-others",
        action="store_true",
        help="pass over files that claim no gradient and record no output",
    )
    for name, default, unit, what in (
        ("--cell-seconds", 60.0, "S", "time for a cell (default 60)"),
        ("--book-seconds", 600.0, "S", "time for a book (default 600)"),
        ("--memory", 4.0, "GIB", "memory for a book (default 4)"),
    ):
        parser.add_argument(name, type=_positive, default=default, metavar=unit, help=what)
    parser.add_argument("--network", action="store_true", help="let books reach the network")
    parser.add_argument(
        "--isolate",
        choices=("process", "kernel"),
        default="process",
        help="what runs the cells: a process with limits (default), or a Jupyter kernel",
    )
    parser.add_argument(
        "--update", action="store_true", help="write the printed outputs into NAME.updated.SUFFIX"
    )
    parser.add_argument(
        "--suggest",
        action="store_true",
        help="propose claims by the names of gradients, and judge them",
    )
    parser.add_argument(
        "-j",
        type=lambda text: whole(text, 1, "books at a time"),
        default=1,
        metavar="N",
        dest="jobs",
        help="books verified side by side (default 1)",
    )
    parser.add_argument("--scheduler", metavar="URL", help="a Dask scheduler, tcp://host:port")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Verify the books, show the report, write the files; return the exit status."""
    from crosscheck.errors import BookError, UnreachableError
    from crosscheck.report.console import progress
    from crosscheck.textbook.runner import Limits
    from crosscheck.textbook.verify import verify_textbook

    if options.skip_others:
        options.paths = [path for path in options.paths if _is_verifiable(path)]
        if not options.paths:
            return 0
    # the arrays of books are small: more threads make them slower
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    limits = Limits(
        options.cell_seconds, options.book_seconds, int(options.memory * 2**30), options.network
    )
    try:
        with progress("reading") as said:
            verification = verify_textbook(
                options.paths,
                points=options.points,
                seed=options.seed,
                passes=options.passes,
                exact=options.exact,
                limits=limits,
                suggest=options.suggest,
                isolate=options.isolate,
                executor=_executor(options),
                progress=said,
            )
    except (BookError, UnreachableError) as error:
        print(f"crosscheck: {error}", file=sys.stderr)
        return 2
    return _reported(verification, options)


def _reported(verification: Verification, options: argparse.Namespace) -> int:
    """Show the report and write the files; return the exit status."""
    from crosscheck.ci.github import announce
    from crosscheck.ci.problems import of_verification
    from crosscheck.ci.sarif import to_sarif
    from crosscheck.report.files import write
    from crosscheck.textbook.formats.update import update
    from crosscheck.textbook.report.terminal import show, summary
    from crosscheck.textbook.suggest import as_toml

    problems = of_verification(verification)
    failed = []
    for name, text in (
        ("json", verification.to_json),
        ("junitxml", verification.to_junit),
        ("html", verification.to_html),
        ("sarif", functools.partial(to_sarif, problems)),
    ):
        path = getattr(options, name)
        if path is not None:
            try:  # before anything is shown: whoever reads it may stop
                write(path, text())
            except OSError as error:
                failed.append(f"--{name} {path}: {error.strerror}")
    show(verification)
    announce(problems, summary(verification).plain)
    if options.suggest:
        for report in verification.books:
            print(f"\n# {report.book.path.stem}.claims.toml\n{as_toml(report.claims)}", end="")
    for report in verification.books if options.update else ():
        try:
            print(f"written: {update(report)}")
        except OSError as error:
            failed.append(f"--update {report.book.path}: {error.strerror}")
    for message in failed:
        print(f"crosscheck: {message}", file=sys.stderr)
    return 2 if failed else verification.exit_status


def _is_verifiable(path: Path) -> bool:
    """Return whether there may be something to verify; what cannot be read is for the report."""
    from crosscheck.errors import BookError
    from crosscheck.textbook.claims import of_book
    from crosscheck.textbook.formats.load import is_book, read

    if path.is_dir() or not path.exists():
        return True
    if not is_book(path, path.parent):
        return False
    try:
        book = read(path)
        return bool(of_book(book).claims) or any(cell.recorded for cell in book.cells)
    except BookError:
        return True


def _positive(text: str) -> float:
    """Return a number above 0; argparse adds the option's name to the error."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < inf:
        msg = f"{text!r} is not a number above 0"
        raise argparse.ArgumentTypeError(msg)
    return number


def _executor(options: argparse.Namespace) -> ExecutorFactory | None:
    """Return what opens the executor on which books run; None to run them here, in turn."""
    from crosscheck.workers import executors

    if options.scheduler:
        return functools.partial(executors.cluster, options.scheduler)
    return functools.partial(executors.processes, options.jobs) if options.jobs > 1 else None
