"""`crosscheck grade`: many submissions, by a course's own check."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosscheck.errors import SpecError

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck.classroom.grade import Grade

EPILOG = """\
check(submission) gets a submission as a module, and returns what certify returns:

  def check(submission):
      return certify(loss, submission.gradient, params, data)

exit status:
  0  every submission was judged, whatever the verdict
  2  wrong usage, or the check cannot be run
  3  some submission could not be judged: it raised, crashed or took too long
"""


def add(
    commands: argparse._SubParsersAction[Any],
    whole: Callable[..., int],
    writable: Callable[[str], Path],
) -> None:
    """Add the command to the parser; `whole` and `writable` convert its arguments."""
    parser = commands.add_parser(
        "grade",
        help="grade submissions by a check of yours, each in a process of its own",
        description="Grade Python files: each is checked in a process of its own.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("check", metavar="FILE.py:check", help="a function of a submission")
    parser.add_argument(
        "submissions", nargs="+", type=Path, metavar="SUBMISSION", help="a .py file, or a folder"
    )
    parser.add_argument(
        "-j",
        type=lambda text: whole(text, 1, "submissions at a time"),
        default=1,
        metavar="N",
        dest="jobs",
        help="submissions graded side by side (default 1)",
    )
    parser.add_argument(
        "--seconds",
        type=lambda text: whole(text, 1, "seconds"),
        default=120,
        metavar="S",
        help="time for a submission (default 120)",
    )
    parser.add_argument(
        "--hint",
        choices=("none", "kind", "line", "full"),
        default="full",
        help="how much is told of a mistake (default full)",
    )
    parser.add_argument("--json", type=writable, metavar="FILE", help="write the grades to FILE")
    parser.add_argument("--csv", type=writable, metavar="FILE", help="the same as CSV")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Grade the submissions, print a line for each, write the files; return the exit status."""
    from crosscheck.classroom.grade import grade, to_csv, to_json
    from crosscheck.core.verdict import Verdict
    from crosscheck.report.files import write

    found = grade(
        options.check,
        _files(options.submissions),
        jobs=options.jobs,
        seconds=options.seconds,
        hint=options.hint,
        progress=_show,
    )
    judged = [one for one in found if one.verdict is not Verdict.INCONCLUSIVE]
    agreeing = sum(one.verdict is Verdict.AGREE for one in found)
    print(f"\n{len(found)} submissions: {agreeing} AGREE, {len(judged)} judged")
    for name, render in (("json", to_json), ("csv", to_csv)):
        path = getattr(options, name)
        if path is not None:
            try:
                write(path, render(found))
            except OSError as error:
                print(f"crosscheck: --{name} {path}: {error.strerror}", file=sys.stderr)
                return 2
    return 0 if len(judged) == len(found) else 3


def _files(paths: list[Path]) -> list[Path]:
    """Return the submissions: of a folder every Python file that is not hidden, in order."""
    found: list[Path] = []
    for path in paths:
        inside = [path]
        if path.is_dir():
            files = (p for p in path.rglob("*.py") if not p.name.startswith((".", "__")))
            inside = sorted(files)
        if not inside or not (path.is_dir() or path.is_file()):
            msg = f"{path} is no Python file, and no folder of them; pass the submissions"
            raise SpecError(msg)
        found += inside
    return list(dict.fromkeys(found))


def _show(one: Grade) -> None:
    print(f"{one.submission}  {one.verdict}  {one.score:.2f}  {one.message}".rstrip(), flush=True)
