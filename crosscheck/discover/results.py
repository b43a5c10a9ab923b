"""What was found of each candidate: frozen values that JSON has."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

RIGHT, WRONG, UNKNOWN, IDLE = "AGREE", "DISAGREE", "unknown", "not called"
UNRELATED = "no pair"  # it is named like one, but does not return what one returns
FRAMEWORKS, DIFFERENCES = "frameworks", "central differences"


@dataclass(frozen=True)
class Result:
    """What was found of one candidate.

    Attributes:
        name: `module:Class.derivative`.
        function: what it is the derivative of.
        file: where the derivative is defined.
        line: its line.
        calls: how many calls were kept.
        verdict: "AGREE", "DISAGREE", "unknown" or "not called".
        by: what judged it: "frameworks", or "central differences" where the function could not be
            traced; "" if nothing did.
        reading: as what it was judged: "gradient by w".
        reason: why it is unknown; of a DISAGREE, in words; of an AGREE, what it does not cover.
        resolution: the smallest relative error that would have been detected.
        error: the largest relative error that was found.
        differences: what central differences say at the given arguments: "fit", "differ" or "".
        seconds: how long it took.

    """

    name: str
    function: str
    file: str
    line: int
    calls: int
    verdict: str
    by: str = ""
    reading: str = ""
    reason: str = ""
    resolution: float | None = None
    error: float | None = None
    differences: str = ""
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return it as values that JSON has."""
        return asdict(self)


@dataclass(frozen=True)
class Report:
    """All results of a run, and what is named like a derivative and belongs to nothing."""

    results: tuple[Result, ...]
    unpaired: tuple[str, ...] = ()

    def of(self, verdict: str) -> list[Result]:
        """Return the results of one verdict."""
        return [result for result in self.results if result.verdict == verdict]

    @property
    def failed(self) -> bool:
        """Whether a derivative is wrong."""
        return bool(self.of(WRONG))
