"""The entries of a claimed gradient that disagrees, beside an oracle's: for its picture."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crosscheck.certification.entries import compared
from crosscheck.core.types import Point, Request
from crosscheck.core.verdict import Verdict
from crosscheck.textbook.check_claim import ask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosscheck.textbook.check_claim import Certified


def with_entries(certified: Certified, frameworks: Mapping[str, str]) -> Certified:
    """Return the result of a claim with the entries at the snapshot that decided.

    Args:
        certified: the result.
        frameworks: the keys of the installed frameworks, by oracle.

    """
    finding = certified.finding
    if finding.verdict is not Verdict.DISAGREE or finding.worst is None or not frameworks:
        return certified
    place, judgement = finding.worst
    snapshot = certified.snapshots[place]
    oracle, key = next(iter(frameworks.items()))
    [[expected]] = ask(
        key, snapshot, [Request("claim", (Point({"x": snapshot.leaf}, {}),), "float64")]
    )
    entries = compared(snapshot.actual, expected["grad x"], oracle, judgement)
    return replace(certified, finding=replace(finding, entries=entries))
