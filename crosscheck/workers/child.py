"""Child processes that run a function of this package."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# This copy of the package, whatever the working directory holds. The name marks the frames of this
# line as the package's.
COMMAND = (
    "__name__ = 'crosscheck.command'; import sys; sys.path.insert(0, sys.argv[1]); "
    "import crosscheck; del sys.path[0]; from importlib import import_module; "
    "module, _, function = sys.argv[2].partition(':'); "
    "getattr(import_module(module), function)(*sys.argv[3:])"
)
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Child:
    """A child process.

    Attributes:
        process: the process; its stdin and stdout are pipes.
        log: the file to which it writes its stderr.

    """

    process: subprocess.Popen[bytes]
    log: IO[bytes]

    @property
    def requests(self) -> IO[bytes]:
        """Its stdin."""
        assert self.process.stdin is not None  # noqa: S101 - a pipe: for the type checker
        return self.process.stdin

    @property
    def answers(self) -> IO[bytes]:
        """Its stdout."""
        assert self.process.stdout is not None  # noqa: S101 - a pipe: for the type checker
        return self.process.stdout

    def logged(self) -> str:
        """Return what it has written to stderr."""
        self.log.seek(0)
        return self.log.read().decode(errors="replace").strip()

    def ended(self, patience: float) -> str:
        """Wait `patience` seconds; return its exit status and the last line of its stderr."""
        try:
            status = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            return "still running"
        how = f"killed by signal {-status}" if status < 0 else f"status {status}"
        return ": ".join([how, *self.logged().splitlines()[-1:]])


@contextlib.contextmanager
def child(
    function: str,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    own_group: bool = False,
) -> Iterator[Child]:
    """Start a process that calls a function; end it when the context is left.

    Args:
        function: what it calls, as `module:name`.
        *arguments: what it calls it with.
        environment: variables that are added to this process's.
        own_group: whether it is killed with all that it started, instead of terminated.

    Yields:
        The child.

    Example:
        >>> with child("builtins:print", "hello") as process:
        ...     process.answers.read().decode().strip()
        'hello'

    """
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(  # noqa: S603 - this interpreter, this package
            [sys.executable, "-P", "-c", COMMAND, str(ROOT), function, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, **(environment or {})},
            start_new_session=own_group,
        )
        try:
            yield Child(process, log)
        finally:
            if own_group:
                _kill_group(process)
            else:
                process.terminate()
            process.wait()
            for stream in filter(None, (process.stdin, process.stdout)):
                with contextlib.suppress(OSError):
                    stream.close()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        end = os.killpg if hasattr(os, "killpg") else os.kill  # Windows has no groups
        end(process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
