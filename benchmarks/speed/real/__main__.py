"""Seconds of `certify` with both frameworks: in a fresh process, and once more in the same.

    python -m benchmarks.speed.real [NAME ...] [--rounds N] [--against CHECKOUT] [--json FILE]

Every run is a process of its own that certifies one case five times. `cold` is the first time,
imports of the frameworks and all compilation included; `warm` the median of the others. The ratio
of warm to the hand-written gradient is measured in the same process, in turn. Each is given in
seconds by the clock and in seconds of the processor, which other work on the machine changes less.
`--against` names another checkout, whose package runs in turn with this one.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.machine import describe, pinned
from benchmarks.speed.real.cases import CASES

HERE = Path(__file__).parents[3]
WARM = 4
CHILD = f"""
import json, os, sys, time
checkout, here, name = sys.argv[1:]
sys.path.insert(0, checkout)
import crosscheck
sys.path[0] = here
from benchmarks.speed.real.cases import CASES
case = CASES[name]()
certify = lambda: crosscheck.certify(case.loss, case.gradient, case.params, case.data)
gradient = lambda: case.gradient(**case.params, **case.data)
def measured(call):
    wall, cpu = time.perf_counter(), time.process_time()
    result = call()
    return [time.perf_counter() - wall, time.process_time() - cpu, result]
*cold, certificate = measured(certify)
assert certificate, str(certificate)
def pair():
    return measured(certify)[:2], min(measured(gradient)[1] for _ in range(5))
warm = [pair() for _ in range({WARM})]
print(json.dumps({{"cold": cold, "warm": [a for a, _ in warm], "gradient": [b for _, b in warm]}}))
"""


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(CASES)}")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="rounds (default 3)")
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="another checkout")
    parser.add_argument("--limit", type=float, default=300, metavar="S", help="seconds of a run")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the measurement in FILE")
    options = parser.parse_args()
    contenders = {"this": HERE, **({"other": options.against} if options.against else {})}
    record: dict[str, Any] = {
        "machine": describe(("numpy", "torch", "jax")),
        "rounds": options.rounds,
        "load before": os.getloadavg(),
        "cases": {},
    }
    for name in options.names or CASES:
        runs: dict[str, list[Any]] = {contender: [] for contender in contenders}
        for _ in range(options.rounds):
            for contender, checkout in contenders.items():
                runs[contender].append(_run(checkout, name, options.limit))
        record["cases"][name] = {key: _summary(found) for key, found in runs.items()}
        for contender, summary in record["cases"][name].items():
            print(f"{name:36} {contender:6} {_line(summary, options.limit)}", flush=True)
        record["load after"] = os.getloadavg()
        if options.json:  # after each case, for the last ones may take long
            options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _run(checkout: Path, name: str, limit: float) -> Any:
    """Return what one process measured; None where it took longer than the limit."""
    command = [sys.executable, "-c", CHILD, str(checkout.resolve()), str(HERE), name]
    environment = {**os.environ, **pinned(1)}
    try:
        done = subprocess.run(  # noqa: S603 - our own code
            command, check=True, capture_output=True, env=environment, timeout=limit
        )
    except subprocess.TimeoutExpired:
        return None
    return json.loads(done.stdout)


def _summary(runs: list[Any]) -> dict[str, Any]:
    """Return medians over the runs; nothing where one of them took too long."""
    if None in runs:
        return {"runs": runs}
    pairs = [pair for run in runs for pair in zip(run["warm"], run["gradient"], strict=True)]
    summary: dict[str, Any] = {"runs": runs}
    for place, unit in enumerate(("clock", "processor")):
        summary[f"cold, {unit}"] = statistics.median(run["cold"][place] for run in runs)
        summary[f"warm, {unit}"] = statistics.median(warm[place] for warm, _ in pairs)
    summary["warm / gradient"] = statistics.median(warm[1] / other for warm, other in pairs)
    return summary


def _line(summary: dict[str, Any], limit: float) -> str:
    if None in summary["runs"]:
        return f"more than {limit:g} s"
    cold, warm = (
        f"{kind} {summary[f'{kind}, clock']:6.2f} s ({summary[f'{kind}, processor']:.2f} s)"
        for kind in ("cold", "warm")
    )
    return f"{cold}   {warm}   {summary['warm / gradient']:6.0f} gradients"


if __name__ == "__main__":
    main()
