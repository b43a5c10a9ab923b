"""What was discovered, as a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from crosscheck.discover.results import DIFFERENCES, IDLE, RIGHT, UNKNOWN, WRONG
from crosscheck.report.console import print_paragraph, render_text

if TYPE_CHECKING:
    from rich.console import Console

    from crosscheck.discover.results import Report, Result

ORDER = (WRONG, UNKNOWN, RIGHT)
LISTED = 10  # names of a list before it is cut short


def text(report: Report, root: Path) -> str:
    """Return the table and what belongs below it.

    Args:
        report: the results.
        root: paths are shown relative to it.

    Returns:
        Lines.

    """
    return render_text(lambda console: show(report, root, console))


def show(report: Report, root: Path, console: Console) -> None:
    """Print the table, the reasons and a line with the counts."""
    called = [result for verdict in ORDER for result in report.of(verdict)]
    if called:
        table = Table(box=None, pad_edge=False, show_edge=False)
        for name in ("derivative", "place", "calls", "result"):
            table.add_column(name, justify="right" if name == "calls" else "left", overflow="fold")
        for result in called:
            by = " by differences" if result.by == DIFFERENCES else ""
            table.add_row(result.name, place(result, root), str(result.calls), result.verdict + by)
        console.print(table)
        console.print()
    for result in called:
        if said := remark(result):
            print_paragraph(console, Text(f"{result.name}: {said}"))
    listed(console, "never called", [result.name for result in report.of(IDLE)])
    listed(console, "named like derivatives, of no function that is found", report.unpaired)
    console.print(Text(summary(report)))


def listed(console: Console, what: str, names: tuple[str, ...] | list[str]) -> None:
    """Print a list of names, cut short."""
    if names:
        more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
        print_paragraph(console, Text(f"{what}: {', '.join(names[:LISTED])}{more}"))


def place(result: Result, root: Path) -> str:
    """Return file and line, relative to the root or to the folder of installed packages."""
    path = Path(result.file)
    if path.is_relative_to(root):
        path = path.relative_to(root)
    elif "site-packages" in path.parts:
        path = Path(*path.parts[path.parts.index("site-packages") + 1 :])
    return f"{path.as_posix()}:{result.line}"


def remark(result: Result) -> str:
    """Return what is to be said of a result that is not simply right."""
    if result.verdict == RIGHT:
        return ""
    reading = f"{result.reading}, of {result.function}: " if result.reading else ""
    return f"{result.verdict}: {reading}{result.reason}"


def summary(report: Report) -> str:
    """Return the counts in a line."""
    differences = sum(r.by == DIFFERENCES for r in report.of(RIGHT))
    said = [
        f"{len(report.of(WRONG))} DISAGREE",
        f"{len(report.of(RIGHT))} AGREE"
        + (f" ({differences} by central differences)" if differences else ""),
        f"{len(report.of(UNKNOWN))} unknown",
        f"{len(report.of(IDLE))} never called",
    ]
    return f"hand-written derivatives: {', '.join(said)}"
