"""The oracles as processes: started before anything heavy is imported here, asked later."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pickle
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crosscheck.quantities import Oracle, Quantities, Request

# oracle -> the module to import, and how to get it
MODULES = {
    "PyTorch": ("torch", "python -m pip install torch; the README says how to do without CUDA"),
    "JAX": ("jax", "python -m pip install jax"),
}
PATIENCE = 120.0  # seconds for one answer; a cold import takes two
# Our own copy of the package, whatever the working directory holds.
COMMAND = (
    "import sys; sys.path.insert(0, sys.argv[1]); import crosscheck; del sys.path[0]; "
    "from crosscheck.worker import serve; serve(sys.argv[2])"
)
# One thread each: the two share the machine, and the examples are tiny. For the same reason XLA's
# optimisations cost more time than they could ever save here.
ENVIRONMENT = {
    "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
    "JAX_PLATFORMS": "cpu",
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


class OracleUnavailableError(RuntimeError):
    """An oracle cannot answer: its framework is missing, or failed. Says what to do."""


@contextlib.contextmanager
def oracle_processes(names: Sequence[str] = tuple(MODULES)) -> Iterator[dict[str, Oracle]]:
    """Start one process per oracle and yield the oracles by name; end the processes afterwards.

    An oracle raises OracleUnavailableError when its framework is not installed, when it fails, or
    when it does not answer within two minutes.
    """
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(_started(name)) for name in names}


@contextlib.contextmanager
def _started(name: str) -> Iterator[Oracle]:
    """Start one oracle's process, yield the oracle, and end the process."""
    module, cure = MODULES[name]
    if importlib.util.find_spec(module) is None:

        def missing(_: Sequence[Request]) -> list[list[Quantities]]:
            msg = f"{name} is not installed: {cure}"
            raise OracleUnavailableError(msg)

        yield missing
        return
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own module
            [sys.executable, "-P", "-c", COMMAND, str(Path(__file__).parents[1]), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, **ENVIRONMENT},
        )

        def ask(requests: Sequence[Request]) -> list[list[Quantities]]:
            return _answer(name, process, log, requests)

        try:
            yield ask
        finally:
            process.terminate()
            process.communicate()


def _answer(
    name: str, process: subprocess.Popen[bytes], log: IO[bytes], requests: Sequence[Request]
) -> list[list[Quantities]]:
    """Send the requests to the process and return its answer, or raise OracleUnavailableError."""
    assert process.stdin is not None  # noqa: S101 - both are pipes: for the type checker
    assert process.stdout is not None  # noqa: S101
    alarm = threading.Timer(PATIENCE, process.kill)
    alarm.start()
    try:
        pickle.dump(list(requests), process.stdin)
        process.stdin.flush()
        kind, answer = pickle.load(process.stdout)  # noqa: S301 - from our own child
    except (EOFError, BrokenPipeError, pickle.UnpicklingError) as error:
        if isinstance(error, pickle.UnpicklingError):  # it lives, and talks nonsense
            process.kill()
        process.wait()
        log.seek(0)
        said = log.read().decode(errors="replace").strip()[-2000:] or "it said nothing"
        msg = f"{name} stopped with status {process.returncode} before it answered: {said}"
        raise OracleUnavailableError(msg) from None
    finally:
        alarm.cancel()
    if kind == "failure":
        msg = f"{name} failed: {answer.strip()}"
        raise OracleUnavailableError(msg)
    result: list[list[Quantities]] = answer
    return result
