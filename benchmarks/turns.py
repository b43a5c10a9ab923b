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
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.authors import HAND
from benchmarks.clock import Effort, in_turn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.authors import Author
    from benchmarks.cases import Case

ROOT = Path(__file__).parents[1]
PATIENCE = 300.0  # seconds for one answer; a compilation takes ten
# How far two authors' digests may be apart, relative to the largest: rounding, and no mistake.
ROUNDING = {"float64": 1e-9, "float32": 1e-2}


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
                [sys.executable, "-m", "benchmarks.worker", author.function],
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

    Raises WorkerError for an author with another result: a wrong gradient is fast.
    """
    first = {name: worker.ask(case, effort.filled) for name, worker in workers.items()}
    for name, answer in first.items():
        _same(case, name, answer["digest"], first[HAND]["digest"])

    def turn(worker: Worker) -> float:
        taken: float = worker.ask(case, effort.filled)["seconds"]
        return taken

    turns = {name: functools.partial(turn, worker) for name, worker in workers.items()}
    return {
        "case": asdict(case),
        "first call": {name: answer["first call"] for name, answer in first.items()},
        "libraries": {name: answer["libraries"] for name, answer in first.items()},
        "seconds": in_turn(turns, effort),
    }


def _same(case: Case, name: str, digest: dict[str, float], hand: dict[str, float]) -> None:
    """Raise WorkerError where an author's digest is not that of the gradient by hand."""
    if not digest:  # the limit computes no gradient
        return
    size = max(map(abs, hand.values()))
    for quantity, number in hand.items():
        off = abs(digest.get(quantity, np.nan) - number)
        if not off <= ROUNDING[case.dtype] * size:
            msg = f"{name} has another {quantity} than {HAND} in {case.name}, {case.what}"
            raise WorkerError(msg)
