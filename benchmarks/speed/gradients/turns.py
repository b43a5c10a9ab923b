"""The parent of the authors' processes: lets each have its turn at a case."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import json
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from benchmarks import ROOT
from benchmarks.speed.clock import in_turn
from benchmarks.speed.gradients.authors import HAND
from benchmarks.speed.gradients.cases import differing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.speed.clock import Effort
    from benchmarks.speed.gradients.authors import Author
    from benchmarks.speed.gradients.cases import Case

PATIENCE = 300.0  # seconds for one answer; a compilation takes ten


class WorkerError(RuntimeError):
    """An author's process failed: says how."""


@dataclass(frozen=True)
class Worker:
    """An author's process."""

    name: str
    process: subprocess.Popen[str]

    def ask(self, case: Case, seconds: float) -> dict[str, Any]:
        """Return the answer to one question, or raise WorkerError."""
        assert self.process.stdin is not None  # noqa: S101 - both are pipes: for the type checker
        assert self.process.stdout is not None  # noqa: S101
        alarm = threading.Timer(PATIENCE, self.process.kill)
        alarm.start()
        try:
            print(json.dumps({"case": asdict(case), "seconds": seconds}), file=self.process.stdin)
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            alarm.cancel()
        if not line:
            msg = f"{self.name} stopped at {case.name}, {case.what}: its last words are above"
            raise WorkerError(msg)
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextlib.contextmanager
def workers(
    authors: Mapping[str, Author], environment: Mapping[str, str]
) -> Iterator[dict[str, Worker]]:
    """Start the processes of those authors whose package is installed; end them afterwards."""
    with contextlib.ExitStack() as stack:
        started = {}
        for name, author in authors.items():
            if importlib.util.find_spec(author.package) is None:
                continue
            process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", "benchmarks.speed.gradients.worker", author.function],
                cwd=ROOT,
                env={**environment, **author.environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.callback(process.communicate)
            stack.callback(process.terminate)
            started[name] = Worker(name, process)
        yield started


def measured(case: Case, workers: Mapping[str, Worker], effort: Effort) -> dict[str, Any]:
    """Return the times of every author, who first shows that it computes the same.

    An author that fails, or has another result, for a wrong gradient is fast, is left out, and
    "failed" says why. Raises WorkerError where that is NumPy by hand.
    """
    first: dict[str, dict[str, Any]] = {HAND: workers[HAND].ask(case, effort.filled)}
    failed = {}
    for name, worker in workers.items():
        try:
            first[name] = first.get(name) or worker.ask(case, effort.filled)
            digest = first[name]["digest"]
            wrong = differing(case, first[HAND]["digest"], digest) if digest else []
        except WorkerError as error:
            failed[name] = str(error)
            continue
        if wrong:
            del first[name]
            failed[name] = f"{name} has another {wrong[0]} than {HAND}: {case.name}, {case.what}"

    def turn(worker: Worker) -> float:
        taken: float = worker.ask(case, effort.filled)["seconds"]
        return taken

    turns = {name: functools.partial(turn, workers[name]) for name in first}
    return {
        "failed": failed,
        "case": asdict(case),
        "first call": {name: answer["first call"] for name, answer in first.items()},
        "libraries": {name: answer["libraries"] for name, answer in first.items()},
        "seconds": in_turn(turns, effort),
    }
