"""Annotations and a step summary for GitHub Actions.

The commands are those of GitHub's documentation, "Workflow commands for GitHub Actions"; ten
annotations of a step are shown, so that no more are written.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from crosscheck.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crosscheck.ci.problems import Problem

SHOWN = 10
LISTED = 100  # in the summary
LEVELS = {Verdict.DISAGREE: "error", Verdict.INCONCLUSIVE: "warning"}


def is_on() -> bool:
    """Return whether this process is a step of GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def announce(
    problems: Sequence[Problem], title: str, write: Callable[[str], object] | None = None
) -> None:
    """Write the annotations and the summary, in GitHub Actions; elsewhere nothing.

    Args:
        problems: what is wrong.
        title: the run in a line, for the summary.
        write: what writes a line; by default to stderr, so that stdout stays what was asked for.

    """
    if not is_on():
        return
    for problem in problems[:SHOWN]:
        line = annotation(problem)
        if write is None:
            print(line, file=sys.stderr)
        else:
            write(line)
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        with Path(path).open("a", encoding="utf-8") as summary:
            summary.write(markdown(problems, title))


def annotation(problem: Problem) -> str:
    """Return the workflow command that shows a problem at its line."""
    place = {}
    if problem.file:
        place["file"] = relative(problem.file)
        if problem.line:
            place["line"] = str(problem.line)
    place["title"] = f"crosscheck: {problem.verdict}"
    properties = ",".join(f"{name}={_property(value)}" for name, value in place.items())
    return f"::{LEVELS[problem.verdict]} {properties}::{_data(problem.message)}"


def markdown(problems: Sequence[Problem], title: str) -> str:
    """Return the summary: a title, and a table of what is wrong."""
    lines = [f"### {_cell(title)}", ""]
    if problems:
        lines += ["| place | mistake |", "|---|---|"]
    for problem in problems[:LISTED]:
        place = relative(problem.file) if problem.file else ""
        where = f"{place}:{problem.line}" if problem.line else place
        lines.append(f"| {_cell(where)} | {_cell(problem.message)} |")
    if problems[LISTED:]:
        lines += ["", f"and {len(problems) - LISTED} more"]
    return "\n".join(lines) + "\n\n"


def relative(file: str) -> str:
    """Return a path as the repository has it: below the workspace, or the working directory."""
    path = Path(file)
    root = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd()).resolve()
    full = (path if path.is_absolute() else Path.cwd() / path).resolve()
    return (full.relative_to(root) if full.is_relative_to(root) else path).as_posix()


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _cell(text: str) -> str:
    """Return text for a table's cell, in which nothing is markup."""
    for old, new in (
        ("&", "&amp;"),
        ("<", "&lt;"),
        ("|", "&#124;"),
        ("`", "&#96;"),
        ("*", "&#42;"),
    ):
        text = text.replace(old, new)
    return "<br>".join(text.splitlines())
