"""The result as tables in Markdown, and as JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from benchmarks.accuracy.campaign.summary import tally
from benchmarks.accuracy.campaign.table import versions
from benchmarks.accuracy.styles.judging import (
    EQUIVALENT,
    REFUSED,
    RIGHT,
    SEVERAL,
    UNKNOWN,
    UNSEEN,
    WRONG,
)
from benchmarks.tables import markdown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmarks.accuracy.styles.judging import Correct, Outcome

RESULTS = (RIGHT, SEVERAL, UNKNOWN, WRONG, UNSEEN, "INCONCLUSIVE", REFUSED)


def record(correct: Sequence[Correct], outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return every outcome with what was printed, and the counts."""
    counted = [o for o in outcomes if o.result != EQUIVALENT]
    return {
        "seconds": round(sum(o.seconds for o in outcomes), 1),
        "versions": versions(),
        "styles": tally((o.style, o.result) for o in counted),
        "single": tally(("one mistake", o.result) for o in counted if o.mistakes == 1),
        "pairs": tally(("two mistakes", o.result) for o in counted if o.mistakes > 1),
        "changes nothing": len(outcomes) - len(counted),
        "correct": [asdict(one) for one in correct],
        "mistakes": [asdict(one) for one in outcomes],
    }


def shown(kept: Mapping[str, Any]) -> str:
    """Return the tables of a record: by style, and all."""
    both = {**kept["single"], **kept["pairs"]}
    tables = rows("style", kept["styles"]), rows("planted", both)
    return "\n\n".join([*tables, networks(kept), times(kept)])


def rows(title: str, counts: Mapping[str, Mapping[str, int]]) -> str:
    """Return the counts of some rows, and their sum."""
    everything = sum((Counter(row) for row in counts.values()), Counter[str]())
    lines = [*sorted(counts.items()), ("all", everything)]
    shown = [r for r in RESULTS if everything[r] or r in RESULTS[:4]]
    return markdown(
        [
            [title, *shown, "all"],
            ["---", *["--:"] * (len(shown) + 1)],
            *(
                [name, *(f"{row.get(r, 0):,}" for r in shown), f"{sum(row.values()):,}"]
                for name, row in lines
            ),
        ]
    )


def networks(kept: Mapping[str, Any]) -> str:
    """Return how the correct networks are judged."""
    verdicts = Counter(one["verdict"] for one in kept["correct"])
    counted = ", ".join(f"{n} {verdict}" for verdict, n in sorted(verdicts.items()))
    styles = len({one["style"] for one in kept["correct"]})
    return f"{len(kept['correct'])} correct networks and layers in {styles} styles: {counted}."


def times(kept: Mapping[str, Any]) -> str:
    """Return how long a call takes on this machine, busy as it was."""
    first, again = (middle(one[when] for one in kept["correct"]) for when in ("first", "again"))
    return f"A first call takes {first:.2f} s, a second {again:.2f} s (medians, by the clock)."


def middle(numbers: Iterable[float]) -> float:
    """Return the median, or 0 of nothing."""
    ordered = sorted(numbers)
    return ordered[len(ordered) // 2] if ordered else 0.0
