"""What a picture shows of a certificate, as few numbers: large tensors are reduced.

The map of a wrong gradient shows actual / expected − 1 of each entry, on a logarithmic scale from
the rounding limit to 10. So a factor is one colour, a missing gradient −1 everywhere, and a
transposed matrix is noise. A cell that stands for several entries shows the worst of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crosscheck.core.types import Array
    from crosscheck.core.verdict import Judgement
    from crosscheck.results import Entries, Finding

CELLS = 40  # of a map, along each side
MARKS = 300  # entries beside the identity line
ROWS = 30  # tensors on the axis of the rule
GRADIENTS = 6  # wrong ones that are drawn
LEAST, MOST = 1e-16, 10.0  # of relative errors that are told apart


@dataclass(frozen=True)
class Map:
    """The entries of a gradient as cells.

    Attributes:
        levels: 2-D: 0 within rounding, up to ±1 for a relative error of ±10; nan for what is none.
        floor: the relative error at which the scale begins.
        shape: of the gradient.
        block: how many entries the largest cell stands for, down and across.

    """

    levels: Array
    floor: float
    shape: tuple[int, ...]
    block: tuple[int, int]


@dataclass(frozen=True)
class Row:
    """A tensor on the axis of the rule: three relative numbers."""

    name: str
    verdict: Verdict
    error: float
    tolerance: float
    noise: float


def wrong(findings: Sequence[Finding]) -> list[tuple[Finding, Entries]]:
    """Return the findings whose entries have a picture: those of more than one."""
    found = ((finding, finding.entries) for finding in findings)
    return [(finding, shown) for finding, shown in found if shown and shown.actual.size > 1]


def entry_map(entries: Entries) -> Map:
    """Return the map of the entries' relative errors."""
    floor = min(max(entries.tolerance / entries.size if entries.size else LEAST, LEAST), 0.1)
    levels = _levels(_sheet(entries.actual), _sheet(entries.expected), entries.tolerance, floor)
    down, across = map(_edges, levels.shape)
    worst = np.maximum.reduceat(np.maximum.reduceat(levels, down), across, axis=1)
    least = np.minimum.reduceat(np.minimum.reduceat(levels, down), across, axis=1)
    block = (-(-levels.shape[0] // len(down)), -(-levels.shape[1] // len(across)))
    cells = np.where(worst >= -least, worst, least)
    return Map(cells, floor, entries.actual.shape, block)


def marks(entries: Entries) -> tuple[Array, Array]:
    """Return (expected, actual) of at most 300 entries: the worst ones, and some of all."""
    expected, actual = entries.expected.ravel(), entries.actual.ravel()
    finite = np.flatnonzero(np.isfinite(expected) & np.isfinite(actual))
    if finite.size > MARKS:
        worst = np.argsort(np.abs(actual[finite] - expected[finite]))[-MARKS // 3 :]
        spread = np.linspace(0, finite.size - 1, MARKS - worst.size).astype(int)
        finite = finite[np.union1d(worst, spread)]
    return expected[finite], actual[finite]


def rows(findings: Sequence[Finding]) -> tuple[list[Row], int]:
    """Return the rows of the rule's picture, those that do not agree first, and how many more."""
    found = sorted(_rows(findings), key=lambda row: row.verdict is Verdict.AGREE)
    return found[:ROWS], len(found[ROWS:])


def _rows(findings: Sequence[Finding]) -> Iterator[Row]:
    several = len({finding.example for finding in findings}) > 1
    for finding in findings:
        told = [j for j in finding.judgements if j.size > 0 and isfinite(_error(j))]
        if finding.verdict is None or not told:
            continue
        decided = [j for j in told if j.verdict is finding.verdict] or told
        judgement = max(decided, key=lambda j: _error(j) / (j.tolerance or LEAST))
        numbers = (_error(judgement), judgement.tolerance, judgement.noise)
        relative = [number / judgement.size for number in numbers]
        name = f"{finding.example} {finding.quantity}" if several else finding.quantity
        yield Row(name, finding.verdict, *relative)


def _error(judgement: Judgement) -> float:
    return float(max(judgement.errors.values(), default=np.nan))


def _sheet(array: Array) -> Array:
    """Return an array in two dimensions: the first axis down, all others across."""
    return array.reshape(array.shape[0], -1) if array.ndim > 1 else array.reshape(1, -1)


def _edges(length: int) -> list[int]:
    """Return where the cells along an axis begin."""
    count = min(length, CELLS)
    return [k * length // count for k in range(count)]


def _levels(actual: Array, expected: Array, tolerance: float, floor: float) -> Array:
    """Return the place of each relative error on the scale, with its sign."""
    error = actual.astype(float) - expected
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(expected == 0, np.copysign(np.inf, error), error / expected)
        decades = np.log10(np.abs(relative) / floor) / np.log10(MOST / floor)
    level = np.sign(relative) * np.clip(decades, 0.0, 1.0)
    level = np.where(np.abs(error) <= tolerance, 0.0, level)
    return np.where(np.isfinite(error), level, np.nan)
