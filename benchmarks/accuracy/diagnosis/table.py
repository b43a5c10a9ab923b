"""The result as tables in Markdown, and as JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from benchmarks.accuracy.campaign.summary import tally
from benchmarks.accuracy.campaign.table import versions
from benchmarks.accuracy.diagnosis.judging import RIGHT, SEVERAL, UNKNOWN, WRONG
from benchmarks.tables import markdown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.accuracy.campaign.summary import Counts
    from benchmarks.accuracy.diagnosis.judging import Outcome

RESULTS = (RIGHT, SEVERAL, UNKNOWN, WRONG)
DEMANDED = 0.95


def record(seed: int, nets: int, seconds: float, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the counts with all that it takes to repeat them, and everything that went wrong."""
    known = [o for o in outcomes if o.catalogue]
    other = [o for o in outcomes if not o.catalogue]
    return {
        "seed": seed,
        "nets": nets,
        "seconds": round(seconds, 1),
        "versions": versions(),
        "families": tally((o.family, o.result) for o in known),
        "mistakes": tally((o.kind, o.result) for o in known),
        "unknown mistakes": tally((o.kind, o.result) for o in other),
        "not right": [asdict(o) for o in outcomes if o.said],
    }


def shown(kept: Mapping[str, Any]) -> str:
    """Return the tables of a record."""
    titles = {
        "families": "network",
        "mistakes": "mistake of the catalogue",
        "unknown mistakes": "mistake that no hypothesis describes",
    }
    return "\n\n".join(table(title, kept[name]) for name, title in titles.items())


def table(title: str, counts: Counts) -> str:
    """Return the counts of some rows, and their sum."""
    everything = total(counts)
    rows = [*sorted(counts.items()), ("all", everything)]
    return markdown(
        [
            [title, *RESULTS, "all"],
            ["---", *["--:"] * (len(RESULTS) + 1)],
            *([name, *(f"{row.get(r, 0):,}" for r in RESULTS), _sum(row)] for name, row in rows),
        ]
    )


def total(counts: Counts) -> Counter[str]:
    """Return the sum of the rows."""
    return sum((Counter(row) for row in counts.values()), Counter())


def holds(kept: Mapping[str, Any]) -> bool:
    """Return whether no name is wrong, and enough mistakes have one."""
    known, other = total(kept["mistakes"]), total(kept["unknown mistakes"])
    return not known[WRONG] + other[WRONG] and known[RIGHT] >= DEMANDED * known.total()


def _sum(row: Mapping[str, int]) -> str:
    """Return how many there are in a row."""
    return f"{sum(row.values()):,}"
