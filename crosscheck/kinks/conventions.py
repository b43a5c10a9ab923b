"""Which slopes at a kink produce a gradient: the usual ones, or any others between the two sides'.

The gradient is affine in each slope. The common conventions are tried first, the same everywhere,
then one for each operation; then the slopes are solved for, entry by entry, between 0 and 1. What
is found is put into the program: only the gradient that comes out there counts.
"""

from __future__ import annotations

import functools
from math import inf
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from crosscheck.core.norms import max_or_nan, norm
from crosscheck.kinks.wording import CONVENTION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from crosscheck.core.types import Array
    from crosscheck.kinks.builder import Kink
    from crosscheck.kinks.parametrised import ParametrisedProgram

    Slopes = Sequence[Array]

TINY = 1e-300  # of a tolerance
MOST = 64  # slopes that are solved for: each costs a gradient
ROUNDS = 4  # of solving: several layers at their kinks are affine in one another's slopes only
CONVENTIONS = range(3)


class Target(NamedTuple):
    """A leaf, its actual gradient, and how far off it may be."""

    leaf: int
    actual: Array
    tolerance: float


def producing(
    programs: Sequence[ParametrisedProgram], targets: Sequence[Target]
) -> tuple[str, float]:
    """Return which slopes produce the actual gradients, in words, and how far off those are.

    One slope for each kink produces all of them. "" where none was found; the distance is the
    largest, in units of each target's tolerance.
    """
    for program in programs:
        away = functools.partial(_away, program, targets)
        words, slopes = _conventional(program.kinks, away)
        if away(slopes) > 1:
            words, slopes = _solved(program, targets, slopes)
        if (off := away(slopes)) <= 1:
            return words, off
    return "", inf


def _away(program: ParametrisedProgram, targets: Sequence[Target], slopes: Slopes) -> float:
    found = program.gradients(slopes)
    return max_or_nan(*(norm(found[t.leaf] - t.actual) / (t.tolerance or TINY) for t in targets))


def _conventional(kinks: Sequence[Kink], away: Callable[[Slopes], float]) -> tuple[str, Slopes]:

    def slopes(choice: Sequence[int]) -> Slopes:
        return [kink.conventions[c] for kink, c in zip(kinks, choice, strict=True)]

    def nearest(choices: Iterable[list[int]]) -> list[int]:
        return min(choices, key=lambda choice: away(slopes(choice)))

    choice = nearest([c] * len(kinks) for c in CONVENTIONS)
    for k in range(len(kinks)):
        if away(slopes(choice)) > 1:
            choice = nearest([*choice[:k], c, *choice[k + 1 :]] for c in CONVENTIONS)
    return _worded(kinks, choice), slopes(choice)


def _solved(
    program: ParametrisedProgram, targets: Sequence[Target], slopes: Slopes
) -> tuple[str, Slopes]:
    """Return the slopes that fit best, entry by entry, starting from the nearest convention."""
    kinks = program.kinks
    free = [(k, i) for k, kink in enumerate(kinks) for i in kink.free]
    wanted = np.concatenate([np.ravel(t.actual) / (t.tolerance or TINY) for t in targets])
    for _ in range(ROUNDS if 0 < len(free) <= MOST else 0):
        here, columns = _scaled(program, targets, slopes), []
        for k, i in free:
            other = [s.copy() for s in slopes]
            other[k].flat[i] = np.round(1 - slopes[k].flat[i])  # the farther end
            step = other[k].flat[i] - slopes[k].flat[i]
            with np.errstate(invalid="ignore"):  # no gradient is finite where the loss jumps
                columns.append((_scaled(program, targets, other) - here) / step)
        matrix = np.stack(columns, axis=1)
        if not np.isfinite(matrix).all():
            break
        x = np.array([slopes[k].flat[i] for k, i in free])
        x += _bounded(matrix, wanted - here, -x, 1 - x)
        slopes = [s.copy() for s in slopes]
        for (k, i), value in zip(free, x, strict=True):
            slopes[k].flat[i] = value
    names = ", ".join(dict.fromkeys(kink.operation for kink in kinks))
    return f"your gradient uses slopes between 0 and 1 at each {names}", slopes


def _scaled(program: ParametrisedProgram, targets: Sequence[Target], slopes: Slopes) -> Array:
    """Return the gradients of the targets' leaves, in units of their tolerances, in one row."""
    found = program.gradients(slopes)
    return np.concatenate([np.ravel(found[t.leaf]) / (t.tolerance or TINY) for t in targets])


def _bounded(matrix: Array, target: Array, low: Array, high: Array) -> Array:
    """Return an x between low and high for which matrix·x is near the target."""
    x = np.zeros_like(low)
    free = np.ones(x.shape, dtype=bool)
    while free.any():
        rest = target - matrix[:, ~free] @ x[~free]
        wanted = np.linalg.lstsq(matrix[:, free], rest)[0]
        x[free] = np.clip(wanted, low[free], high[free])
        within = x[free] == wanted
        if within.all():
            break
        free[free] = within
    return x


def _worded(kinks: Sequence[Kink], choice: Sequence[int]) -> str:
    words = (
        CONVENTION[kink.operation].sentence_for(kink.operation, c)
        for kink, c in zip(kinks, choice, strict=True)
    )
    other = "your gradient takes the other branch of a comparison of equal numbers"
    return "; ".join(dict.fromkeys(words)) or other
