"""One contender in a process of its own: times a case whenever its parent asks.

A request is a line of JSON on stdin, its reply one on stdout. In processes of their own no
contender's threads compete with another's, each has its own environment, and all stay warm while
the others have their turn.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

import threadpoolctl  # type: ignore[import-untyped]

from benchmarks.speed.clock import filling, seconds
from benchmarks.speed.gradients.cases import Case, digest
from benchmarks.speed.gradients.contenders import prepared

if TYPE_CHECKING:
    from benchmarks.speed.gradients.contenders import Job


def main() -> None:
    """Reply until stdin ends. What the libraries print goes to stderr."""
    function = sys.argv[1]
    jobs: dict[Case, tuple[Job, int]] = {}
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as replies:
        os.dup2(2, 1)
        for line in sys.stdin:
            result = reply(function, json.loads(line), jobs)
            print(json.dumps(result), file=replies, flush=True)


def reply(
    function: str, request: dict[str, Any], jobs: dict[Case, tuple[Job, int]]
) -> dict[str, Any]:
    """Return the seconds of one call.

    Of a new case: how long its first call took, a digest of its result, and the BLAS and OpenMP
    libraries that are loaded by then.
    """
    case = Case.of(request["case"])
    if case not in jobs:
        jobs.clear()  # a case is measured to its end, and arrays may be large
        gc.collect()
        start = time.perf_counter()
        job = prepared(function, case)
        result = job()
        first = time.perf_counter() - start
        jobs[case] = job, filling(job, request["seconds"])
        return {"first call": first, "digest": digest(result), "libraries": libraries()}
    job, calls = jobs[case]
    if calls > 1:  # a single call is long, and cold caches do not matter
        job()
    gc.disable()
    taken = seconds(job, calls)
    gc.enable()
    return {"seconds": taken}


def libraries() -> list[str]:
    """Return the libraries with threads in this process: which, how many, and of which kernel."""
    return [
        f"{pool['internal_api']} {pool['version'] or ''} {pool.get('architecture', '')}, "
        f"{pool['num_threads']} threads".replace("  ", " ").replace(" ,", ",")
        for pool in threadpoolctl.threadpool_info()
    ]


if __name__ == "__main__":
    main()
