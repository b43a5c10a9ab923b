"""The chunks' way through an executor: processes here, or a cluster."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, as_completed
from typing import TYPE_CHECKING, Any, TypeAlias

from benchmarks.campaign.chunk import judge_chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from benchmarks.campaign.summary import Summary

    Chunk: TypeAlias = tuple[int, int]
    Opened: TypeAlias = Callable[[], contextlib.AbstractContextManager[Executor]]

RETRIES = 3


def chunks(nets: int, size: int) -> list[Chunk]:
    """Return the campaign in parts: the numbers of the first network and of the one after."""
    return [(first, min(first + size, nets)) for first in range(0, nets, size)]


@contextlib.contextmanager
def processes(workers: int | None) -> Iterator[Executor]:
    """Yield an executor of fresh processes (JAX does not survive a fork)."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_deaf_to_interrupts)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """Yield a Dask cluster as an executor; it sees to it that a lost worker's chunk runs again.

    Its workers must be able to import this package.
    """
    from distributed import Client

    client_at: Any = Client  # it has no types
    with client_at(address) as client:
        pool = client.get_executor(retries=RETRIES)
        try:
            yield pool
        finally:
            pool.shutdown(wait=False)


def results(seed: int, parts: Collection[Chunk], opened: Opened) -> Iterator[Summary]:
    """Yield the summary of every chunk, in whatever order they are done.

    A pool that loses a process is broken as a whole: a new one gets the chunks that are left.
    Raises BrokenExecutor when that happened `RETRIES` times with no chunk done in between.
    """
    left = set(parts)
    failures = 0
    while left:
        try:
            with opened() as executor:
                futures = [executor.submit(judge_chunk, seed, *chunk) for chunk in sorted(left)]
                for future in as_completed(futures):
                    summary = future.result()
                    left.discard((summary.first, summary.last))
                    failures = 0
                    yield summary
        except BrokenExecutor:
            failures += 1
            if failures == RETRIES:
                raise


def _deaf_to_interrupts() -> None:
    """Leave Ctrl-C to the process that collects the results."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
