"""Judge cases in a process of their own, each within a time limit."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING, Any

from benchmarks.accuracy.attack.cases import all_cases
from benchmarks.accuracy.attack.judging import Outcome, judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

START = 120.0  # the first case of a process also waits for both frameworks


def outcomes(numbers: Sequence[int], limit: float) -> Iterator[Outcome]:
    """Yield the outcome of each case; one that takes longer than the limit is a time out."""
    cases = all_cases()
    process, pipe, patience = None, None, START
    for number in numbers:
        if process is None or pipe is None:
            process, pipe = _started()
            patience = START
        pipe.send(number)
        if pipe.poll(limit + patience):
            try:
                yield pipe.recv()
            except EOFError:
                yield _lost(number, cases, "exception", "the process ended")
                process = None
            patience = 0.0
        else:
            yield _lost(number, cases, "time out", f"not done after {limit:g} s")
            process.kill()
            process.join()
            process = None
    if process is not None:
        process.kill()
        process.join()


def _started() -> tuple[BaseProcess, Connection]:
    """Return a process that judges cases, and the pipe to it."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there,), daemon=True)
    process.start()
    there.close()
    return process, here


def _serve(pipe: Connection) -> None:
    """Judge the cases whose numbers arrive."""
    cases = all_cases()
    while True:
        try:
            number = pipe.recv()
        except EOFError:
            return
        pipe.send(judge(cases[number]))


def _lost(number: int, cases: Sequence[Any], result: str, said: str) -> Outcome:
    """Return the outcome of a case that never answered."""
    case = cases[number]
    nan = float("nan")
    return Outcome(
        *(case.kind, case.name, not case.mistake, nan, nan, "", result, "", said, case.is_easy)
    )
