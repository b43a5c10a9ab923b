"""`crosscheck doctor`: its options, and what it prints."""

from __future__ import annotations

import argparse
import shutil
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crosscheck.doctor.examination import Examination

EPILOG = """\
exit status:
  0  all is well; there may be advice that makes it faster
  1  NumPy's arithmetic is not what the verdicts rest on
  2  wrong usage
  3  a framework is missing or fails: nothing can be certified against it
"""
LABEL = 12  # columns
WIDEST, NARROWEST = 100, 40


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "doctor",
        help="say what this machine certifies with, how fast, and what is to be remedied",
        description="Examine the installation: versions, dtypes, threads, subnormals, the kernel "
        "of NumPy's BLAS and its measured rate beside what the CPU could do.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    """Examine, print, and return the exit status."""
    from crosscheck.doctor.examination import examine
    from reference.example import lenient_stdout

    lenient_stdout()
    found = examine()
    print(said(found, shutil.get_terminal_size().columns))
    return found.exit_status


def said(found: Examination, columns: int) -> str:
    """Return all that there is to say, in lines of so many columns."""
    width = max(NARROWEST, min(WIDEST, columns))
    paragraphs = [_wrapped(label, text, width) for label, text in found.lines()]
    remarks = found.remarks
    for remark in remarks:
        paragraphs += ["", _wrapped(f"{remark.weight.name.capitalize()}:", remark.text, width)]
    verdict = ("All is well", "NOT SOUND", "", "CANNOT CERTIFY")[found.exit_status]
    advice = f"; {len(remarks)} to read above" if remarks else ""
    return "\n".join([*paragraphs, "", f"{verdict}{advice}"])


def _wrapped(label: str, text: str, width: int) -> str:
    """Return a label, and the text beside it."""
    return textwrap.fill(
        text,
        width,
        initial_indent=label.ljust(LABEL),
        subsequent_indent=" " * LABEL,
        break_on_hyphens=False,
    )
