"""Draw correct networks and mutants of them, judge all, and fail if the rule was broken.

    python -m benchmarks.accuracy.campaign --nets N --seed S [--workers K | --scheduler tcp://host:port]
                                  [--resume FILE] [--json FILE] [--chunk N]

Exit status: 0 the rule held, 1 it was broken, 2 bad arguments, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks.accuracy.campaign import table
from benchmarks.accuracy.campaign.chunk import judge_chunk
from benchmarks.accuracy.campaign.summary import from_json
from benchmarks.accuracy.chunked import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosscheck.workers.executors import ExecutorFactory

NETS, CHUNK = 1000, 50


def main(arguments: Sequence[str] | None = None, executor: ExecutorFactory | None = None) -> int:
    """Run the campaign; `executor` overrides where the arguments make the chunks run."""
    description = __doc__.partition("\n")[0]
    parser = run.parser("benchmarks.accuracy.campaign", description, NETS, CHUNK)
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    try:
        summaries = run.done(options, judge_chunk, from_json, executor)
    except run.NotDoneError as error:
        return run.complain(error)
    table.show(Console(width=None if sys.stdout.isatty() else 100), summaries)
    if options.json:
        seconds = time.perf_counter() - start
        record = table.record(options.seed, options.nets, seconds, summaries)
        options.json.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return int(any(summary.breaches for summary in summaries))


if __name__ == "__main__":
    sys.exit(main())
