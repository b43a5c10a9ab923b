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

from benchmarks.authors import AUTHORS
from benchmarks.cases import Case, digest
from benchmarks.clock import filling, seconds

if TYPE_CHECKING:
    from benchmarks.authors import Job


def main() -> None:
    """Answer until stdin ends. What the libraries print goes to stderr."""
    author = AUTHORS[sys.argv[1]]
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        jobs: dict[str, tuple[Job, int]] = {}
        for line in sys.stdin:
            asked = json.loads(line)
            print(json.dumps(_answer(author, asked, jobs)), file=answers, flush=True)


def _answer(author: Any, asked: dict[str, Any], jobs: dict[str, tuple[Job, int]]) -> dict[str, Any]:
    """Return the seconds of one call; of a new case how long its first call took, and a digest."""
    key = json.dumps(asked["case"])
    if key not in jobs:
        jobs.clear()  # a case is measured to its end, and arrays may be large
        gc.collect()
        start = time.perf_counter()
        job = author.job(Case(**{**asked["case"], "sizes": tuple(asked["case"]["sizes"])}))
        result = job()
        first = time.perf_counter() - start
        jobs[key] = job, filling(job, asked["seconds"])
        return {"first call": first, "digest": digest(result)}
    job, calls = jobs[key]
    job()  # what another process left in the caches is paid for here
    gc.disable()
    taken = seconds(job, calls)
    gc.enable()
    return {"seconds": taken}


if __name__ == "__main__":
    main()
