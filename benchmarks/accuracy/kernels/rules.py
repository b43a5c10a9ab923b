"""What the rules in use for kernels say of the corpus's kernels, right and wrong, beside ours.

    python -m benchmarks.accuracy.kernels.rules [--json FILE]

Each rule compares the gradients of a `torch.autograd.Function` with those of the plain reference at
one point, in three precisions, and passes if it does in all of them. A rule is what its sources
state: a relative and an absolute tolerance, or a multiple of the low precision's own error.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from benchmarks.accuracy.kernels.arrays import TORCH
from benchmarks.accuracy.kernels.corpus import KERNELS
from benchmarks.machine import describe
from crosscheck import certify_function
from crosscheck.certification.kernels.torch_runner import TorchRunner
from crosscheck.core.norms import norm
from crosscheck.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.accuracy.kernels.kernel import Kernel

    Array = np.ndarray[Any, Any]
    Rule = Callable[[Array, Array, Array, str], bool]  # kernel, low reference, float64, precision

ASSERT_CLOSE = {"float64": (1e-7, 1e-7), "float32": (1.3e-6, 1e-5), "bfloat16": (1.6e-2, 1e-5)}


def _within(rtol: float, atol: float) -> Rule:
    return lambda found, low, _, __: bool(np.allclose(found, low, rtol=rtol, atol=atol))


def _by_precision(tolerances: dict[str, tuple[float, float]]) -> Rule:
    def rule(found: Array, low: Array, _: Array, dtype: str) -> bool:
        rtol, atol = tolerances[dtype]
        return bool(np.allclose(found, low, rtol=rtol, atol=atol))

    return rule


def _twice(found: Array, low: Array, true: Array, dtype: str) -> bool:
    """Return whether the largest error is at most twice the reference's; not asked in float64."""
    return dtype == "float64" or bool(norm(found - true) <= 2 * norm(low - true))


RULES: dict[str, Rule] = {
    "torch.allclose, rtol 1e-5, atol 1e-8": _within(1e-5, 1e-8),
    "torch.testing.assert_close": _by_precision(ASSERT_CLOSE),
    "rtol 1e-2, atol 1e-2": _within(1e-2, 1e-2),
    "rtol 1e-2, atol 1e4, in bfloat16 alone": lambda found, low, _, dtype: (
        dtype != "bfloat16" or bool(np.allclose(found, low, rtol=1e-2, atol=1e4))
    ),
    "twice the error of the reference in that precision": _twice,
}
GRADCHECK, OURS = "gradcheck, in float64 alone", "certify_function"
PRECISIONS = ("float64", "float32", "bfloat16")


def _array(gradient: Array | None) -> Array:
    """Return a gradient; None is zero."""
    return np.zeros(1) if gradient is None else gradient


def passes(kernel: Kernel, wrong: str) -> dict[str, bool]:
    """Return for each rule whether a kernel passes in all of the precisions."""
    inputs = kernel.inputs(np.random.default_rng(0))
    run, function, plain = TorchRunner().run, kernel.written("torch", wrong), kernel.plain(TORCH)
    held = dict.fromkeys(RULES, True)
    rng = np.random.default_rng(1)
    cotangents = [
        np.asarray(rng.standard_normal(o.shape)) for o in run(plain, inputs, "float64").outputs
    ]
    for dtype in PRECISIONS:
        rounded = TorchRunner().rounded
        low = "float32" if dtype == "float64" else dtype
        given = [rounded(v, low) if v.dtype.kind == "f" else v for v in inputs]
        up = [rounded(c, low) for c in cotangents]
        found, low_pass = run(function, given, dtype, up), run(plain, given, dtype, up)
        true = run(plain, given, "float64", up)
        for gradients in zip(found.gradients, low_pass.gradients, true.gradients, strict=True):
            f, r, t = (_array(g) for g in gradients)
            for name, rule in RULES.items():
                held[name] &= rule(f, r, t, dtype)
    leaves = [torch.tensor(v, requires_grad=bool(v.dtype.kind == "f")) for v in inputs]
    try:
        held[GRADCHECK] = torch.autograd.gradcheck(function.apply, leaves)
    except Exception:  # noqa: BLE001 - a kernel that fails it, however it does
        held[GRADCHECK] = False
    certificate = certify_function(function, plain, inputs, PRECISIONS)
    held[OURS] = certificate.verdict is Verdict.AGREE
    return held


def main(arguments: Sequence[str] | None = None) -> int:
    """Print how many right kernels and how many wrong ones each rule lets pass, and keep it."""
    parser = argparse.ArgumentParser("benchmarks.accuracy.kernels.rules")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result to FILE")
    parser.add_argument("--kernel", choices=KERNELS, help="(default: all)")
    options = parser.parse_args(arguments)
    kernels = [KERNELS[options.kernel]] if options.kernel else [*KERNELS.values()]
    found: list[dict[str, Any]] = [
        {"kernel": kernel.name, "mistake": wrong, "passes": passes(kernel, wrong)}
        for kernel in kernels
        for wrong in ("", *kernel.mistakes)
    ]
    counts: dict[str, Any] = {}
    for name in found[0]["passes"]:
        right = Counter(row["passes"][name] for row in found if not row["mistake"])
        wrong = Counter(row["passes"][name] for row in found if row["mistake"])
        counts[name] = {
            "right": {"pass": right[True], "fail": right[False]},
            "wrong": {"pass": wrong[True], "fail": wrong[False]},
        }
    print(json.dumps(counts, indent=1))
    if options.json:
        kept = {"machine": describe(("numpy", "torch", "jax")), "rules": counts, "rows": found}
        options.json.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
