"""The oracles as processes: started before anything heavy is imported here, asked later."""

from __future__ import annotations

import contextlib
import pickle
import threading
from typing import TYPE_CHECKING

from crosscheck.errors import OracleUnavailableError
from crosscheck.frameworks import FRAMEWORKS, by_name
from crosscheck.workers.child import child

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crosscheck.core.types import Oracle, Quantities, Request
    from crosscheck.workers.child import Child

PATIENCE = 120.0  # seconds for one answer; a cold import takes two
SERVE = "crosscheck.examples.worker:serve"
# One thread each: the two share the machine, and the examples are tiny. For the same reason XLA's
# optimisations cost more time than they could ever save here.
ENVIRONMENT = {
    "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
    "JAX_PLATFORMS": "cpu",
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


@contextlib.contextmanager
def oracle_processes(names: Sequence[str] | None = None) -> Iterator[dict[str, Oracle]]:
    """Start one process per oracle and yield the oracles by name; end the processes afterwards.

    Args:
        names: which oracles, of "PyTorch" and "JAX"; all by default.

    Yields:
        Name -> a function that answers requests. It raises OracleUnavailableError when its
        framework is not installed, when it fails, or when it does not answer within two minutes.

    """
    if names is None:
        names = [framework.name for framework in FRAMEWORKS.values()]
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(_started(name)) for name in names}


@contextlib.contextmanager
def _started(name: str) -> Iterator[Oracle]:
    """Start one oracle's process, yield the oracle, and end the process."""
    framework = by_name(name)
    if not framework.is_installed:

        def missing(_: Sequence[Request]) -> list[list[Quantities]]:
            raise OracleUnavailableError(framework.missing)

        yield missing
        return
    with child(SERVE, name, environment=ENVIRONMENT) as process:

        def ask(requests: Sequence[Request]) -> list[list[Quantities]]:
            return _answer(name, process, requests)

        yield ask


def _answer(name: str, oracle: Child, requests: Sequence[Request]) -> list[list[Quantities]]:
    """Send the requests to the process and return its answer, or raise OracleUnavailableError."""
    alarm = threading.Timer(PATIENCE, oracle.process.kill)
    alarm.start()
    try:
        pickle.dump(list(requests), oracle.requests)
        oracle.requests.flush()
        kind, answer = pickle.load(oracle.answers)  # noqa: S301 - from our own child
    except (EOFError, BrokenPipeError, pickle.UnpicklingError) as error:
        if isinstance(error, pickle.UnpicklingError):  # it lives, and talks nonsense
            oracle.process.kill()
        status = oracle.process.wait()
        said = oracle.logged()[-2000:] or "it wrote nothing to stderr"
        msg = f"{name} stopped with status {status} before it answered: {said}"
        raise OracleUnavailableError(msg) from None
    finally:
        alarm.cancel()
    if kind == "failure":
        msg = f"{name} failed: {answer.strip()}"
        raise OracleUnavailableError(msg)
    result: list[list[Quantities]] = answer
    return result
