"""`crosscheck discover`: its options, and what it does."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosscheck.errors import CrosscheckError

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck.discover.recorder import Recorder

EPILOG = """\
crosscheck discover PATH                   run a script, or a package's docstring examples
crosscheck discover -- python example.py   run a script with its command line

exit status:
  0  the derivatives that were called were judged; with --fail: none is wrong
  1  with --fail: a derivative is wrong
  2  wrong usage
"""


class NothingToRunError(CrosscheckError, ValueError):
    """There is no script or package at a path."""


def add(commands: argparse._SubParsersAction[Any], writable: Callable[[str], Path]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "discover",
        help="find the hand-written derivatives that a script or a package's examples call",
        description="Run a script, or the examples in the docstrings of a package; find the "
        "hand-written derivatives that are called, and judge them with the arguments they got. "
        "Under pytest: --crosscheck-discover=PACKAGE.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("path", nargs="+", metavar="PATH", help="a package, a folder or a script")
    parser.add_argument(
        "--package",
        action="append",
        default=[],
        metavar="NAME",
        help="watch this package, too; a script's own folder is watched anyway",
    )
    parser.add_argument(
        "--calls", type=int, metavar="N", help="how many calls of each are kept (default 3)"
    )
    parser.add_argument(
        "--seconds", type=float, metavar="S", help="time limit for each derivative (default 30)"
    )
    for name, what in (
        ("json", "write what was found to FILE"),
        ("junitxml", "the same as JUnit XML, for a CI server"),
        ("write", "write a test module that pins what was found"),
    ):
        parser.add_argument(f"--{name}", type=writable, metavar="FILE", help=what)
    parser.add_argument(
        "--fail", action="store_true", help="exit with status 1 where a derivative is wrong"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run what is asked for, judge, print, write; return the exit status."""
    from crosscheck.discover.recorder import Recorder
    from crosscheck.discover.report.files import write_files
    from crosscheck.discover.report.terminal import show
    from crosscheck.discover.run import judged
    from crosscheck.discover.scripts import neighbours
    from crosscheck.discover.settings import settings
    from crosscheck.report.console import stdout

    paths, arguments = targets(options.path)
    folders = {path.parent for path in paths}
    names = [name for folder in folders for name in neighbours(folder)]
    packages = ("__main__", *options.package, *dict.fromkeys(names))
    found = settings(packages, Path.cwd(), calls=options.calls, seconds=options.seconds)
    recorder = Recorder(found)
    try:
        failed = [line for path in paths for line in ran(path, arguments, recorder)]
    finally:
        candidates = recorder.finish()
    report = judged(candidates, recorder.unpaired, recorder.settings)
    console = stdout()
    for line in failed:
        console.print(f"not run to its end: {line}", markup=False)
    show(report, Path.cwd(), console)
    files = {"json": options.json, "junit": options.junitxml, "write": options.write}
    write_files(report, candidates, {kind: file for kind, file in files.items() if file})
    return int(options.fail and report.failed)


def targets(words: list[str]) -> tuple[list[Path], list[str]]:
    """Return the paths of a command line, and the arguments of the script behind `python`.

    Raises:
        NothingToRunError: a path leads nowhere.

    """
    arguments: list[str] = []
    if Path(words[0]).name.startswith("python") and len(words) > 1:
        words, arguments = words[1:2], words[2:]
    paths = [Path(word).absolute() for word in words]
    for path, word in zip(paths, words, strict=True):
        if not path.is_dir() and path.suffix != ".py":
            msg = f"{word!r} is no package, folder or script; pass one, or `-- python script.py`"
            raise NothingToRunError(msg)
        if not path.exists():
            msg = f"there is no file {word!r}"
            raise NothingToRunError(msg)
    return paths, arguments


def ran(path: Path, arguments: list[str], recorder: Recorder) -> list[str]:
    """Run a script, a package's examples, or all scripts of a folder; return what they raised."""
    from crosscheck.discover.scripts import run_package, run_script

    if path.is_file():
        return [line for line in [run_script(path, arguments, recorder)] if line]
    if (path / "__init__.py").is_file():
        return run_package(path, recorder)
    files = sorted(path.glob("*.py"))
    if not files:
        msg = f"{path} has no scripts and is no package"
        raise NothingToRunError(msg)
    return [line for file in files for line in ran(file, [], recorder)]
