"""What a part of the campaign found: counts that can be added, and every breach of the rule."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Counts = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Breach:
    """A quantity on which the rule failed; `seed` and `net` reproduce it.

    `mistake` is empty for a false DISAGREE on a correct network. `deviation` is that of the wrong
    gradient from the correct one, `resolution` what the finding claimed, both relative.
    """

    seed: int
    net: int
    family: str
    mistake: str
    quantity: str
    verdict: str
    deviation: float
    resolution: float


@dataclass(frozen=True)
class Summary:
    """Networks `first` to `last` − 1: family or mistake -> outcome -> how many."""

    first: int
    last: int
    correct: Counts
    mutants: Counts
    breaches: tuple[Breach, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)


def from_json(kept: Mapping[str, Any]) -> Summary:
    """Return what `to_json` gave."""
    return Summary(**{**kept, "breaches": tuple(Breach(**breach) for breach in kept["breaches"])})


def tally(outcomes: Iterable[tuple[str, str]]) -> dict[str, dict[str, int]]:
    """Return row -> column -> how often the two came together."""
    counts: dict[str, dict[str, int]] = {}
    for (row, column), times in Counter(outcomes).items():
        counts.setdefault(row, {})[column] = times
    return counts


def total(parts: Iterable[Counts]) -> dict[str, dict[str, int]]:
    """Return the sum of some counts."""
    counts: dict[str, Counter[str]] = {}
    for part in parts:
        for row, columns in part.items():
            counts.setdefault(row, Counter()).update(columns)
    return {row: dict(columns) for row, columns in counts.items()}
