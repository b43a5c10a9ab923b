"""Plant mistakes in random networks, and count how many the diagnosis names rightly.

    python -m benchmarks.accuracy.diagnosis --nets N --seed S [--workers K | --scheduler tcp://host:port]
                                   [--resume FILE] [--json FILE] [--chunk N]

A network has about 28 mutants: one in five is of a kind that no hypothesis describes. Exit status:
0 the claim holds, 1 it does not, 2 bad arguments, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

from benchmarks.accuracy.chunked import run
from benchmarks.accuracy.diagnosis import table
from benchmarks.accuracy.diagnosis.judging import from_json, judge_chunk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosscheck.workers.executors import ExecutorFactory

NETS, CHUNK = 250, 2


def main(arguments: Sequence[str] | None = None, executor: ExecutorFactory | None = None) -> int:
    """Run the count; `executor` is where the networks are judged, if not as the arguments say."""
    said = __doc__.partition("\n")[0]
    options = run.parser("benchmarks.accuracy.diagnosis", said, NETS, CHUNK).parse_args(arguments)
    start = time.perf_counter()
    try:
        parts = run.done(options, judge_chunk, from_json, executor)
    except run.NotDoneError as error:
        return run.complain(error)
    outcomes = [outcome for part in parts for outcome in part.outcomes]
    kept = table.record(options.seed, options.nets, time.perf_counter() - start, outcomes)
    print(table.shown(kept))
    for one in kept["not right"]:
        print(f"\nnetwork {one['net']}, {one['kind']}: {one['result']}: {one['said']}")
    if options.json:
        options.json.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return int(not table.holds(kept))


if __name__ == "__main__":
    sys.exit(main())
