r"""The process in which a book runs: reads a job from stdin, writes a line of JSON per event.

{"event": "begin", "cell": 3}                 the parent measures the time from here
{"event": "cell", "cell": 3, "pieces": [["stdout", "6.0\n"]], "raised": false, …}
{"event": "claim", "claim": 0, "run": 2, "snapshots": […], "error": ""}
{"event": "end"}
"""

from __future__ import annotations

import json
import os
import sys
import time
import types
from typing import TYPE_CHECKING, Any

from crosscheck.textbook.child import limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck.textbook.child.session import Session

    Send = Callable[..., None]


def main() -> None:
    """Run a book; the channel is the former stdout, which is redirected to stderr."""
    job = json.loads(sys.stdin.readline())
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # `input()` finds the end, instead of waiting
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - as long as the process
    limits.die_with_parent()
    network = limits.leave(network=job["network"])
    encode = json.JSONEncoder().encode  # a book may change the module
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as channel:
        os.dup2(2, 1)
        # a process that a cell forks must not write to the channel
        at_fork = getattr(os, "register_at_fork", lambda **_: None)
        at_fork(after_in_child=lambda: os.close(channel.fileno()))

        def send(event: str, **content: Any) -> None:
            channel.write(encode({"event": event, **content}) + "\n")
            channel.flush()

        run(job, send, network)


def run(job: dict[str, Any], send: Send, network: str) -> None:
    """Set the limits, run the cells, then the claims."""
    limits.limit_memory(job["memory"])
    os.chdir(job["folder"])
    from crosscheck.textbook.child.session import Session

    sys.argv = [job["name"]]
    sys.path.insert(0, job["folder"])
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    session = Session(job, vars(module))
    send("ready", network=network, given=sorted(session.applied))
    for cell in job["cells"]:
        send("begin", cell=cell["number"])
        start = time.perf_counter()
        result = session.run(cell)
        send("cell", cell=cell["number"], seconds=time.perf_counter() - start, **result)
    _claims(session, job, send)
    send("end")


def _claims(session: Session, job: dict[str, Any], send: Send) -> None:
    """Send what each claim's runs recorded."""
    for number in range(len(job["claims"])):
        for trial in range(job["points"] + 1):
            send("begin", claim=number)
            snapshots, error = session.record(number, trial)
            send("claim", claim=number, run=trial, snapshots=snapshots, error=error)
            if error and not trial:
                break
