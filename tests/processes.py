"""The processes of the system, as Linux tells of them."""

from __future__ import annotations

import contextlib
from pathlib import Path


def processes() -> dict[int, tuple[int, str]]:
    """Return every process: number -> its parent's, and its command."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            parent = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1]
            found[int(folder.name)] = int(parent), command
    return found


def is_running(command: str) -> bool:
    """Return whether a process runs a command."""
    return any(args == command for _, args in processes().values())


def above(command: str) -> set[int]:
    """Return the processes above the one that runs a command, all the way up."""
    known = processes()
    waiting = [number for number, (_, args) in known.items() if args == command]
    found: set[int] = set()
    while waiting:
        parent = known.get(waiting.pop(), (0, ""))[0]
        found.add(parent)
        waiting += [parent] if parent else []
    return found
