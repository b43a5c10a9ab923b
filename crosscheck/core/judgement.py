"""The verdict on one quantity at one point, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from math import inf, isfinite
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crosscheck.core.types import Places

RESOLVED = 1e-6
# of a lower precision than float64
RESOLVED_LOW = {"float32": 1e-2, "float16": 1e-2, "bfloat16": 1e-1}


class Verdict(StrEnum):
    """The result of the rule for one quantity, or for all of them."""

    AGREE = "AGREE"
    DISAGREE = "DISAGREE"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True)
class Judgement:
    """The verdict on one quantity at one point, and everything that it rests on.

    Attributes:
        verdict: the result.
        errors: oracle -> |actual − oracle|; nan where they cannot be subtracted.
        tolerance: absolute, in the quantity's own unit; so are `noise` and `size`.
        noise: float32 rounding, measured.
        size: the oracles' largest |g|.
        reason: why, in words, where the numbers do not say it.
        worst: the index of the entry with the largest error.
        entries: that entry, as "actual" and by every oracle.
        precision: in which the hand-written code is judged.
        hidden: the entries, numbered in the flattened array, that are so small beside the others
            that a mistake in one of them would not be seen; None without any.

    """

    verdict: Verdict
    errors: Mapping[str, float]
    tolerance: float
    noise: float
    size: float
    reason: str = ""
    worst: tuple[int, ...] = ()
    entries: Mapping[str, float] | None = None
    precision: str = "float64"
    hidden: Places | None = field(default=None, compare=False, repr=False)

    @property
    def resolution(self) -> float:
        """The smallest relative error that this check can detect."""
        return self.tolerance / self.size if self.size > 0 and isfinite(self.tolerance) else inf

    @property
    def resolved(self) -> bool:
        """Whether that is small enough for an agreement to mean something."""
        return self.resolution <= RESOLVED_LOW.get(self.precision, RESOLVED)


def unjudged(verdict: Verdict, oracles: Iterable[str], reason: str) -> Judgement:
    """Return a verdict that no number decided."""
    return Judgement(verdict, dict.fromkeys(oracles, np.nan), np.nan, np.nan, np.nan, reason)


def overall(verdicts: list[Verdict]) -> Verdict:
    """Return the verdict on all of them: a DISAGREE decides, then an INCONCLUSIVE."""
    for verdict in (Verdict.DISAGREE, Verdict.INCONCLUSIVE):
        if verdict in verdicts:
            return verdict
    return Verdict.AGREE if verdicts else Verdict.INCONCLUSIVE
