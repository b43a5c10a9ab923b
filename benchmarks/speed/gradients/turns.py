"""The parent of the contenders' processes: each has its turn at a case."""

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
from benchmarks.speed.gradients.cases import differing
from benchmarks.speed.gradients.contenders import HAND_WRITTEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.speed.clock import Effort
    from benchmarks.speed.gradients.cases import Case
    from benchmarks.speed.gradients.contenders import Contender

PATIENCE = 300.0  # seconds for one reply; a compilation takes ten


class WorkerError(RuntimeError):
    """A contender's process failed."""


@dataclass(frozen=True)
class Worker:
    """A contender's process."""

    name: str
    process: subprocess.Popen[str]

    def ask(self, case: Case, seconds: float) -> dict[str, Any]:
        """Return the reply to one request, or raise WorkerError."""
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
            msg = f"{self.name} stopped at {case.name}, {case.what}: its error is above"
            raise WorkerError(msg)
        reply: dict[str, Any] = json.loads(line)
        return reply


@contextlib.contextmanager
def workers(
    contenders: Mapping[str, Contender], environment: Mapping[str, str]
) -> Iterator[dict[str, Worker]]:
    """Start the processes of those contenders whose package is installed; end them afterwards."""
    with contextlib.ExitStack() as stack:
        started = {}
        for name, contender in contenders.items():
            if importlib.util.find_spec(contender.package) is None:
                continue
            process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", "benchmarks.speed.gradients.worker", contender.function],
                cwd=ROOT,
                env={**environment, **contender.environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.callback(process.communicate)
            stack.callback(process.terminate)
            started[name] = Worker(name, process)
        yield started


def measured(case: Case, workers: Mapping[str, Worker], effort: Effort) -> dict[str, Any]:
    """Return the times of every contender, after a check that all compute the same.

    A contender that fails, or has another result (a wrong gradient is fast), is left out, and
    "failed" has the reason. Raises WorkerError where that is hand-written NumPy.
    """
    first: dict[str, dict[str, Any]] = {
        HAND_WRITTEN: workers[HAND_WRITTEN].ask(case, effort.filled)
    }
    failed = {}
    for name, worker in workers.items():
        try:
            first[name] = first.get(name) or worker.ask(case, effort.filled)
            digest = first[name]["digest"]
            wrong = differing(case, first[HAND_WRITTEN]["digest"], digest) if digest else []
        except WorkerError as error:
            failed[name] = str(error)
            continue
        if wrong:
            del first[name]
            failed[name] = (
                f"{name} has another {wrong[0]} than {HAND_WRITTEN}: {case.name}, {case.what}"
            )

    def turn(worker: Worker) -> float:
        taken: float = worker.ask(case, effort.filled)["seconds"]
        return taken

    turns = {name: functools.partial(turn, workers[name]) for name in first}
    return {
        "failed": failed,
        "case": asdict(case),
        "first call": {name: reply["first call"] for name, reply in first.items()},
        "libraries": {name: reply["libraries"] for name, reply in first.items()},
        "seconds": in_turn(turns, effort),
    }
