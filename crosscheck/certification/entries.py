"""The entries of a quantity that disagrees, kept for the pictures of a certificate."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.core.verdict import Verdict
from crosscheck.results import Entries

if TYPE_CHECKING:
    from crosscheck.core.evidence import Evidence
    from crosscheck.core.types import Array
    from crosscheck.core.verdict import Judgement
    from crosscheck.results import Finding


def with_entries(finding: Finding, evidence: Evidence) -> Finding:
    """Return the finding with its entries at the point that decided, if it disagrees."""
    if finding.verdict is not Verdict.DISAGREE or finding.worst is None:
        return finding
    place, judgement = finding.worst
    actual = evidence.actual[place].quantities.get(finding.quantity)
    oracles = evidence.expected(place, finding.quantity)
    if actual is None or not oracles:
        return finding
    oracle, expected = next(iter(oracles.items()))
    return replace(finding, entries=compared(actual, expected, oracle, judgement))


def compared(actual: Array, expected: Array, oracle: str, judgement: Judgement) -> Entries | None:
    """Return two arrays side by side; None where their shapes or numbers cannot be compared."""
    if np.shape(actual) != np.shape(expected) or np.asarray(actual).dtype.kind not in "fiu":
        return None
    return Entries(
        np.asarray(actual), np.asarray(expected), oracle, judgement.tolerance, judgement.size
    )
