"""A book verified in a process of its own beside the same book in a Jupyter kernel, in turn.

    python -m benchmarks.speed.books [BOOK] [--rounds N] [--json FILE]

Without claims, so that both do the same: run the cells, compare the outputs. Prints the median
seconds of each, of the process again, and of the book with its claims; and the median and quartiles
of their ratios to the kernel within a round. The frameworks are imported before, once.
"""

from __future__ import annotations

import argparse
import functools
import json
import statistics
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import ROOT
from benchmarks.machine import describe
from benchmarks.speed.clock import Effort, in_turn, ratio, seconds
from crosscheck.textbook import claims
from crosscheck.textbook.claims import Claims
from crosscheck.textbook.formats import load
from crosscheck.textbook.runner import Limits
from crosscheck.textbook.verify import POINTS, verify, warm_up

if TYPE_CHECKING:
    from collections.abc import Callable

CHAPTER = ROOT / "tests" / "books" / "chapter.md"


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("book", type=Path, nargs="?", default=CHAPTER)
    parser.add_argument("--rounds", type=int, default=10, metavar="N", help="rounds (default 10)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the measurement in FILE")
    options = parser.parse_args()
    book = load.read(options.book)
    run = functools.partial(verify, book, points=POINTS, seed=0, limits=Limits())
    claimed = claims.of_book(book)
    contenders: dict[str, Callable[[], object]] = {
        "kernel": lambda: run(Claims(given=claimed.given), isolate="kernel"),
        "process": lambda: run(Claims(given=claimed.given)),
        "process again": lambda: run(Claims(given=claimed.given)),
        f"with {len(claimed.claims)} claims": lambda: run(claimed),
    }
    warm_up().join()
    for contender in contenders.values():
        contender()
    turns = {name: functools.partial(seconds, contender) for name, contender in contenders.items()}
    rounds = max(2, options.rounds)
    times = in_turn(turns, Effort(rounds, least=rounds))
    medians = {name: statistics.median(t) for name, t in times.items()}
    ratios = {
        name: astuple(ratio(times[name], times["kernel"]))
        for name in contenders
        if name != "kernel"
    }
    for name, median in medians.items():
        print(f"{name:14} {median:6.2f} s")
    for name, (low, middle, high) in ratios.items():
        print(f"{name + ' / kernel':24} {middle:5.2f}   quartiles {low:.2f} .. {high:.2f}")
    if options.json:
        machine = describe(("numpy", "torch", "jax"))
        record = {"machine": machine, "seconds": medians, "ratios": ratios}
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
