"""Limits of the child, which it sets before the first line of a book runs.

They stop accidents: a download, a loop that fills the memory, a plot that waits for a click. They
are no sandbox: a cell runs with the rights of the user.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from typing import NoReturn

NEW_NETWORK = 0x40000000  # CLONE_NEWNET
NEW_USER = 0x10000000  # CLONE_NEWUSER
NEW_PROCESSES = 0x20000000  # CLONE_NEWPID
SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG
SIGNALLED = 128  # and the number of a signal: a shell's status of what the signal ended
NETWORK_EVENTS = {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"}
REFUSAL = "books run without a network; pass --network, or read the data from a file"


def leave(*, network: bool) -> str:
    """Leave the system's processes and, unless it may be used, its network, where that is allowed.

    On Linux what is left of the book is ended with it, whatever process group it has moved to: this
    function returns in the second process of a namespace of its own, which ends with the first.

    Returns:
        "kernel" if the system keeps it from the network, "python" if an audit hook must, "" if
        nothing does.

    """
    spaces = NEW_PROCESSES | (0 if network else NEW_NETWORK)
    if _unshare(spaces) or _unshare(NEW_USER | spaces):
        for _ in range(2):  # the first one is deaf to its own signals, as every init
            if number := os.fork():
                _end_as(number)
            die_with_parent()
        return "" if network else "kernel"
    return "" if network else without_network()


def without_network() -> str:
    """Leave the network; return "kernel" if the system does it, "python" if an audit hook must.

    The system refuses it to a process that has a second thread already.
    """
    if _unshare(NEW_NETWORK) or _unshare(NEW_USER | NEW_NETWORK):
        return "kernel"
    sys.addaudithook(_refuse)
    return "python"


def die_with_parent() -> None:
    """Let the system end this process when its parent ends, however it does; on Linux alone."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(SET_DEATH_SIGNAL, signal.SIGKILL)


def _unshare(spaces: int) -> bool:
    """Return whether the system gives this process, or those that it forks, spaces of its own."""
    with contextlib.suppress(AttributeError, OSError):
        return bool(ctypes.CDLL(None, use_errno=True).unshare(spaces) == 0)
    return False


def _end_as(child: int) -> NoReturn:
    """Wait for a child and end as it does: with its status, or by the signal that ended it."""
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    number = -code if code < 0 else code - SIGNALLED
    if number > 0:
        with contextlib.suppress(OSError, ValueError):  # SIGKILL has no handler
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(code if code >= 0 else SIGNALLED - code)


def _refuse(event: str, _: object) -> None:
    """Raise OSError for an event of the network."""
    if event in NETWORK_EVENTS:
        raise OSError(REFUSAL)


def limit_memory(size: int) -> None:
    """Let allocations beyond `size` bytes raise MemoryError, where the system can limit them."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = size if hard == resource.RLIM_INFINITY else min(size, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))  # a cell cannot lift it again
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
