"""Limits of the child, which it sets before the first line of a book runs.

They stop accidents: a download, a loop that fills the memory, a plot that waits for a click. They
are no sandbox: a cell runs with the rights of the user.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys

NEW_NETWORK = 0x40000000  # CLONE_NEWNET
NEW_USER = 0x10000000  # CLONE_NEWUSER
NETWORK_EVENTS = {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"}
REFUSAL = "books run without a network; pass --network, or read the data from a file"


def without_network() -> str:
    """Leave the network; return "kernel" if the system does it, "python" if an audit hook must.

    The system refuses it to a process that has a second thread already.
    """
    with contextlib.suppress(AttributeError, OSError):
        unshare = ctypes.CDLL(None, use_errno=True).unshare
        if unshare(NEW_NETWORK) == 0 or unshare(NEW_USER | NEW_NETWORK) == 0:
            return "kernel"
    sys.addaudithook(_refuse)
    return "python"


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
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
