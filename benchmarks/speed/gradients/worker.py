"""One author in a process of its own: times a case whenever its parent asks.

A line of JSON on stdin asks, one on stdout answers. In its own process no author's threads fight
with another's, each has its own environment, and all stay warm while the others have their turn.
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
from benchmarks.speed.gradients.authors import prepared
from benchmarks.speed.gradients.cases import Case, digest

if TYPE_CHECKING:
    from benchmarks.speed.gradients.authors import Job


def main() -> None:
    """Answer until stdin ends. What the libraries print goes to stderr."""
    function = sys.argv[1]
    jobs: dict[Case, tuple[Job, int]] = {}
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        for line in sys.stdin:
            answer = answered(function, json.loads(line), jobs)
            print(json.dumps(answer), file=answers, flush=True)


def answered(
    function: str, asked: dict[str, Any], jobs: dict[Case, tuple[Job, int]]
) -> dict[str, Any]:
    """Return the seconds of one call.

    Of a new case: how long its first call took, a digest of its result, and the BLAS and OpenMP
    libraries that are loaded by then.
    """
    case = Case.of(asked["case"])
    if case not in jobs:
        jobs.clear()  # a case is measured to its end, and arrays may be large
        gc.collect()
        start = time.perf_counter()
        job = prepared(function, case)
        result = job()
        first = time.perf_counter() - start
        jobs[case] = job, filling(job, asked["seconds"])
        return {"first call": first, "digest": digest(result), "libraries": libraries()}
    job, calls = jobs[case]
    if calls > 1:  # one call fills the time by itself, and does not notice what stood in the caches
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
