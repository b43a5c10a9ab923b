"""Where work runs that can be done in parts: processes here, or a Dask cluster."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from concurrent.futures import Executor, ProcessPoolExecutor
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Opened: TypeAlias = Callable[[], contextlib.AbstractContextManager[Executor]]

RETRIES = 3


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
    """Yield a Dask cluster as an executor; it sees to it that a lost worker's part runs again.

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


def _deaf_to_interrupts() -> None:
    """Leave Ctrl-C to the process that collects the results."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
