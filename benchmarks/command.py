"""The whole command `crosscheck` beside `python -c "import torch, jax"`, in turn.

    python -m benchmarks.command [--rounds N] [--json FILE]

Prints the median seconds of each contender, and the median and quartiles of the ratio of the two
within a round. The import runs twice a round: the ratio of those two runs is the noise.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

IMPORT = [sys.executable, "-c", "import torch, jax"]
COMMAND = [sys.executable, "-m", "crosscheck"]


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="rounds (default 15)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the measurement in FILE")
    options = parser.parse_args()
    rounds = max(2, options.rounds)
    contenders = {"import": IMPORT, "crosscheck": COMMAND, "import again": IMPORT}
    for command in contenders.values():  # a cold disk is nobody's fault
        seconds(command)
    times = [
        {name: seconds(command) for name, command in contenders.items()} for _ in range(rounds)
    ]
    medians = {name: statistics.median(t[name] for t in times) for name in contenders}
    ratios = {
        name: statistics.quantiles([t[name] / t["import"] for t in times], n=4)
        for name in ("crosscheck", "import again")
    }
    for name, median in medians.items():
        print(f"{name:14} {median:6.2f} s")
    for name, (low, middle, high) in ratios.items():
        print(f"{name + ' / import':24} {middle:5.2f}   quartiles {low:.2f} .. {high:.2f}")
    if options.json:
        record = {"rounds": rounds, "machine": machine(), "seconds": medians, "ratios": ratios}
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def machine() -> dict[str, str]:
    """Return what the times depend on."""
    packages = {name: importlib.metadata.version(name) for name in ("numpy", "torch", "jax")}
    return {"cores": str(os.cpu_count()), "python": platform.python_version(), **packages}


def seconds(command: list[str]) -> float:
    """Return the wall-clock seconds of one run; a run that fails is no measurement."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
