"""Grade submissions: each in a process of its own, so that a crash costs no other its grade."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from crosscheck.core.verdict import Verdict
from crosscheck.errors import SpecError
from crosscheck.workers.child import child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

CHILD = "crosscheck.classroom.child:main"
QUIET = {"OMP_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu", "PYTHONDONTWRITEBYTECODE": "1"}
PATIENCE = 5.0  # seconds for a process that has said everything to end


@dataclass(frozen=True)
class Grade:
    """The grade of one submission.

    Attributes:
        submission: its path.
        verdict: of all its certificates; INCONCLUSIVE where it could not be judged.
        score: the fraction of the gradients that agree, from 0 to 1.
        message: in a line, what is wrong; "" where everything agrees.
        text: all that the student is told.
        seconds: the time that it took.

    """

    submission: str
    verdict: Verdict
    score: float
    message: str
    text: str
    seconds: float


def grade(  # noqa: PLR0913 - what is graded, and how
    check: str,
    submissions: Sequence[Path],
    *,
    jobs: int = 1,
    seconds: float = 120.0,
    hint: str = "full",
    progress: Callable[[Grade], None] = lambda _: None,
) -> list[Grade]:
    """Grade submissions.

    Args:
        check: `FILE.py:name` of the course's check: `check(submission)` gets the submission, a
            module, and returns a certificate, or several in a list or a mapping.
        submissions: Python files.
        jobs: how many are graded side by side.
        seconds: the time for one.
        hint: how much of a mistake is told, as for `certify`.
        progress: called with each grade as soon as it is there.

    Returns:
        The grades, in the order of the submissions.

    Raises:
        SpecError: the check cannot be run, or returns no certificate.

    """
    one = partial(_graded, check, seconds=seconds, hint=hint, progress=progress)
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, submissions))


def _graded(
    check: str, path: Path, *, seconds: float, hint: str, progress: Callable[[Grade], None]
) -> Grade:
    """Return the grade of one submission."""
    start = time.perf_counter()
    with child(CHILD, check, str(path), hint, environment=QUIET, own_group=True) as process:
        try:
            answer, _ = process.process.communicate(timeout=seconds)
            why = "" if answer else f"it crashed: {process.ended(PATIENCE)}"
        except subprocess.TimeoutExpired:
            answer, why = b"", f"stopped after {seconds:g} s"
        log = process.logged()
    if not answer and "crosscheck.errors.SpecError: " in log:
        raise SpecError(log.rpartition("crosscheck.errors.SpecError: ")[2])
    spent = time.perf_counter() - start
    made = Grade(str(path), Verdict.INCONCLUSIVE, 0.0, why, why, spent)
    if answer:
        found: dict[str, Any] = json.loads(answer)
        made = replace(made, **{**found, "verdict": Verdict(found["verdict"])})
    progress(made)
    return made


def to_csv(grades: Iterable[Grade]) -> str:
    """Return the grades as CSV: submission, verdict, score, message, seconds."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["submission", "verdict", "score", "message", "seconds"])
    for one in grades:
        writer.writerow(
            [one.submission, one.verdict, f"{one.score:.4g}", one.message, f"{one.seconds:.1f}"]
        )
    return out.getvalue()


def to_json(grades: Iterable[Grade]) -> str:
    """Return the grades as JSON: a list with an object for each."""
    return json.dumps([asdict(one) for one in grades], indent=1) + "\n"
