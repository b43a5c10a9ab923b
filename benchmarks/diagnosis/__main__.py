"""Plant mistakes in random networks, and count how many the diagnosis names rightly.

    python -m benchmarks.diagnosis [--mutants N] [--seed S] [--jobs J] [--json FILE]

Five of six mutants are of the catalogue, or a little less. Exit status: 0 the claim holds, 1 it
does not.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import sys
import time
from collections import deque
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from benchmarks.diagnosis import table
from benchmarks.diagnosis.judging import judge
from crosscheck import executors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

    from benchmarks.diagnosis.judging import Outcome

MUTANTS = 6000
OUTSIDE = 1 / 6  # of the mutants: those that no hypothesis describes


def main(arguments: Sequence[str] | None = None, opened: executors.Opened | None = None) -> int:
    """Run the count; `opened` is where the networks are judged, if not in processes."""
    options = _parser().parse_args(arguments)
    # each process computes small matrices: threads of their own would only fight
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    start = time.perf_counter()
    ahead = 2 * (options.jobs or os.cpu_count() or 1)
    opened = opened or functools.partial(executors.processes, options.jobs)
    outcomes: list[Outcome] = []
    console = Console(stderr=True)
    columns = (TextColumn("mutants"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=options.mutants)
        for found in judged(options.seed, ahead, opened):
            outcomes += found
            progress.advance(task, len(found))
            if _enough(outcomes, options.mutants):
                break
    kept = table.record(options.seed, time.perf_counter() - start, outcomes)
    print(table.shown(kept))
    for one in kept["not right"]:
        print(f"\nnetwork {one['net']}, {one['kind']}: {one['result']}: {one['said']}")
    if options.json:
        options.json.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return int(not table.holds(kept))


def judged(seed: int, ahead: int, opened: executors.Opened) -> Iterator[list[Outcome]]:
    """Yield the outcomes of network after network, in order; `ahead` of them are under way."""
    with opened() as executor:
        pending: deque[Future[list[Outcome]]] = deque()
        try:
            for number in count():
                pending.append(executor.submit(judge, seed, number))
                if len(pending) > ahead:
                    yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()


def _enough(outcomes: Sequence[Outcome], wanted: int) -> bool:
    """Return whether there are as many mutants as are wanted, of either sort."""
    outside = sum(not one.catalogue for one in outcomes)
    return outside >= wanted * OUTSIDE and len(outcomes) - outside >= wanted * (1 - OUTSIDE)


def _parser() -> argparse.ArgumentParser:
    """Return the arguments."""
    parser = argparse.ArgumentParser("benchmarks.diagnosis", description=__doc__.partition("\n")[0])
    parser.add_argument("--mutants", type=int, default=MUTANTS, metavar="N", help="(default 6000)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="(default 0)")
    parser.add_argument("--jobs", type=int, metavar="J", help="processes (default: every core)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result to FILE")
    return parser


if __name__ == "__main__":
    sys.exit(main())
