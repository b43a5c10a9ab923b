"""The command line. Nothing heavy is imported before the oracles' processes are on their way."""

from __future__ import annotations

import argparse
import difflib
import os
import re
import sys
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from crosscheck.classroom import command as classroom
from crosscheck.core.version import __version__
from crosscheck.discover import command as discover
from crosscheck.doctor import command as doctor
from crosscheck.errors import CrosscheckError
from crosscheck.examples.oracle_process import oracle_processes
from crosscheck.examples.own_reference import GROUPS, NAMES, PAGES, own_reference
from crosscheck.frameworks import FRAMEWORKS
from crosscheck.interactive import command as certify
from crosscheck.textbook import command

if TYPE_CHECKING:
    from collections.abc import Sequence

EPILOG = """\
The examples are {names}.
The groups of pages beyond them are {groups}; `python -m reference --list` lists the pages.

exit status:
  0  everything agrees, and every number that the document prints is reproduced
  1  a hand-written quantity disagrees, or a printed number is not reproduced
  2  wrong usage
  3  inconclusive for these inputs, or incomplete: a framework is missing or failed
  141  the reader of the output closed the pipe
"""
CLOSED_PIPE = 141  # as a shell has it: 128 + SIGPIPE


class Parser(argparse.ArgumentParser):
    """A parser that says what may have been meant."""

    def error(self, message: str) -> NoReturn:
        """Print the error, with the nearest word that is known, and exit with status 2."""
        word = re.search(r"(?:unrecognized arguments:|invalid choice:) '?([^' ]+)", message)
        near = difflib.get_close_matches(word[1], self.words(), 1) if word else []
        super().error(f"{message}; did you mean {near[0]}?" if near else message)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Refuse an unknown option before its value is taken for a command."""
        known = self.words()
        for word in takewhile(lambda word: word != "--", args or ()):  # behind it: another command
            if word.startswith("--") and word.partition("=")[0] not in known:
                self.error(f"unrecognized arguments: {word}")
        return super().parse_known_args(args, namespace)

    def _commands(self) -> list[Parser]:
        choices = (action.choices for action in self._actions if isinstance(action.choices, dict))
        return [parser for found in choices for parser in found.values()]

    def words(self) -> list[str]:
        """Return the options and choices, those of the main command too."""
        words: list[str] = []
        for action in self._actions:
            words += [*action.option_strings, *map(str, action.choices or ())]
        return [*words, *(word for command in self._commands() for word in command.words())]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = parser().parse_args(sys.argv[1:] if arguments is None else arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read has seen enough. What is left is not to be flushed at exit, either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED_PIPE
    except (CrosscheckError, OSError) as error:
        print(f"crosscheck: {getattr(error, 'strerror', None) or error}", file=sys.stderr)
        if isinstance(error, OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    return status


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command's options."""
    result = Parser(
        prog="crosscheck",
        description="Check the document's six hand-written backpropagations against PyTorch "
        "autograd and JAX grad, and against the numbers that the document prints.",
        epilog=EPILOG.format(names=", ".join(NAMES), groups=", ".join([*GROUPS][1:])),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    result.add_argument(
        "--example",
        action="append",
        choices=(*NAMES, *PAGES),
        metavar="NAME",
        help="check only this example or page (may be given again for more)",
    )
    result.add_argument(
        "--group",
        action="append",
        choices=tuple(GROUPS),
        metavar="NAME",
        help="check every page of this group (may be given again for more)",
    )
    result.add_argument(
        "--all", action="store_true", help="check every page of every group, the document's first"
    )
    result.add_argument(
        "--points",
        type=_points,
        default=8,
        metavar="N",
        help="how many points to sample beside the document's own: 8, the default, or more",
    )
    result.add_argument(
        "--seed", type=_seed, default=0, metavar="N", help="seed of the sampled points (default 0)"
    )
    result.add_argument(
        "--oracle",
        action="append",
        choices=tuple(FRAMEWORKS),
        metavar="NAME",
        help="check against this framework alone, torch or jax (default: both)",
    )
    result.add_argument(
        "--json", type=_writable, metavar="FILE", help="write the whole certificate to FILE, too"
    )
    result.add_argument(
        "--sarif", type=_writable, metavar="FILE", help="write what is wrong to FILE, as SARIF"
    )
    result.add_argument("--version", action="version", version=f"crosscheck {__version__}")
    result.set_defaults(run=run)
    commands = result.add_subparsers(
        title="another command", metavar="certify, verify, discover, grade, doctor"
    )
    certify.add(commands, _whole, _writable)
    command.add(commands, _whole, _writable)
    discover.add(commands, _writable)
    classroom.add(commands, _whole, _writable)
    doctor.add(commands)
    return result


def run(options: argparse.Namespace) -> int:
    """Certify the examples, print the table, write the JSON; return the exit status."""
    keys = options.oracle or tuple(FRAMEWORKS)
    with oracle_processes([FRAMEWORKS[key].name for key in keys]) as oracles:
        reference = own_reference()
        from crosscheck.examples.certify import certify_examples
        from crosscheck.interactive.outcome import shown
        from crosscheck.report.console import progress

        wanted = _wanted(options)
        given = {"points": options.points, "seed": options.seed}
        examples = [e for e, name in zip(reference.EXAMPLES, NAMES, strict=True) if name in wanted]
        certificate = certify_examples(examples, oracles, **given) if examples else None
        if pages := [reference.page(name) for name in PAGES if name in wanted]:
            from crosscheck.examples.certify_pages import certify_pages, joined

            with progress("pages") as update:
                of_pages = certify_pages(pages, oracles, progress=update, **given)
            certificate = joined(certificate, of_pages) if certificate else of_pages
    assert certificate is not None  # noqa: S101 - something is wanted
    return shown(certificate, options)


def _wanted(options: argparse.Namespace) -> set[str]:
    """Return the names of the examples and pages that the options ask for."""
    groups = GROUPS if options.all else options.group or ()
    wanted = {name for group in groups for name in GROUPS[group]} | {*(options.example or ())}
    return wanted or {*NAMES}


def _points(text: str) -> int:
    """Return the number of points, at least 8."""
    return _whole(text, least=8, why="fewer do not show every ReLU on and off")


def _seed(text: str) -> int:
    """Return the seed, at least 0."""
    return _whole(text, least=0, why="as NumPy's generators want it")


def _whole(text: str, least: int, why: str) -> int:
    """Return a whole number not below `least`; argparse adds the option's name to the error."""
    if not text.isdecimal() or int(text) < least:
        msg = f"{text!r} is not a whole number of {least} or more ({why})"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _writable(text: str) -> Path:
    """Return the path, if a file can stand there: better now than after the work."""
    path = Path(text)
    if path.is_dir() or not path.absolute().parent.is_dir():
        msg = f"cannot write {text!r}: it is a folder, or its folder does not exist"
        raise argparse.ArgumentTypeError(msg)
    return path
