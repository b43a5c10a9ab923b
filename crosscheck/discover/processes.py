"""Judge candidates in a process of our own, which is ended where one takes too long."""

from __future__ import annotations

import contextlib
import json
import pickle
import queue
import sys
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from crosscheck.discover.jobs import How, Job
from crosscheck.discover.results import IDLE, RIGHT, UNKNOWN, UNRELATED, WRONG, Result
from crosscheck.workers.child import child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crosscheck.discover.candidates import Call, Candidate
    from crosscheck.workers.child import Child

MAIN = "crosscheck.discover.child:main"
START = 120.0  # seconds for a process to start
GRACE = 5.0  # seconds beyond the limit, which the work itself looks at
ENVIRONMENT = {"MPLBACKEND": "Agg", "JAX_PLATFORMS": "cpu"}


class Judges:
    """A process that judges, started when it is needed and again after it was ended."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._stack = contextlib.ExitStack()
        self._child: Child | None = None
        self._lines: queue.Queue[bytes] = queue.Queue()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """End the process."""
        self._stack.close()
        self._child = None

    def ask(self, job: Job) -> Iterator[dict[str, Any]]:
        """Yield what each call of a job shows; end the process where it takes too long."""
        deadline = time.monotonic() + job.how.seconds + GRACE
        if self._child is None:
            deadline += START
            self._start()
            yield from self._until("ready", time.monotonic() + START)
            deadline = time.monotonic() + job.how.seconds + GRACE
        assert self._child is not None  # noqa: S101 - for the type checker
        data = pickle.dumps(job)
        with contextlib.suppress(BrokenPipeError):
            self._child.requests.write(len(data).to_bytes(8, "big") + data)
            self._child.requests.flush()
        yield from self._until("end", deadline)

    def _start(self) -> None:
        self._child = self._stack.enter_context(
            child(MAIN, str(Path.cwd()), *sys.path, environment=ENVIRONMENT, own_group=True)
        )
        self._lines = queue.Queue()
        threading.Thread(target=_read, args=(self._child.answers, self._lines), daemon=True).start()

    def _until(self, last: str, deadline: float) -> Iterator[dict[str, Any]]:
        """Yield messages up to the last one; where it does not come, why."""
        while True:
            try:
                line = self._lines.get(timeout=max(deadline - time.monotonic(), 0.0))
            except queue.Empty:
                self.end()
                yield {"verdict": UNKNOWN, "reason": "the time limit was reached"}
                return
            if not line:
                assert self._child is not None  # noqa: S101 - for the type checker
                how = self._child.ended(1.0)
                self.end()
                yield {"verdict": UNKNOWN, "reason": f"its process ended, {how}"}
                return
            message = json.loads(line)
            if last in message:
                return
            yield message


def judge_all(
    candidates: Sequence[Candidate], how: How, progress: Callable[[str], None]
) -> list[Result]:
    """Return the result of each candidate, in order.

    Args:
        candidates: what was recorded.
        how: how each is judged.
        progress: is told the name of what comes next.

    Returns:
        The results.

    """
    results = []
    with Judges() as judges:
        for candidate in candidates:
            progress(candidate.name)
            start = time.monotonic()
            job = job_of(candidate, how)
            shown = list(judges.ask(job)) if job.calls else []
            results.append(result_of(candidate, shown, time.monotonic() - start))
    return results


def _setting(candidate: Candidate, shown: Sequence[dict[str, Any]]) -> str:
    """Return why wrong calls beside right ones are not judged, "" if they differ in shapes.

    Where arguments of the same shapes are right and wrong, a switch may change what is meant: an
    expected Hessian in place of the observed one.
    """
    found: dict[str, set[str]] = {}
    for call, one in zip(ordered(candidate), shown, strict=False):
        found.setdefault(call.shapes, set()).add(one["verdict"])
    mixed = [verdicts for verdicts in found.values() if verdicts >= {RIGHT, WRONG}]
    plain = [verdicts for verdicts in found.values() if WRONG in verdicts and RIGHT not in verdicts]
    return "right with some settings and wrong with others" if mixed and not plain else ""


def ordered(candidate: Candidate) -> list[Call]:
    """Return the calls in the order in which they are judged: those of the derivative first."""
    pair = candidate.pair
    calls = sorted(candidate.calls, key=lambda call: call.function != pair.derivative)
    if pair.kind == "layer":  # a backward pass alone does not say what forward was given
        calls = [call for call in calls if call.function != pair.derivative] or calls
    return calls


def job_of(candidate: Candidate, how: How) -> Job:
    """Return what is asked about a candidate: calls of the derivative first."""
    pair = candidate.pair
    return Job(
        candidate.module,
        candidate.owner,
        pair.derivative,
        pair.functions,
        pair.kind,
        tuple((call.function, call.stored) for call in ordered(candidate)),
        candidate.functions,
        how,
    )


def result_of(candidate: Candidate, shown: Sequence[dict[str, Any]], seconds: float) -> Result:
    """Return the result of all calls: wrong if one is, else right if one is."""
    pair = candidate.pair
    said: dict[str, Any] = {"verdict": IDLE}
    if candidate.problem and not candidate.calls:
        said = {"verdict": UNKNOWN, "reason": f"its arguments cannot be kept: {candidate.problem}"}
    for verdict in (UNRELATED, UNKNOWN, RIGHT, WRONG):
        said = next((one for one in shown if one["verdict"] == verdict), said)
    if said["verdict"] == WRONG and (setting := _setting(candidate, shown)):
        said = {"verdict": UNKNOWN, "reason": f"{setting}; of the latter: {said['reason']}"}
    return Result(
        name=candidate.name,
        function=" or ".join(pair.functions),
        file=candidate.place.file,
        line=candidate.place.line,
        calls=len(candidate.calls),
        seconds=round(seconds, 3),
        **said,
    )


def _read(stream: IO[bytes], lines: queue.Queue[bytes]) -> None:
    """Pass on the lines of a stream, and b"" at its end."""
    with contextlib.suppress(ValueError, OSError):
        for line in stream:
            lines.put(line)
    lines.put(b"")
