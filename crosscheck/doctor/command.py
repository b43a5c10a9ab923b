"""`crosscheck doctor`: its options, and what it prints."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from crosscheck.doctor.findings import Examination

EPILOG = """\
exit status:
  0  OK; there may be advice that makes it faster
  1  UNSOUND: NumPy fails, or its arithmetic is not that of IEEE 754, which verdicts rest on
  2  wrong usage
  3  incomplete: a framework is missing or fails, so that it is no oracle
"""
LABEL = 12  # columns
VERDICTS = {  # exit status -> its name and style
    0: ("OK", "green"),
    1: ("UNSOUND", "bold red"),
    3: ("incomplete", "yellow"),
}


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "doctor",
        help="check the installation: versions, precision, speed, and what to fix",
        description="Examine the installation: versions, dtypes, threads, subnormals, the kernel "
        "of NumPy's BLAS and its measured rate beside what the CPU could do.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    """Examine, print, and return the exit status."""
    from crosscheck.doctor.findings import examine
    from crosscheck.report.console import stdout

    found = examine()
    show(found, stdout())
    return found.exit_status


def show(found: Examination, console: Console) -> None:
    """Print the examination, its remarks, and a last line with the verdict."""
    from rich.text import Text

    from crosscheck.report.console import print_paragraph

    for label, text in found.lines():
        print_paragraph(console, Text(f"{label:{LABEL}}{text}"), LABEL if label else 0)
    remarks = found.remarks
    for remark in remarks:
        label = f"{remark.weight.name.capitalize()}:"
        print_paragraph(console, Text(f"\n{label:{LABEL}}{remark.text}"), LABEL)
    verdict, style = VERDICTS[found.exit_status]
    console.print()
    count = f"; {len(remarks)} remark{'s' * (len(remarks) != 1)} above" if remarks else ""
    console.print(Text.assemble((verdict, style), count))
