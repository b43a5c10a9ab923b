"""The command line. Nothing heavy is imported before the oracles' processes are on their way."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from crosscheck.core.version import __version__
from crosscheck.doctor import command as doctor
from crosscheck.examples.oracle_process import oracle_processes
from crosscheck.textbook import command
from reference import NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

EPILOG = """\
The examples are {names}.

exit status:
  0  everything agrees, and every number that the document prints is reproduced
  1  a hand-written quantity disagrees, or a printed number is not reproduced
  2  wrong usage
  3  not certified: some inputs cannot tell, or a framework is missing or failed
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except KeyboardInterrupt:
        return 130
    return status


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command's options."""
    result = argparse.ArgumentParser(
        prog="crosscheck",
        description="Check the document's six hand-written backpropagations against PyTorch "
        "autograd and JAX grad, and against the numbers that the document prints.",
        epilog=EPILOG.format(names=", ".join(NAMES)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    result.add_argument(
        "--example",
        action="append",
        choices=NAMES,
        metavar="NAME",
        help="check only this example (may be given again for more)",
    )
    result.add_argument(
        "--points",
        type=_points,
        default=8,
        metavar="N",
        help="how many points to draw beside the document's own: 8, the default, or more",
    )
    result.add_argument(
        "--seed", type=_seed, default=0, metavar="N", help="seed of the drawn points (default 0)"
    )
    result.add_argument(
        "--json", type=_writable, metavar="FILE", help="write the whole certificate to FILE, too"
    )
    result.add_argument("--version", action="version", version=f"crosscheck {__version__}")
    result.set_defaults(run=run)
    commands = result.add_subparsers(title="another command", metavar="verify, doctor")
    command.add(commands, _whole, _writable)
    doctor.add(commands)
    return result


def run(options: argparse.Namespace) -> int:
    """Certify the examples, print the table, write the JSON; return the exit status."""
    with oracle_processes() as oracles:
        import reference
        from crosscheck.examples.certify import certify_examples
        from crosscheck.report.terminal import show

        wanted = options.example or NAMES
        examples = [e for e, name in zip(reference.EXAMPLES, NAMES, strict=True) if name in wanted]
        certificate = certify_examples(examples, oracles, points=options.points, seed=options.seed)
    show(certificate)
    if options.json is not None:
        try:
            options.json.write_text(certificate.to_json(), encoding="utf-8")
        except OSError as error:
            print(f"crosscheck: --json {options.json}: {error.strerror}", file=sys.stderr)
            return 2
    return certificate.exit_status


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
