"""Where work runs that can be done in parts: processes here, or a Dask cluster."""

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
    """Yield an executor of fresh processes (JAX does not survive a fork)."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_settled)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """Yield a Dask cluster as an executor; it sees to it that a lost worker's part runs again.

    Its workers must be able to import this package. Raises UnreachableError.
    """
    try:
        from distributed import Client
    except ImportError:
        cure = 'python -m pip install "backprop-crosscheck[cluster]"'
        msg = f"a Dask scheduler needs distributed: {cure}"
        raise UnreachableError(msg) from None
    client_at: Any = Client  # it has no types
    try:
        opened = client_at(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        msg = f"no Dask scheduler answers at {address!r}, such as tcp://host:8786: {error}"
        raise UnreachableError(msg) from None
    with opened as client:
        pool = client.get_executor(retries=RETRIES)
        try:
            yield pool
        finally:
            pool.shutdown(wait=False)


def _settled() -> None:
    """Leave Ctrl-C to the process that collects the results, and every GPU to others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["JAX_PLATFORMS"] = "cpu"
