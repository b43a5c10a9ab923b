"""Residuals along a short line: a mistake is smooth there, rounding is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from crosscheck.core.norms import max_or_nan, norm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosscheck.core.types import Array, Mask

    Part: TypeAlias = Mask | tuple[int, ...] | None  # some entries of an array, one, or all


TELLING = 2.0**-40  # of the size: far above rounding, far below what the line's length gives


def inside(array: Array, part: Part) -> Array:
    """Return the entries of a part, one after the other; the array itself without one."""
    return array if part is None else np.asarray(array[part])


@dataclass(frozen=True)
class Residuals:
    """How actual − oracle behaves at points on a short line.

    Attributes:
        jitter: half the median second difference of each entry, the largest for any oracle.
        oracles: the largest of the oracles' own results.
        moved: by how much the hand-written result changes from one end of the line to the other.
        expected: by how much each oracle's does.
        size: each oracle's result at one end.

    """

    jitter: Array
    oracles: float
    moved: Array
    expected: tuple[Array, ...]
    size: tuple[Array, ...]

    def responds(self, part: Part = None) -> bool:
        """Return whether the hand-written result follows the oracles' along the line.

        One that rounds its inputs to a lower precision does not, and one that has run into the
        spacing of its own numbers does not either.
        """
        moved = inside(self.moved, part)
        for expected, size in zip(self.expected, self.size, strict=True):
            way = norm(inside(expected, part))
            if not way > TELLING * norm(inside(size, part)):
                return True  # nobody moves, and nothing is shown
            if norm(moved - inside(expected, part)) <= way / 2:
                return True
        return False


ShortLine: TypeAlias = dict[str, Residuals]  # by quantity


def residuals(actual: Sequence[Array], oracles: Sequence[Sequence[Array]]) -> Residuals:
    """Return how the residuals behave; all arrays have one shape, in the order of the points."""
    ours = np.stack([np.asarray(array, dtype=np.float64) for array in actual])
    stacked = [np.stack(oracle) for oracle in oracles]
    with np.errstate(invalid="ignore"):
        rough = [_roughness(ours - theirs) for theirs in stacked]
        return Residuals(
            np.max(rough, axis=0) if rough else np.zeros(ours.shape[1:]),
            max_or_nan(0.0, *(norm(_roughness(theirs)) for theirs in stacked)),
            ours[-1] - ours[0],
            tuple(theirs[-1] - theirs[0] for theirs in stacked),
            tuple(theirs[0] for theirs in stacked),
        )


def _roughness(values: Array) -> Array:
    """Return half the median second difference along the first axis, of each entry."""
    bends = np.abs(np.diff(values, n=2, axis=0))
    half: Array = np.median(bends, axis=0) / 2
    return half
