"""The kept result as a table of docs/discover.md."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS = (
    "package",
    "called",
    "judged",
    "right",
    "wrong",
    "unknown",
    "false DISAGREE",
    "false AGREE",
)


def rows(kept: Mapping[str, Any]) -> list[list[str]]:
    """Return a row for each suite, and their sum: what was called, judged and against the truth."""
    total: Counter[str] = Counter()
    listed = []
    for suite in kept["suites"].values():
        counts = counted(suite["results"])
        total += counts
        listed.append([f"{', '.join(suite['watched'])} {suite['version']}", *_cells(counts)])
    return [*listed, ["all", *_cells(total)]]


def counted(results: list[dict[str, Any]]) -> Counter[str]:
    """Return how many results there are of each kind."""
    counts = Counter(result["verdict"] for result in results)
    for result in results:
        pair = result["verdict"], result["differences"]
        counts["false DISAGREE"] += pair == ("DISAGREE", "fit")
        counts["false AGREE"] += pair == ("AGREE", "differ")
    return counts


def _cells(counts: Counter[str]) -> list[str]:
    right, wrong, unknown = counts["AGREE"], counts["DISAGREE"], counts["unknown"]
    called = right + wrong + unknown
    numbers = [called, right + wrong, right, wrong, unknown]
    return [str(n) for n in (*numbers, counts["false DISAGREE"], counts["false AGREE"])]


def remarks(kept: Mapping[str, Any]) -> str:
    """Return the derivatives that are wrong, by name, and the overhead if it was measured."""
    wrong = [
        f"`{result['name'].replace(':', '.')}`"
        for suite in kept["suites"].values()
        for result in suite["results"]
        if result["verdict"] == "DISAGREE"
    ]
    lines = [f"Wrong: {', '.join(dict.fromkeys(wrong)) or 'none'}."]
    if "overhead" in kept:
        cost = kept["overhead"]
        low, high = cost["quartiles"]
        lines.append(
            f"Recording takes {cost['ratio'] - 1:.1%} of the processor time of the tests "
            f"(quartiles {low - 1:.1%} to {high - 1:.1%}, {cost['rounds']} pairs of runs)."
        )
    return "\n\n".join(lines)
