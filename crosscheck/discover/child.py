r"""The process that judges: it reads pickled jobs from stdin, writes a line of JSON for each call.

{"verdict": "AGREE", "by": "frameworks", …}     what a call shows
{"end": true}                                    of a candidate
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import time
import warnings
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosscheck.discover.jobs import Job
    from crosscheck.discover.judge import Outcome


def main(folder: str, *path: str) -> None:
    """Judge what comes in; the channel is the former stdout, which is redirected to stderr."""
    os.chdir(folder)
    sys.path[:] = [*path, *(p for p in sys.path if p not in path)]
    requests = sys.stdin.buffer
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as channel:
        os.dup2(2, 1)

        def send(content: dict[str, Any]) -> None:
            channel.write(json.dumps(content) + "\n")
            channel.flush()

        send({"ready": True})
        while size := requests.read(8):
            job = pickle.loads(requests.read(int.from_bytes(size, "big")))  # noqa: S301 - our own
            for outcome in outcomes(job):
                send(asdict(outcome))
            send({"end": True})


def outcomes(job: Job) -> Iterator[Outcome]:
    """Yield what each call of a job shows; whatever is raised is a reason."""
    from crosscheck.discover.judge import Outcome, first_line
    from crosscheck.discover.results import UNKNOWN
    from crosscheck.discover.subjects import judged

    deadline = time.monotonic() + job.how.seconds
    for name, copy in job.calls:
        left = deadline - time.monotonic()
        if left <= 0:
            return
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield judged(job, name, copy, replace(job.how, seconds=left))
        except Exception as error:  # noqa: BLE001 - the user's functions may raise anything
            yield Outcome(UNKNOWN, reason=f"{type(error).__name__}: {first_line(error)}")
