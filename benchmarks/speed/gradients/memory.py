"""The peak of the memory that a training step takes, of one author in a process of its own.

    python -m benchmarks.speed.gradients.memory AUTHOR CASE

Prints a line of JSON, in bytes of resident memory beyond those that the import alone has taken:
the peak of the first step with all that it prepares and compiles, and that of the steps after it.
Resident, as the kernel counts it: tracemalloc does not see what the frameworks take.
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
from benchmarks.speed.gradients.authors import prepared
from benchmarks.speed.gradients.cases import Case

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.speed.gradients.authors import Author

STEPS = 2
PROC = Path("/proc/self")


def main() -> None:
    """Measure in this process."""
    function, case = sys.argv[1], Case.of(json.loads(sys.argv[2]))
    importlib.import_module(f"benchmarks.speed.gradients.authors.{function.partition('.')[0]}")
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
    case: Case, authors: Mapping[str, Author], environment: Mapping[str, str]
) -> dict[str, Any]:
    """Return what each author's process says, by author, and the bytes that must exist."""
    said: dict[str, Any] = {}
    for name, author in authors.items():
        if importlib.util.find_spec(author.package) is None:
            continue
        command = [sys.executable, "-m", "benchmarks.speed.gradients.memory", author.function]
        result = subprocess.run(  # noqa: S603 - our own module
            [*command, json.dumps(asdict(case))],
            cwd=ROOT,
            env={**environment, **author.environment},
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        said[name] = json.loads(result.stdout.splitlines()[-1])
    return {"case": asdict(case), "must exist": case.bytes, "bytes": said}


if __name__ == "__main__":
    main()
