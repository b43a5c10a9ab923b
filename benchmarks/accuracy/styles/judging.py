"""Whether a diagnosis is right: one of the accepted names, at a line where the mistake belongs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.accuracy.styles.names import states
from benchmarks.accuracy.styles.running import ERROR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.accuracy.styles.cases import Case, Expected, Mistake
    from benchmarks.accuracy.styles.kept import Kept
    from benchmarks.accuracy.styles.running import Answer, Cause

RIGHT, SEVERAL, UNKNOWN, WRONG = "right", "among several", "unknown", "WRONG"
UNSEEN, EQUIVALENT, REFUSED = "AGREE", "changes nothing", "refused"
NO_NAME = "equivalent"  # the name of an edit that changes nothing


BOTH, ONE = ("torch", "jax"), ("torch",)  # a correct network is judged by both, a mistake by one


@dataclass(frozen=True)
class Correct:
    """How a correct network is judged, and the seconds of a first and of a second call."""

    case: str
    style: str
    half: str
    verdict: str
    said: str
    first: float
    again: float


@dataclass(frozen=True)
class Outcome:
    """What became of an edit: `mistakes` in one, what was expected and what is printed."""

    case: str
    style: str
    half: str
    number: int
    mistakes: int
    expected: str
    edit: str
    result: str
    verdict: str
    said: str
    explanations: list[list[str]]
    seconds: float


def correct(case: Case, kept: Kept, *, one_line: bool = False) -> Correct:
    """Judge a network as it is, twice; by an adapter, or in one line."""
    source = case.one_line if one_line else case.source
    first, again = (kept.answer(case.name, source, BOTH, call) for call in range(2))
    times = round(first.seconds, 2), round(again.seconds, 2)
    return Correct(case.name, case.style, case.half, first.verdict, first.said, *times)


def outcome(case: Case, mistake: Mistake, kept: Kept) -> Outcome:
    """Plant a mistake, certify, and grade what is said."""
    planted = mistake.planted(case.source)
    found = kept.answer(case.name, planted, ONE)
    return Outcome(
        case.name,
        case.style,
        case.half,
        mistake.number,
        len(mistake.expected),
        " + ".join(" | ".join(one.names) for one in mistake.expected),
        "; ".join(f"{old} -> {new}" for old, new in mistake.edits),
        graded(mistake, planted, found),
        found.verdict,
        found.said,
        [[_told(cause) for cause in causes] for causes in found.explanations],
        round(found.seconds, 2),
    )


def graded(mistake: Mistake, planted: str, answer: Answer) -> str:
    """Return right, among several, unknown or WRONG; or what came instead of a diagnosis."""
    harmless = any(NO_NAME in expected.names for expected in mistake.expected)
    if answer.verdict == "AGREE":
        return EQUIVALENT if harmless else UNSEEN
    if answer.verdict != "DISAGREE":
        return REFUSED if answer.verdict == ERROR else answer.verdict
    if not answer.explanations:
        return UNKNOWN
    fitting = [_fits(mistake.expected, planted, causes) for causes in answer.explanations]
    if not any(fitting):
        return WRONG
    return RIGHT if len(fitting) == 1 else SEVERAL


def _fits(expected: Sequence[Expected], planted: str, causes: Sequence[Cause]) -> bool:
    """Return whether every cause is expected, and everything expected is a cause."""
    meets = [[_meets(one, planted, cause) for cause in causes] for one in expected]
    columns = zip(*meets, strict=True)
    return bool(causes) and all(map(any, meets)) and all(map(any, columns))


def _told(cause: Cause) -> str:
    """Return a cause as a line: where, what, for which gradients."""
    lines = ", ".join(map(str, sorted(cause.lines)))
    return f"line {lines or '-'}: {cause.sentence} ({', '.join(cause.gradients)})"


def _meets(expected: Expected, planted: str, cause: Cause) -> bool:
    """Return whether a cause has an accepted name and line; a whole gradient's has no line."""
    lines = expected.lines(planted)
    somewhere = lines is None or not cause.lines or bool(lines & cause.lines)
    names = [name for name in expected.names if name != NO_NAME]
    return somewhere and any(states(cause.sentence, name) for name in names)
