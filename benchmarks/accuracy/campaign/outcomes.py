"""How wrong a gradient is, and what became of it: the table's column."""

from __future__ import annotations

from math import inf, isfinite
from typing import TYPE_CHECKING

from crosscheck.core.norms import norm
from crosscheck.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.accuracy.campaign.summary import Breach
    from crosscheck.core.verdict import Judgement
    from reference.example import Array

# A wrong gradient that differs by less counts as right at this point: no check resolves it.
EQUAL = 1e-9


def deviation(wrong: Array, right: Array) -> float:
    """Return how far a gradient is from the right one, relative to the right one's size."""
    if wrong.shape != right.shape or not isfinite(norm(wrong)):
        return inf
    off, size = norm(wrong - right), norm(right)
    return off / size if size > 0 else (inf if off > 0 else 0.0)


def outcome(judged: Mapping[str, Judgement], missed: list[Breach]) -> str:
    """Return what became of a wrong gradient: the table's column."""
    verdicts = {judgement.verdict for judgement in judged.values()}
    if not judged:
        return "equivalent"
    if missed:
        return "MISSED"
    if Verdict.DISAGREE in verdicts:
        return Verdict.DISAGREE
    if Verdict.INCONCLUSIVE in verdicts:
        return Verdict.INCONCLUSIVE
    return "unresolved"
