"""A long run through an executor, in chunks that are kept: it can stop and resume."""

from __future__ import annotations

import argparse
import functools
import os
import sys
from concurrent.futures import BrokenExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from benchmarks.accuracy.campaign.table import versions
from benchmarks.accuracy.chunked.ledger import Ledger, LedgerError, Part
from crosscheck.workers import executors
from crosscheck.workers.executors import RETRIES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from crosscheck.workers.executors import ExecutorFactory

    Chunk: TypeAlias = tuple[int, int]
    Judge: TypeAlias = Callable[[int, int, int], Part]  # seed, first, last + 1 -> what was found

STOPPED = 130


class NotDoneError(Exception):
    """The run was stopped, or cannot begin; `status` is the exit status."""

    def __init__(self, status: int, message: str) -> None:
        """Take the exit status and the message."""
        super().__init__(message)
        self.status = status


def parser(name: str, description: str, nets: int, chunk: int) -> argparse.ArgumentParser:
    """Return the arguments of a run over `nets` networks, `chunk` at a time."""
    made = argparse.ArgumentParser(name, description=description)
    add = made.add_argument
    add("--nets", type=_positive, default=nets, metavar="N", help=f"(default {nets})")
    add("--seed", type=_seed, default=0, metavar="S", help="(default 0)")
    add("--workers", type=_positive, metavar="K", help="(default: every core)")
    add("--scheduler", metavar="URL", help="a Dask scheduler, tcp://host:port")
    add("--resume", type=Path, metavar="FILE", help="keep what is done in FILE")
    add("--json", type=Path, metavar="FILE", help="write the result to FILE")
    add("--chunk", type=_positive, default=chunk, metavar="N", help="networks at a time")
    return made


def done(
    options: argparse.Namespace,
    judge: Judge,
    read: Callable[[Mapping[str, Any]], Part],
    executor: ExecutorFactory | None = None,
) -> list[Any]:
    """Return what was found in every chunk, those of an earlier run included.

    `read` is the inverse of a part's to_json. `executor` overrides where the
    arguments make the chunks run. Raises NotDoneError.
    """
    # each worker computes small matrices: threads of their own would only fight
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    campaign = {"seed": options.seed, "chunk": options.chunk, "versions": versions()}
    try:
        ledger = Ledger(options.resume, campaign, read)
    except LedgerError as error:
        raise NotDoneError(2, f"--resume: {error}") from error
    parts = chunks(options.nets, options.chunk)
    try:
        _run(functools.partial(judge, options.seed), parts, ledger, executor or _where(options))
    except KeyboardInterrupt as error:
        cure = f"resume with --resume {options.resume}" if options.resume else "no chunk was kept"
        message = f"stopped at {len(ledger.done)} of {len(parts)} chunks; {cure}"
        raise NotDoneError(STOPPED, message) from error
    return [ledger.done[part] for part in parts]


def _run(
    judge: Callable[[int, int], Part], parts: list[Chunk], ledger: Ledger, executor: ExecutorFactory
) -> None:
    """Judge the chunks that the ledger does not have."""
    left = [part for part in parts if part not in ledger.done]
    console = Console(stderr=True)
    columns = (TextColumn("networks"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        nets = sum(last - first for first, last in parts)
        left_nets = sum(last - first for first, last in left)
        task = progress.add_task("", total=nets, completed=nets - left_nets)
        for part in results(judge, left, executor):
            ledger.add(part)
            progress.advance(task, part.last - part.first)


def _where(options: argparse.Namespace) -> ExecutorFactory:
    """Return the executor that the arguments ask for."""
    if options.scheduler:
        return functools.partial(executors.cluster, options.scheduler)
    return functools.partial(executors.processes, options.workers)


def chunks(nets: int, size: int) -> list[Chunk]:
    """Return the run in parts: the numbers of the first network and of the one after."""
    return [(first, min(first + size, nets)) for first in range(0, nets, size)]


def results(
    judge: Callable[[int, int], Part], parts: Collection[Chunk], executor: ExecutorFactory
) -> Iterator[Part]:
    """Yield what is found in every chunk, in the order in which they are done.

    A pool that loses a process is broken as a whole: a new one gets the chunks that are left.
    Raises BrokenExecutor when that happened `RETRIES` times with no chunk done in between.
    """
    left = set(parts)
    failures = 0
    while left:
        try:
            with executor() as pool:
                futures = [pool.submit(judge, *chunk) for chunk in sorted(left)]
                for future in as_completed(futures):
                    part = future.result()
                    left.discard((part.first, part.last))
                    failures = 0
                    yield part
        except BrokenExecutor:
            failures += 1
            if failures == RETRIES:
                raise


def complain(error: NotDoneError) -> int:
    """Print why a run is not done, and return the exit status."""
    print(error, file=sys.stderr)
    return error.status


def _positive(text: str) -> int:
    """Return a number from 1 up."""
    if (number := int(text)) < 1:
        msg = f"{number} is not 1 or more"
        raise argparse.ArgumentTypeError(msg)
    return number


def _seed(text: str) -> int:
    """Return a number from 0 up."""
    if (number := int(text)) < 0:
        msg = f"{number} is not 0 or more"
        raise argparse.ArgumentTypeError(msg)
    return number
