"""A record of `python -m benchmarks`, as rows to be asked for medians and ratios."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.speed.clock import Ratio, ratio
from benchmarks.speed.gradients.authors import AGAIN, HAND, LIMIT
from benchmarks.speed.gradients.cases import Case

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Row:
    """One measured case: the seconds of every author in every round."""

    case: Case
    threads: int
    seconds: Mapping[str, Sequence[float]]
    first: Mapping[str, float]
    libraries: Mapping[str, Sequence[str]]

    def median(self, author: str) -> float:
        """Return the author's median seconds."""
        return statistics.median(self.seconds[author])

    def ratio(self, author: str, other: str = HAND) -> Ratio:
        """Return how many times as long as another an author takes, paired by round."""
        return ratio(self.seconds[author], self.seconds[other])

    @property
    def noise(self) -> Ratio:
        """What the ratio of one contender with itself is: in another process, in turn."""
        return self.ratio(AGAIN)

    @property
    def to_the_limit(self) -> Ratio:
        """How many times as long as its limit the gradient by hand takes."""
        return self.ratio(HAND, LIMIT)


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
