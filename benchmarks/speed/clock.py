"""Contenders in turn, and the ratios of their times with their spread."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True)
class Ratio:
    """The median of paired ratios, and their quartiles."""

    low: float
    middle: float
    high: float

    def within(self, noise: Ratio) -> bool:
        """Whether the noise explains it: the ratio of a contender with itself is as far from 1."""
        return noise.low <= self.middle <= noise.high


def ratio(times: Sequence[float], others: Sequence[float]) -> Ratio:
    """Return the ratio of times measured in turn: each is compared with that of its own round."""
    pairs = [a / b for a, b in zip(times, others, strict=True)]
    low, middle, high = statistics.quantiles(pairs, n=4, method="inclusive")
    return Ratio(low, middle, high)


@dataclass(frozen=True)
class Effort:
    """How long is measured: so many rounds, or `least` once they have taken `patience` seconds.

    In every turn `filled` seconds are filled with calls, after a pause of `pause` seconds, in which
    the threads of the one before go to sleep: for a while they wait for more work at full speed.
    """

    rounds: int
    least: int = 5
    patience: float = 10.0
    filled: float = 0.02
    pause: float = 0.0


def in_turn(
    contenders: Mapping[str, Callable[[], float]], effort: Effort
) -> dict[str, list[float]]:
    """Return the times of each contender, measured A B C, A B C, …: drift affects all alike."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    start = time.perf_counter()
    for i in range(effort.rounds):
        if i >= effort.least and time.perf_counter() - start > effort.patience:
            break
        for name, measure in contenders.items():
            time.sleep(effort.pause)
            times[name].append(measure())
    return times


def seconds(call: Callable[[], Any], calls: int = 1) -> float:
    """Return the wall-clock seconds of one call, the mean of so many."""
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - start) / calls


def filling(call: Callable[[], Any], least: float) -> int:
    """Return how many calls fill `least` seconds, at least one; the call has run before."""
    once = seconds(call)
    if once < least:  # measuring again is cheap
        once = min(once, seconds(call))
    return max(1, round(least / max(once, 1e-9)))
