"""The outcomes as a table in Markdown, and as JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from benchmarks import ROOT
from benchmarks.accuracy.attack.judging import ALLOWED, BROKEN, VIOLATIONS, Outcome
from benchmarks.accuracy.campaign.table import versions
from benchmarks.tables import markdown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KEPT = 1500  # characters of what was said; a held case keeps its verdict alone


def record(found: Sequence[Outcome], seconds: float) -> dict[str, Any]:
    """Return every outcome, the counts, and what it takes to repeat them."""
    kinds: dict[str, dict[str, Counter[str]]] = {}
    for one in found:
        row = kinds.setdefault(one.kind, {"right": Counter(), "wrong": Counter()})
        row["right" if one.is_right else "wrong"][one.result] += 1
    return {
        "cases": len(found),
        "right": sum(one.is_right for one in found),
        "seconds": round(seconds, 1),
        "versions": versions(),
        "kinds": kinds,
        "outcomes": [_kept(one) for one in found],
    }


def _kept(one: Outcome) -> dict[str, Any]:
    """Return an outcome for the record: what was said only where it is not plain."""
    here = f"{ROOT}/"  # no path of this machine
    said = "" if one.result == "held" else one.said.replace(here, "")[:KEPT]
    return {**asdict(one), "said": said, "named": one.named.replace(here, "")}


def from_json(kept: Mapping[str, Any]) -> list[Outcome]:
    """Return the outcomes of a record."""
    return [Outcome(**one) for one in kept["outcomes"]]


def shown(kept: Mapping[str, Any]) -> str:
    """Return the counts, a line for right and wrong gradients of each kind."""
    columns = [c for c in (*ALLOWED, *VIOLATIONS, BROKEN) if _count(kept, c) or c in VIOLATIONS]
    rows = [
        [kind, which, str(sum(row.values())), *(str(row.get(c, 0)) for c in columns)]
        for kind, both in kept["kinds"].items()
        for which, row in both.items()
        if row
    ]
    total = ["all", "", str(kept["cases"]), *(str(_count(kept, c)) for c in columns)]
    rule = ["---", "---", *["--:"] * (len(columns) + 1)]
    return markdown([["kind", "gradient", "cases", *columns], rule, *rows, total])


def brief(kept: Mapping[str, Any]) -> str:
    """Return the counts of all kinds together, a line for right and one for wrong gradients."""
    columns = [*ALLOWED, *VIOLATIONS]
    rows = []
    for which in ("right", "wrong"):
        row: Counter[str] = sum((Counter(k[which]) for k in kept["kinds"].values()), Counter())
        cells = [f"{row[c]:,}" for c in columns]
        rows.append([f"{row.total():,} {which} gradients", *cells])
    return markdown([["", *columns], ["---", *["--:"] * len(columns)], *rows])


def _count(kept: Mapping[str, Any], result: str) -> int:
    """Return how many cases have a result."""
    return sum(row.get(result, 0) for both in kept["kinds"].values() for row in both.values())


def violations(kept: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the outcomes that count against the tool, and cases that are no cases."""
    return [one for one in kept["outcomes"] if one["result"] in (*VIOLATIONS, BROKEN)]


def left_open(kept: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the right gradients of easy losses that got no verdict."""
    undecided = ("inconclusive", "refused")
    return [
        one
        for one in kept["outcomes"]
        if one["is_right"] and one["is_easy"] and one["result"] in undecided
    ]
