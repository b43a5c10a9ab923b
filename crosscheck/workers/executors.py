"""Executors for work that can be done in parts: local processes, or a Dask cluster."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from concurrent.futures import Executor, ProcessPoolExecutor
from typing import TYPE_CHECKING, Any, TypeAlias

from crosscheck.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    ExecutorFactory: TypeAlias = Callable[[], contextlib.AbstractContextManager[Executor]]

RETRIES = 3
PATIENCE = 10.0  # seconds for a scheduler to answer


@contextlib.contextmanager
def processes(workers: int | None) -> Iterator[Executor]:
    """Open an executor of fresh processes: JAX does not survive a fork.

    Args:
        workers: the number of processes; None for one on every core.

    Yields:
        The executor; leaving the context cancels what has not begun.

    """
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_initialise)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """Open an executor on a Dask cluster, which runs the part of a lost worker again.

    Args:
        address: the scheduler's, as `tcp://host:8786`. Its workers must be able to import this
            package.

    Yields:
        The executor.

    Raises:
        UnreachableError: distributed is not installed, or no scheduler answers.

    """
    try:
        from distributed import Client
    except ImportError:
        cure = 'python -m pip install "backprop-crosscheck[cluster]"'
        msg = f"a Dask scheduler needs distributed: {cure}"
        raise UnreachableError(msg) from None
    client_at: Any = Client  # it is not typed
    try:
        opened = client_at(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        msg = f"no Dask scheduler answers at {address!r}: {error}; pass its tcp://host:port"
        raise UnreachableError(msg) from None
    with opened as client:
        pool = client.get_executor(retries=RETRIES)
        try:
            yield pool
        finally:
            pool.shutdown(wait=False)


def _initialise() -> None:
    """Leave Ctrl-C to the process that collects the results, and use no GPU."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["JAX_PLATFORMS"] = "cpu"
