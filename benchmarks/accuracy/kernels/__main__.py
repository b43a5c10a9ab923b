"""Certify every kernel of the corpus in three precisions, right and with each of its mistakes.

`python -m benchmarks.accuracy.kernels --json FILE` exits with 1 if a right kernel disagrees, or a
wrong one agrees.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.accuracy.kernels.arrays import JAX, TORCH
from benchmarks.accuracy.kernels.corpus import KERNELS
from benchmarks.machine import describe
from crosscheck import certify_custom_vjp, certify_function

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.accuracy.kernels.kernel import Kernel
    from crosscheck import Certificate

RIGHT, NUMPY = "", "against NumPy"
FRAMEWORKS = ("torch", "jax")


def certified(kernel: Kernel, framework: str, what: str) -> Certificate:
    """Return the certificate of a kernel: right, with a mistake, or against NumPy."""
    inputs = kernel.inputs(np.random.default_rng(0))
    wrong = "" if what == NUMPY else what
    own = {"torch": TORCH, "jax": JAX}[framework]
    plain = kernel.numpy() if what == NUMPY else kernel.plain(own)
    certify: Any = {"torch": certify_function, "jax": certify_custom_vjp}[framework]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        certificate: Certificate = certify(kernel.written(framework, wrong), plain, inputs)
    return certificate


def outcomes(names: Sequence[str], frameworks: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield what is said of each kernel and each of its mistakes."""
    for name in names:
        kernel = KERNELS[name]
        for framework in frameworks:
            for what in (RIGHT, NUMPY, *kernel.mistakes):
                certificate = certified(kernel, framework, what)
                wrong = [f for f in certificate.findings if str(f.verdict) == "DISAGREE"]
                yield {
                    "kernel": name,
                    "framework": framework,
                    "what": what,
                    "verdict": str(certificate.verdict),
                    "expected": "AGREE" if what in {RIGHT, NUMPY} else "DISAGREE",
                    "where": sorted({f.example for f in wrong}),
                    "reasons": sorted({f.reason for f in wrong if f.reason})[:4],
                }


def main(arguments: Sequence[str] | None = None) -> int:
    """Certify the corpus; return 1 if a verdict is wrong."""
    parser = argparse.ArgumentParser("benchmarks.accuracy.kernels", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result to FILE")
    parser.add_argument("--only", choices=KERNELS, metavar="NAME", help="one kernel")
    parser.add_argument("--framework", choices=FRAMEWORKS, help="one framework")
    options = parser.parse_args(arguments)
    found = []
    frameworks = [options.framework] if options.framework else FRAMEWORKS
    for one in outcomes([options.only] if options.only else list(KERNELS), frameworks):
        found.append(one)
        sign = "" if one["verdict"] == one["expected"] else "  <-"
        print(f"{one['verdict']:12} {one['kernel']}, {one['framework']}: {one['what']}{sign}")
    counts = Counter((one["expected"], one["verdict"]) for one in found)
    result = {
        "machine": describe(["numpy", "torch", "jax"]),
        "kernels": len({one["kernel"] for one in found}),
        "counts": [{"expected": e, "verdict": v, "cases": n} for (e, v), n in counts.items()],
        "outcomes": found,
    }
    print(*(f"expected {e}, got {v}: {n}" for (e, v), n in sorted(counts.items())), sep="\n")
    if options.json is not None:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    false = counts["AGREE", "DISAGREE"] + counts["DISAGREE", "AGREE"]
    return int(false > 0)


if __name__ == "__main__":
    sys.exit(main())
