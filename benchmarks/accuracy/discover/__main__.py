"""Run discovery on released packages; the measured part of docs/discover.md.

    python -m benchmarks.accuracy.discover --json benchmarks/results/discover.json

The packages and pytest must be installed beside this project: scikit-learn, statsmodels, SciPy.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.accuracy.discover.overhead import overhead
from benchmarks.accuracy.discover.suites import SUITES, Suite
from benchmarks.machine import describe

ROOT = Path(__file__).parents[3]
SECONDS = 12  # for each derivative
LONGEST = 1800  # seconds for a suite


def main() -> None:
    """Run the suites one after the other, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, required=True, metavar="FILE")
    parser.add_argument("--suite", type=int, action="append", choices=range(len(SUITES)))
    options = parser.parse_args()
    kept: dict[str, Any] = {"suites": {}}
    if options.json.exists():
        kept = json.loads(options.json.read_text(encoding="utf-8"))
    for number in options.suite or range(len(SUITES)):
        kept["machine"] = describe(["numpy", "torch", "jax"])
        kept["suites"][str(number)] = found(SUITES[number])
        options.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    if options.suite is None:
        kept["overhead"] = overhead()
        options.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def found(suite: Suite) -> dict[str, Any]:
    """Return what one suite shows."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "found.json"
        done = subprocess.run(  # noqa: S603 - this interpreter
            command(suite, file),
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
            timeout=LONGEST,
            check=False,
            capture_output=True,
            text=True,
        )
        if not file.exists():
            msg = f"{suite.tests[0]} ended with status {done.returncode}: {done.stdout[-2000:]}"
            raise RuntimeError(msg)
        content = json.loads(file.read_text(encoding="utf-8"))
    called = [result for result in content["results"] if result["verdict"] != "not called"]
    for result in called:  # where the package is installed is nobody's business
        result["file"] = result["file"].rpartition("site-packages/")[2]
        result["reason"] = shortened(result["reason"])
    return {
        "distribution": suite.distribution,
        "version": version(suite.distribution),
        "watched": list(suite.watched),
        "seconds": round(time.monotonic() - start),
        "results": called,
        "never_called": len(content["results"]) - len(called),
        "unpaired": len(content["unpaired"]),
    }


def command(suite: Suite, file: Path) -> list[str]:
    """Return the command that runs a suite; the plugin is loaded by its name."""
    only = ["-k", suite.only] if suite.only else []
    return [
        *(sys.executable, "-m", "pytest", "-q", "-W", "ignore", "-p", "no:cacheprovider"),
        *("-p", "no:crosscheck", "-p", "crosscheck.pytest_plugin"),
        f"--crosscheck-discover={','.join(suite.watched)}",
        f"--crosscheck-discover-json={file}",
        f"--crosscheck-seconds={SECONDS}",
        *only,
        *("--pyargs", *suite.tests),
    ]


def shortened(reason: str) -> str:
    """Return a reason with paths below this project or the folder of installed packages."""
    inside = reason.replace(f"{ROOT}/", "")
    parts = [part.rpartition("site-packages/")[2] for part in inside.split(" ")]
    return " ".join(parts)[:400]


if __name__ == "__main__":
    main()
