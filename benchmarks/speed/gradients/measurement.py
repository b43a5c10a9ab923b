"""All that `python -m benchmarks` measures, as one record."""

from __future__ import annotations

import os
import statistics
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from benchmarks.machine import describe, environment
from benchmarks.speed import command
from benchmarks.speed.clock import Effort
from benchmarks.speed.gradients import memory
from benchmarks.speed.gradients.cases import NETWORK, Case
from benchmarks.speed.gradients.contenders import (
    CHECKED,
    COMPILED,
    CONTENDERS,
    EAGER,
    HAND_WRITTEN,
    HIPS,
    JIT,
    LIMIT,
    SCANNED,
    widened,
)
from benchmarks.speed.gradients.turns import measured, workers
from crosscheck.doctor import blas
from crosscheck.doctor.findings import cores, numpy_probe
from reference import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.speed.gradients.turns import Worker

PACKAGES = ("numpy", "torch", "jax", "autograd")
TRAINED = ("sigmoid_neuron", "relu_network", "guess_number")
SMALL, LARGE = ((784, 256, 10), 64), ((784, 1024, 10), 256)  # of the targets
LARGEST = ((784, 2048, 2048, 10), 512)
SIZES = (((2, 2, 1), 1), ((16, 16, 4), 8), ((64, 64, 10), 32), SMALL, LARGE, LARGEST)
COMPILED_SIZES = {((2, 2, 1), 1), SMALL, LARGE, LARGEST}  # each takes many seconds to compile
DTYPES = ("float32", "float64")
SQUARE = ((1024, 1024), 1024)  # its products give the machine's best rate


PAUSE = 0.03  # seconds: OpenBLAS's threads, and OpenMP's, wait as long before they sleep
FULL = Effort(rounds=15, patience=6.0)


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    examples: tuple[str, ...] = NAMES
    sizes: tuple[tuple[tuple[int, ...], int], ...] = SIZES
    compiled: bool = True
    threads: tuple[int, ...] = tuple(sorted({1, cores()}))
    effort: Effort = FULL
    memory: bool = True
    command: int = 7  # rounds


QUICK = Plan(
    examples=("sigmoid_neuron", "relu_network"),
    sizes=(((2, 2, 1), 1), SMALL),
    compiled=False,
    threads=(1,),
    effort=Effort(rounds=7, patience=2.0, filled=0.01),
    memory=False,
    command=0,
)


def record(plan: Plan, show: Callable[[str], None]) -> dict[str, Any]:
    """Measure all of the plan; `show` gets a line of progress for each part."""
    os.environ.pop("OPENBLAS_CORETYPE", None)  # the kernel is OpenBLAS's own choice, then ours
    wider = blas.wider(numpy_probe()["kernel"], blas.features())
    contenders = {**CONTENDERS, **(widened(CONTENDERS, wider) if wider else {})}
    if not plan.compiled:
        del contenders[COMPILED]
    result: dict[str, Any] = {
        "schema_version": 1,
        "machine": {
            **describe(PACKAGES),
            "cpu": blas.cpu(),
            "vectors": blas.width(blas.features()),
        },
        "wider kernel": wider,
        "examples": [],
        "networks": [],
        "rates": [],
    }
    for threads in plan.threads:
        effort = replace(plan.effort, pause=PAUSE if threads > 1 else 0.0)
        with workers(contenders, environment(threads)) as started:
            if threads == 1:
                show("the examples")
                for case in _examples(plan):
                    result["examples"].append(measured(case, _at(started, case), effort))
            for case in _networks(plan):
                show(f"{case.name}, {case.dtype}, threads: {threads}")
                row = measured(case, _at(started, case), effort)
                result["networks"].append({"threads": threads, **row})
            result["rates"] += [
                {"threads": threads, **_rate(dtype, started, plan.effort)} for dtype in DTYPES
            ]
    if plan.memory:
        show("memory")
        alone = {name: CONTENDERS[name] for name in (HAND_WRITTEN, EAGER, COMPILED, JIT, HIPS)}
        result["memory"] = [
            memory.measured(_network(LARGEST, dtype, "training"), alone, environment(1))
            for dtype in DTYPES
        ]
    if plan.command:
        show("the command")
        result["command"] = command.measured(plan.command)
    return result


def _examples(plan: Plan) -> list[Case]:
    """Return one gradient of every example, an update of those that have one, and the descent."""
    cases = [Case(name) for name in plan.examples]
    cases += [Case(name, "update") for name in plan.examples if name in TRAINED]
    return cases + [Case(name, "descent") for name in plan.examples if name == "guess_number"]


def _networks(plan: Plan) -> list[Case]:
    """Return every size in both precisions."""
    return [_network(size, dtype) for size in plan.sizes for dtype in DTYPES]


def _network(size: tuple[tuple[int, ...], int], dtype: str, what: str = "gradient") -> Case:
    """Return the network of a size."""
    sizes, batch = size
    return Case(NETWORK, what, sizes, batch, dtype)


def _at(started: Mapping[str, Worker], case: Case) -> dict[str, Worker]:
    """Return the contenders that take part in a case."""
    left_out = set()
    if case.what != "descent":
        left_out.add(SCANNED)
    if case.what != "gradient":
        left_out |= {name for name in started if name.startswith(LIMIT)}
    if case.sizes and (case.sizes, case.batch) not in COMPILED_SIZES:
        left_out.add(COMPILED)
    if (case.sizes, case.batch) == LARGEST:
        left_out.add(CHECKED)  # the check is a thousandth of it
    return {name: worker for name, worker in started.items() if name not in left_out}


def _rate(dtype: str, started: Mapping[str, Worker], effort: Effort) -> dict[str, Any]:
    """Return the best rate of matrix products, in Gflop/s, of each kernel of OpenBLAS."""
    case = _network(SQUARE, dtype)
    rates = {}
    for name, worker in started.items():
        if name.startswith(LIMIT):
            worker.ask(case, effort.filled)
            best = min(worker.ask(case, effort.filled)["seconds"] for _ in range(effort.rounds))
            rates[name] = 2e-9 * case.multiplications / best
    return {"dtype": dtype, "Gflop/s": rates}


def medians(row: Mapping[str, Any]) -> dict[str, float]:
    """Return the median seconds of every contender in a measured case."""
    return {name: statistics.median(times) for name, times in row["seconds"].items()}
