"""Limits on the child, set by itself before the first line of a book runs.

They stop accidents: a download, a loop that fills the memory, a plot that waits for a click. They
are no prison: a cell runs with the rights of whoever started the command.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys

NEW_NETWORK = 0x40000000  # CLONE_NEWNET
NEW_USER = 0x10000000  # CLONE_NEWUSER
REACHING = {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"}
REFUSAL = "a book is run without a network; pass --network, or take the data from a file"


def without_network() -> str:
    """Take the network away; return by what: the kernel where it allows that, else Python itself.

    The kernel's way must come before the process has a second thread.
    """
    with contextlib.suppress(AttributeError, OSError):
        unshare = ctypes.CDLL(None, use_errno=True).unshare
        if unshare(NEW_NETWORK) == 0 or unshare(NEW_USER | NEW_NETWORK) == 0:
            return "kernel"
    sys.addaudithook(_refuse)
    return "python"


def _refuse(event: str, _: object) -> None:
    """Raise where a cell reaches for the network from Python."""
    if event in REACHING:
        raise OSError(REFUSAL)


def limit_memory(size: int) -> None:
    """Let an allocation beyond `size` bytes fail with a MemoryError, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = size if hard == resource.RLIM_INFINITY else min(size, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
