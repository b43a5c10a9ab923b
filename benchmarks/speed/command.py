"""The whole command `crosscheck` beside `python -c "import torch, jax"`, in turn.

    python -m benchmarks.speed.command [--rounds N] [--json FILE]

Prints the median seconds of each contender, and the median and quartiles of the ratio of the two
within a round. The import runs twice a round: the ratio of those two runs is the noise.
"""

from __future__ import annotations

import argparse
import functools
import json
import statistics
import subprocess
import sys
from dataclasses import astuple
from pathlib import Path
from typing import Any

from benchmarks.machine import describe
from benchmarks.speed.clock import Effort, in_turn, ratio, seconds

IMPORT = [sys.executable, "-c", "import torch, jax"]
COMMAND = [sys.executable, "-m", "crosscheck"]
CONTENDERS = {"import": IMPORT, "crosscheck": COMMAND, "import again": IMPORT}


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="rounds (default 15)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the measurement in FILE")
    options = parser.parse_args()
    record = measured(max(2, options.rounds))
    for name, median in record["seconds"].items():
        print(f"{name:14} {median:6.2f} s")
    for name, (low, middle, high) in record["ratios"].items():
        print(f"{name + ' / import':24} {middle:5.2f}   quartiles {low:.2f} .. {high:.2f}")
    if options.json:
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def measured(rounds: int) -> dict[str, Any]:
    """Return the medians, and the ratios to the import; a run that fails is no measurement."""
    run = functools.partial(subprocess.run, check=True, stdout=subprocess.DEVNULL)
    calls = {name: functools.partial(run, command) for name, command in CONTENDERS.items()}
    for call in calls.values():  # warms the disk's cache
        call()
    turns = {name: functools.partial(seconds, call) for name, call in calls.items()}
    times = in_turn(turns, Effort(rounds, least=rounds))
    return {
        "rounds": rounds,
        "machine": describe(("numpy", "torch", "jax")),
        "seconds": {name: statistics.median(t) for name, t in times.items()},
        "ratios": {
            name: astuple(ratio(times[name], times["import"]))
            for name in ("crosscheck", "import again")
        },
    }


if __name__ == "__main__":
    main()
