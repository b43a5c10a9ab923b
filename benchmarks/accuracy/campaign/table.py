"""The campaign's result as tables and as JSON."""

from __future__ import annotations

import importlib.metadata
import platform
from typing import TYPE_CHECKING, Any

from rich.table import Table

from benchmarks.accuracy.campaign.summary import total

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from benchmarks.accuracy.campaign.summary import Counts, Summary

VERDICTS = ("AGREE", "DISAGREE", "INCONCLUSIVE")
BRANCH = "uncovered branch stated"
OUTCOMES = ("DISAGREE", "INCONCLUSIVE", "unresolved", "equivalent", BRANCH, "MISSED")


def show(console: Console, summaries: Sequence[Summary]) -> None:
    """Print how many of each family and of each mistake got which verdict, and every breach."""
    console.print(_table("correct networks", VERDICTS, total(s.correct for s in summaries)))
    console.print(_table("mistakes planted", OUTCOMES, total(s.mutants for s in summaries)))
    breaches = [breach for summary in summaries for breach in summary.breaches]
    for breach in breaches:
        console.print(f"BROKEN: {breach}", style="bold red", soft_wrap=True)
    if not breaches:
        console.print("No DISAGREE on a correct network, no mistake missed that was resolved.")


def _table(title: str, columns: Sequence[str], counts: Counts) -> Table:
    """Return the counts of some rows, and their sum."""
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for column in (*columns, "all"):
        table.add_column(column, justify="right")
    rows = dict(sorted(counts.items()))
    everything = {c: sum(row.get(c, 0) for row in rows.values()) for c in columns}
    for name, row in rows.items():
        numbers = [row.get(column, 0) for column in columns]
        table.add_row(name, *(f"{n:,}" if n else "" for n in numbers), f"{sum(numbers):,}")
    table.add_section()
    numbers = list(everything.values())
    table.add_row("all", *(f"{n:,}" for n in numbers), f"{sum(numbers):,}")
    return table


def record(seed: int, nets: int, seconds: float, summaries: Sequence[Summary]) -> dict[str, Any]:
    """Return the result with all that it takes to repeat it."""
    correct, mutants = total(s.correct for s in summaries), total(s.mutants for s in summaries)
    return {
        "seed": seed,
        "nets": nets,
        "judged": _sum(correct),
        "mutants judged": _sum(mutants),
        "seconds": round(seconds, 1),
        "versions": versions(),
        "correct": dict(sorted(correct.items())),
        "mutants": dict(sorted(mutants.items())),
        "breaches": [breach for summary in summaries for breach in summary.to_json()["breaches"]],
    }


def versions() -> dict[str, str]:
    """Return what the numbers depend on."""
    packages = {name: importlib.metadata.version(name) for name in ("numpy", "torch", "jax")}
    return {"python": platform.python_version(), **packages}


def _sum(counts: Counts) -> int:
    """Return the sum of everything counted."""
    return sum(sum(row.values()) for row in counts.values())
