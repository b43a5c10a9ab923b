"""Residuals along a short line: a mistake is smooth there, rounding is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from crosscheck.core.norms import max_or_nan, norm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosscheck.core.types import Array


TELLING = 2.0**-40  # of the size: far above rounding, far below what the line's length gives


@dataclass(frozen=True)
class Residuals:
    """How actual − oracle behaves at points on a short line.

    Attributes:
        jitter: half the median second difference of the roughest entry, for any oracle.
        oracles: the same of the oracles' own results.
        responds: whether the hand-written result follows the oracles' from one end of the line to
            the other; one that rounds its inputs to a lower precision does not.

    """

    jitter: float
    oracles: float
    responds: bool


ShortLine: TypeAlias = dict[str, Residuals]  # by quantity


def residuals(actual: Sequence[Array], oracles: Sequence[Sequence[Array]]) -> Residuals:
    """Return how the residuals behave; all arrays have one shape, in the order of the points."""
    ours = np.stack([np.asarray(array, dtype=np.float64) for array in actual])
    jitter = own = 0.0
    responds = False
    for oracle in oracles:
        theirs = np.stack(oracle)
        with np.errstate(invalid="ignore"):
            jitter = max_or_nan(jitter, _roughness(ours - theirs))
            own = max_or_nan(own, _roughness(theirs))
            moved, expected = ours[-1] - ours[0], theirs[-1] - theirs[0]
        told = norm(expected) > TELLING * norm(theirs)  # else nobody moves, and nothing is shown
        responds = responds or not told or norm(moved - expected) <= norm(expected) / 2
    return Residuals(jitter, own, responds)


def _roughness(values: Array) -> float:
    """Return half the median second difference along the first axis, of the roughest entry."""
    bends = np.abs(np.diff(values, n=2, axis=0))
    return norm(np.median(bends, axis=0)) / 2 if bends.size else 0.0
