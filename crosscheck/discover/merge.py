"""Join what several processes recorded, and what several ways of finding one derivative found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosscheck.discover.results import IDLE, RIGHT, UNKNOWN, UNRELATED, WRONG

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crosscheck.discover.candidates import Candidate
    from crosscheck.discover.results import Result


def join(
    known: dict[tuple[str, ...], Candidate], candidates: Iterable[Candidate], calls: int
) -> None:
    """Add candidates to those that are known; of each function at most `calls` calls are kept."""
    for candidate in candidates:
        key = (*candidate.key, str(candidate.place))
        one = known.setdefault(key, candidate)
        if one is candidate:
            continue
        for call in candidate.calls:
            if (
                sum(c.function == call.function for c in one.calls) < calls
                and call not in one.calls
            ):
                one.calls.append(call)
        one.problem = one.problem or candidate.problem


def unique(
    candidates: Sequence[Candidate], results: Sequence[Result]
) -> list[tuple[Candidate, Result]]:
    """Return one result for each derivative of each class.

    A derivative that was passed to an optimiser is judged by that: what it is the derivative of,
    and by what, was said there. Otherwise a reading that agrees is the one that was meant.
    """
    groups: dict[tuple[str, ...], list[tuple[Candidate, Result]]] = {}
    for candidate, result in zip(candidates, results, strict=True):
        pair = candidate.pair
        owner, name = candidate.owner, pair.derivative
        if pair.kind.startswith("optimize"):
            owner, _, name = name.rpartition(".")
        groups.setdefault((str(candidate.place), owner, name), []).append((candidate, result))
    found = [min(group, key=_rank) for group in groups.values()]
    return sorted(found, key=lambda one: (one[1].file, one[1].line, one[1].name))


def _rank(found: tuple[Candidate, Result]) -> tuple[int, int]:
    candidate, result = found
    passed = candidate.pair.kind.startswith("optimize")
    order = [WRONG, RIGHT] if passed else [RIGHT, WRONG]
    verdicts = [*order, UNKNOWN, UNRELATED, IDLE]
    if result.verdict in {RIGHT, WRONG} and passed:
        return 0, verdicts.index(result.verdict)
    return 1, verdicts.index(result.verdict)
