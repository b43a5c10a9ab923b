"""`certify` compared with the checkers of PyTorch, JAX and SciPy: time, smallest error detected.

    python -m benchmarks.speed.gradcheck [--quick] [--rounds N] [--threads N] [--json FILE]

A two-layer network in NumPy with 10², 10⁴ and 10⁶ parameters and its hand-written gradient.
Within a round every contender runs once, in turn; the times are medians over the rounds. Imports
and first calls, which compile, are reported apart. `--quick` leaves out 10⁶, and most rounds.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import json
import os
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.machine import describe, pinned
from benchmarks.speed.clock import filling, seconds
from benchmarks.tables import HAND_WRITTEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.speed.gradcheck.network import Case

PACKAGES = ("numpy", "scipy", "torch", "jax")


def main() -> None:
    """Measure, and print the tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="two sizes, two rounds")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds (default 5)")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="threads (default 1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the measurement in FILE")
    options = parser.parse_args()
    rounds = options.rounds or (2 if options.quick else 5)
    os.environ.update(pinned(options.threads))
    record: dict[str, Any] = {
        "machine": describe(PACKAGES),
        "threads": options.threads,
        "rounds": rounds,
        "imports": {
            name: seconds(functools.partial(importlib.import_module, name)) for name in _MODULES
        },
    }
    from benchmarks import tables
    from benchmarks.speed.gradcheck import network

    sizes = [s for s in network.SHAPES if not (options.quick and s == max(network.SHAPES))]
    record["sizes"] = []
    for size in sizes:
        record["sizes"].append(_measured(network.case(size), rounds, record["sizes"]))
        tables.show_size(record["sizes"][-1])
    tables.show_rest(record)
    if options.json:
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


_MODULES = ("numpy", "scipy.optimize", "torch", "jax", "crosscheck.certification.gradient")


def _measured(case: Case, rounds: int, smaller: list[dict[str, Any]]) -> dict[str, Any]:
    """Return everything about one size. What is left out there is extrapolated from a smaller."""
    from benchmarks.speed.gradcheck.contenders import CONTENDERS, EACH_ENTRY
    from benchmarks.speed.gradcheck.network import SHAPES, gradient, loss
    from benchmarks.speed.gradcheck.sensitivity import smallest

    running = {
        name: check
        for name, check in CONTENDERS.items()
        if case.size < max(SHAPES) or name not in EACH_ENTRY
    }
    calls: dict[str, Callable[[], Any]] = {
        name: functools.partial(check, case, gradient) for name, check in running.items()
    }
    first = {name: seconds(call) for name, call in calls.items()}
    times: dict[str, list[float]] = {name: [] for name in (HAND_WRITTEN, "the loss", *calls)}
    for _ in range(rounds):
        times[HAND_WRITTEN].append(_repeated(lambda: gradient(**case.params, **case.data)))
        times["the loss"].append(_repeated(lambda: loss(**case.params, **case.data)))
        for name, call in calls.items():
            times[name].append(seconds(call))
    medians = {name: statistics.median(t) for name, t in times.items()}
    return {
        "parameters": case.parameters,
        "seconds": medians,
        "all seconds": times,
        "first call": first,
        "noticed": {name: _detected(case, check, smallest) for name, check in running.items()},
        "extrapolated": {
            name: _extrapolated(name, case, medians, smaller[-1])
            for name in CONTENDERS
            if name not in running
        },
    }


def _detected(case: Case, check: Any, smallest: Any) -> dict[str, Any]:
    """Return the smallest errors detected, or why there are none."""
    try:
        result: dict[str, Any] = smallest(case, check)
    except ValueError as error:
        return {"false alarm": str(error)}
    return result


def _extrapolated(
    name: str, case: Case, medians: dict[str, float], smaller: dict[str, Any]
) -> float:
    """Return seconds that were not measured: as many losses a parameter as at the smaller size."""
    growth = case.parameters / smaller["parameters"]
    costlier = medians["the loss"] / smaller["seconds"]["the loss"]
    result: float = smaller["seconds"][name] * growth * costlier
    return result


def _repeated(call: Callable[[], Any]) -> float:
    """Return the seconds of one call, from as many as fill a tenth of a second."""
    call()
    return seconds(call, filling(call, 0.1))


if __name__ == "__main__":
    main()
