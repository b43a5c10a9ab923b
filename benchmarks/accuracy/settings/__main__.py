"""Verdicts do not depend on threads or instruction sets: the same under every setting.

    python -m benchmarks.accuracy.settings

Bits do depend on them: another kernel sums in another order. Each setting is a subprocess with its
own environment, and computes the verdict of every quantity of the six examples and of calls of
`certify`, right and wrong. The table shows which settings were effective: the library
reports another kernel, or its bits differ. Exit status 1 if a verdict differs or a setting fails.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from benchmarks import ROOT
from benchmarks.machine import ONE_THREAD, pinned


def _xla(isa: str) -> dict[str, str]:
    """Return what limits XLA's instruction set, on one thread."""
    return {"XLA_FLAGS": f"{ONE_THREAD['XLA_FLAGS']} --xla_cpu_max_isa={isa}"}


REFERENCE = "1 thread"
# Label -> its changes to the environment of one thread, and the library whose kernel they should
# change. What differs in the second does not come from a setting.
SETTINGS: dict[str, tuple[dict[str, str], str]] = {
    REFERENCE: ({}, ""),
    "1 thread, again": ({}, ""),
    "2 threads": (pinned(2), "threads"),
    "OPENBLAS_CORETYPE=Haswell": ({"OPENBLAS_CORETYPE": "Haswell"}, "OpenBLAS"),
    "OPENBLAS_CORETYPE=Prescott": ({"OPENBLAS_CORETYPE": "Prescott"}, "OpenBLAS"),
    "NPY_DISABLE_CPU_FEATURES=X86_V3,X86_V4": (
        {"NPY_DISABLE_CPU_FEATURES": "X86_V3,X86_V4"},
        "NumPy",
    ),
    "ATEN_CPU_CAPABILITY=default": ({"ATEN_CPU_CAPABILITY": "default"}, "ATen"),
    "ATEN_CPU_CAPABILITY=avx2": ({"ATEN_CPU_CAPABILITY": "avx2"}, "ATen"),
    "--xla_cpu_max_isa=SSE4_2": (_xla("SSE4_2"), "XLA"),
    "--xla_cpu_max_isa=AVX2": (_xla("AVX2"), "XLA"),
    "DNNL_MAX_CPU_ISA=SSE41": ({"DNNL_MAX_CPU_ISA": "SSE41"}, "oneDNN"),
    "DNNL_MAX_CPU_ISA=AVX2": ({"DNNL_MAX_CPU_ISA": "AVX2"}, "oneDNN"),
}
PATIENCE = 300


def main() -> int:
    """Run every setting, print the table, and return the exit status."""
    print("| setting | verdicts | differ | kernel | effective |\n|---|--:|--:|---|---|", flush=True)
    wrong = 0
    reference = again = _run({})
    for i, (name, (environment, library)) in enumerate(SETTINGS.items()):
        run = reference if i == 0 else _run(environment)
        again = run if i == 1 else again
        if "failed" in run:
            print(f"| {name} | failed | - | {run['failed']} | - |", flush=True)
            wrong += 1
            continue
        differ = _differing(reference, run)
        wrong += len(differ)
        kernel = run["kernels"].get(library, "")
        effective = _effective(library, reference, again, run) if library else "-"
        print(
            f"| {name} | {len(run['verdicts'])} | {len(differ)} | {kernel} | {effective} |",
            flush=True,
        )
        for quantity in differ:
            there, here = reference["verdicts"].get(quantity), run["verdicts"].get(quantity)
            print(f"| | {quantity}: {here}, on {REFERENCE} {there} | | | |")
    verdicts = sorted(set(reference.get("verdicts", {}).values()))
    print(f"\n{'SAME' if not wrong else 'DIFFERENT'}: verdicts {', '.join(verdicts)}")
    return 1 if wrong else 0


def _differing(reference: dict[str, Any], run: dict[str, Any]) -> list[str]:
    """Return the quantities with another verdict than the reference's."""
    expected, got = reference.get("verdicts", {}), run["verdicts"]
    return [name for name in expected | got if expected.get(name) != got.get(name)]


def _effective(
    library: str, reference: dict[str, Any], again: dict[str, Any], run: dict[str, Any]
) -> str:
    """Return the evidence that a library took the setting, or that there is none."""
    shown = []
    before, now = reference.get("kernels", {}).get(library), run["kernels"].get(library)
    if before != now:
        shown.append(f"not {before}")
    twice = reference.get("bits", {}), again.get("bits", {})
    steady = [name for name, bits in twice[0].items() if twice[1].get(name) == bits]
    others = [name for name in steady if run["bits"][name] != reference["bits"][name]]
    if others:
        shown.append(f"other bits in {', '.join(others)}")
    return "yes: " + "; ".join(shown) if shown else "no evidence"


def _run(environment: dict[str, str]) -> dict[str, Any]:
    """Return what a process of its own computes in an environment, or why it failed."""
    names = {name for setting, _ in SETTINGS.values() for name in setting}
    clean = {name: value for name, value in os.environ.items() if name not in names}
    try:
        process = subprocess.run(
            [sys.executable, "-m", "benchmarks.accuracy.settings.verdicts"],
            env={**clean, **pinned(1), **environment},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"not done after {PATIENCE} s"}
    if process.returncode:
        lines = process.stderr.strip().splitlines() or ["no output"]
        return {"failed": f"status {process.returncode}: {lines[-1]}"}
    result: dict[str, Any] = json.loads(process.stdout.splitlines()[-1])
    return result


if __name__ == "__main__":
    sys.exit(main())
