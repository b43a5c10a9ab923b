"""Draw correct networks and mutants of them, judge all, and fail if the rule was broken.

    python -m benchmarks.campaign --nets N --seed S [--workers K | --scheduler tcp://host:port]
                                  [--resume FILE] [--json FILE] [--chunk N]

Exit status: 0 the rule held, 1 it was broken, 2 bad arguments, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from benchmarks.campaign import table, work
from benchmarks.campaign.ledger import Ledger, LedgerError
from crosscheck import executors

if TYPE_CHECKING:
    from collections.abc import Sequence

CHUNK = 50
STOPPED = 130


def main(arguments: Sequence[str] | None = None, opened: executors.Opened | None = None) -> int:
    """Run the campaign; `opened` is where the chunks run, if not as the arguments say."""
    options = _parser().parse_args(arguments)
    # each worker computes small matrices: threads of their own would only fight
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        ledger = Ledger(
            options.resume,
            {"seed": options.seed, "chunk": options.chunk, "versions": table.versions()},
        )
    except LedgerError as error:
        print(f"--resume: {error}", file=sys.stderr)
        return 2
    parts = work.chunks(options.nets, options.chunk)
    start = time.perf_counter()
    try:
        _run(options.seed, parts, ledger, opened or _where(options))
    except KeyboardInterrupt:
        cure = f"go on with --resume {options.resume}" if options.resume else "nothing was kept"
        print(f"stopped at {len(ledger.done)} of {len(parts)} chunks; {cure}", file=sys.stderr)
        return STOPPED
    summaries = [ledger.done[part] for part in parts]
    table.show(Console(width=None if sys.stdout.isatty() else 100), summaries)
    if options.json:
        seconds = time.perf_counter() - start
        record = table.record(options.seed, options.nets, seconds, summaries)
        options.json.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return int(any(summary.breaches for summary in summaries))


def _run(seed: int, parts: list[work.Chunk], ledger: Ledger, opened: executors.Opened) -> None:
    """Judge the chunks that the ledger does not have."""
    left = [part for part in parts if part not in ledger.done]
    console = Console(stderr=True)
    columns = (TextColumn("networks"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        nets = sum(last - first for first, last in parts)
        left_nets = sum(last - first for first, last in left)
        task = progress.add_task("", total=nets, completed=nets - left_nets)
        for summary in work.results(seed, left, opened):
            ledger.add(summary)
            progress.advance(task, summary.last - summary.first)


def _where(options: argparse.Namespace) -> executors.Opened:
    """Return the executor that the arguments ask for."""
    if options.scheduler:
        return functools.partial(executors.cluster, options.scheduler)
    return functools.partial(executors.processes, options.workers)


def _parser() -> argparse.ArgumentParser:
    """Return the arguments."""
    parser = argparse.ArgumentParser("benchmarks.campaign", description=__doc__.partition("\n")[0])
    parser.add_argument("--nets", type=_positive, default=1000, metavar="N", help="(default 1000)")
    parser.add_argument("--seed", type=_seed, default=0, metavar="S", help="(default 0)")
    parser.add_argument("--workers", type=_positive, metavar="K", help="(default: every core)")
    parser.add_argument("--scheduler", metavar="URL", help="a Dask scheduler, tcp://host:port")
    parser.add_argument("--resume", type=Path, metavar="FILE", help="keep what is done in FILE")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result to FILE")
    parser.add_argument(
        "--chunk", type=_positive, default=CHUNK, metavar="N", help="networks at a time"
    )
    return parser


def _positive(text: str) -> int:
    """Return a number from 1 up."""
    if (number := int(text)) < 1:
        msg = f"{number} is not 1 or more"
        raise argparse.ArgumentTypeError(msg)
    return number


def _seed(text: str) -> int:
    """Return a number from 0 up."""
    if (number := int(text)) < 0:
        msg = f"{number} is not 0 or more"
        raise argparse.ArgumentTypeError(msg)
    return number


if __name__ == "__main__":
    sys.exit(main())
