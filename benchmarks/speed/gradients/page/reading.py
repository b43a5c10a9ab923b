"""A record of `python -m benchmarks`, as rows with medians and ratios."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.speed.clock import Ratio, ratio
from benchmarks.speed.gradients.cases import Case
from benchmarks.speed.gradients.contenders import AGAIN, HAND_WRITTEN, LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Row:
    """One measured case: the seconds of every contender in every round."""

    case: Case
    threads: int
    seconds: Mapping[str, Sequence[float]]
    first: Mapping[str, float]
    libraries: Mapping[str, Sequence[str]]

    def median(self, contender: str) -> float:
        """Return the contender's median seconds."""
        return statistics.median(self.seconds[contender])

    def ratio(self, contender: str, other: str = HAND_WRITTEN) -> Ratio:
        """Return a contender's time relative to another's, paired by round."""
        return ratio(self.seconds[contender], self.seconds[other])

    @property
    def noise(self) -> Ratio:
        """What the ratio of one contender with itself is: in another process, in turn."""
        return self.ratio(AGAIN)

    @property
    def to_the_limit(self) -> Ratio:
        """The time of hand-written NumPy relative to its limit."""
        return self.ratio(HAND_WRITTEN, LIMIT)


def rows(record: Mapping[str, Any], which: str) -> list[Row]:
    """Return the measured cases, `which` are "examples" or "networks"."""
    return [
        Row(
            Case.of(one["case"]),
            one.get("threads", 1),
            one["seconds"],
            one["first call"],
            one["libraries"],
        )
        for one in record[which]
    ]


def find(networks: Sequence[Row], name: str, dtype: str, threads: int) -> Row | None:
    """Return the row of a network by its name, None if it was not measured."""
    wanted = name, dtype, threads
    for row in networks:
        if (row.case.name, row.case.dtype, row.threads) == wanted:
            return row
    return None


def best_rate(record: Mapping[str, Any], dtype: str, threads: int) -> float:
    """Return the machine's best rate of matrix products, in Gflop/s, over OpenBLAS's kernels."""
    found: list[float] = [
        rate
        for rates in record["rates"]
        if (rates["dtype"], rates["threads"]) == (dtype, threads)
        for rate in rates["Gflop/s"].values()
    ]
    return max(found)
