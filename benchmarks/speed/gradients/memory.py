"""The peak of the memory that a training step takes, of one contender in a process of its own.

    python -m benchmarks.speed.gradients.memory CONTENDER CASE

Prints a line of JSON, in bytes of resident memory beyond those that the import alone has taken:
the peak of the first step with all that it prepares and compiles, and that of the steps after it.
Resident, as the kernel counts it: tracemalloc does not count the frameworks' memory.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import ROOT
from benchmarks.speed.gradients.cases import Case
from benchmarks.speed.gradients.contenders import prepared

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.speed.gradients.contenders import Contender

STEPS = 2
PROC = Path("/proc/self")


def main() -> None:
    """Measure in this process."""
    function, case = sys.argv[1], Case.of(json.loads(sys.argv[2]))
    importlib.import_module(f"benchmarks.speed.gradients.contenders.{function.partition('.')[0]}")
    imported = resident("VmRSS")
    step = prepared(function, case)
    gc.collect()
    first = peak(step, steps=1) - imported
    later = peak(step, STEPS) - imported
    print(json.dumps({"import": imported, "first": first, "later": later}))


def peak(step: Any, steps: int) -> int:
    """Return the largest resident size, in bytes, while `steps` steps run."""
    (PROC / "clear_refs").write_text("5", encoding="ascii")  # the peak is what there is now
    for _ in range(steps):
        step()
    return resident("VmHWM")


def resident(which: str) -> int:
    """Return the resident size now, VmRSS, or its peak, VmHWM, in bytes."""
    for line in (PROC / "status").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        if name == which:
            return int(value.split()[0]) * 1024
    msg = f"{PROC}/status has no {which}"
    raise LookupError(msg)


def measured(
    case: Case, contenders: Mapping[str, Contender], environment: Mapping[str, str]
) -> dict[str, Any]:
    """Return the peaks measured in each contender's process, and the bytes that must exist."""
    peaks: dict[str, Any] = {}
    for name, contender in contenders.items():
        if importlib.util.find_spec(contender.package) is None:
            continue
        command = [sys.executable, "-m", "benchmarks.speed.gradients.memory", contender.function]
        result = subprocess.run(  # noqa: S603 - our own module
            [*command, json.dumps(asdict(case))],
            cwd=ROOT,
            env={**environment, **contender.environment},
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        peaks[name] = json.loads(result.stdout.splitlines()[-1])
    return {"case": asdict(case), "must exist": case.bytes, "bytes": peaks}


if __name__ == "__main__":
    main()
