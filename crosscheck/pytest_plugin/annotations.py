"""What failing tests found, as annotations at the diagnosed lines, in GitHub Actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from crosscheck.ci.problems import Problem

_PROBLEMS = pytest.StashKey["list[Problem]"]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Give the report what is wrong: it travels to the process that writes the summary."""
    report = yield
    if report.failed and _PROBLEMS in item.stash:
        found = item.stash[_PROBLEMS]
        report.crosscheck = [{**vars(one), "verdict": str(one.verdict.value)} for one in found]
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write annotations at the diagnosed lines, in GitHub Actions."""
    reports = terminalreporter.getreports("failed")
    found = [one for report in reports for one in getattr(report, "crosscheck", ())]
    if not found:
        return
    from crosscheck.ci.github import announce
    from crosscheck.ci.problems import Problem
    from crosscheck.core.verdict import Verdict

    problems = [Problem(**{**one, "verdict": Verdict(one["verdict"])}) for one in found]
    terminalreporter.ensure_newline()
    tests = f"{len(reports)} failed test{'s' * (len(reports) != 1)}"
    announce(problems, f"crosscheck: {tests}", terminalreporter.write_line)


def remember(item: pytest.Item, problems: Sequence[Problem]) -> None:
    """Keep what is wrong with a test, for its report."""
    item.stash.setdefault(_PROBLEMS, []).extend(problems)
