"""Every verdict of the six examples and of some calls of `certify`, as one line of JSON.

With it, what distinguishes one setting of the numerical libraries from another: the kernels that
they report, and the bits of one computation in each. `settings` runs this, once a setting.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

import reference
from benchmarks.speed.gradcheck import network
from crosscheck import certify, certify_examples
from crosscheck.examples.oracles import ORACLES

if TYPE_CHECKING:
    from crosscheck.certificate import Certificate

ONEDNN = """
import torch
torch.nn.functional.conv2d(torch.ones(32, 8, 19, 19), torch.ones(8, 8, 3, 3))
"""


def main() -> None:
    """Print the verdicts, kernels and bits."""
    found = {
        "verdicts": {**_examples(), **_calls()},
        "kernels": _kernels(),
        "bits": _bits(),
    }
    print(json.dumps(found))


def _examples() -> dict[str, str]:
    """Return the verdict of every quantity of the six examples; the oracles in this process."""
    certificate = certify_examples(reference.EXAMPLES, ORACLES)
    return _verdicts("", certificate)


def _calls() -> dict[str, str]:
    """Return the verdicts of right gradients, of wrong ones, and of one that is not exercised."""
    large = network.case(10_000)
    entry = network.entries(large)["typical"]
    small = network.case(100)
    calls: dict[str, tuple[network.Case, Any]] = {
        "right, small": (small, network.gradient),
        "right, large": (large, network.gradient),
        "one entry × (1 + 1e-5)": (large, network.planted(entry, 1e-5)),
        "one entry × (1 + 1e-9)": (small, network.planted(0, 1e-9)),
        "twice": (small, lambda **a: {k: 2 * g for k, g in network.gradient(**a).items()}),
        "no tanh'": (small, _without_slope),
    }
    result: dict[str, str] = {}
    for name, (case, gradient) in calls.items():
        result |= _verdicts(name, certify(network.loss, gradient, case.params, case.data))
    params = {"w": np.array([0.5, 0.25]), "v": np.array([1.0])}
    unused = certify(lambda w, **_: np.sum(w**2), lambda w, v: [2 * w, 0 * v], params)
    return result | _verdicts("a parameter that is not used", unused)


def _without_slope(**a: Any) -> dict[str, Any]:
    """Return the gradient without the derivative of tanh."""
    right = network.gradient(**a)
    h = np.tanh(a["X"] @ a["W1"] + a["b1"])
    e = (h @ a["W2"] + a["b2"] - a["Y"]) @ a["W2"].T / len(a["X"])
    return {**right, "W1": a["X"].T @ e, "b1": e.sum(axis=0)}


def _verdicts(name: str, certificate: Certificate) -> dict[str, str]:
    """Return the verdict of every finding, and the overall one."""
    each = {
        f"{name or f.example}: {f.quantity}": str(f.verdict)
        for f in certificate.findings
        if f.verdict is not None
    }
    return {**each, f"{name or 'the examples'}: overall": str(certificate.verdict)}


def _kernels() -> dict[str, str]:
    """Return the kernels that the libraries report."""
    import threadpoolctl  # type: ignore[import-untyped]
    import torch

    simd = importlib.import_module("numpy._core._multiarray_umath")  # reported nowhere else
    pools = threadpoolctl.threadpool_info()
    blas = [pool for pool in pools if pool["user_api"] == "blas"]
    used = [name for name in simd.__cpu_dispatch__ if simd.__cpu_features__[name]]
    return {
        "threads": f"BLAS {blas[0]['num_threads']}, ATen {torch.get_num_threads()}",
        "OpenBLAS": blas[0]["architecture"],
        "NumPy": " ".join(used) or "baseline",
        "ATen": torch.backends.cpu.get_cpu_capability(),
        "oneDNN": _onednn(),
    }


def _onednn() -> str:
    """Return the instruction set that oneDNN reports: on stdout, at its start."""
    out = subprocess.run(  # noqa: S603 - our own interpreter, our own code
        [sys.executable, "-c", ONEDNN],
        env={**os.environ, "ONEDNN_VERBOSE": "1"},
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    found = re.search(r"cpu,isa:([^\n]*)", out)
    return found[1].strip() if found else "not reported"


def _bits() -> dict[str, str]:
    """Return a digest of one network's hidden layer by each library."""
    import jax
    import torch

    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((65, 300)), rng.standard_normal((300, 70)) / 17
    images = torch.tensor(a[:64].reshape(64, 3, 10, 10)).float()
    conv = torch.nn.functional.conv2d(images, torch.tensor(b[:27].T.reshape(70, 3, 3, 3)).float())
    with jax.enable_x64(True):  # noqa: FBT003 - JAX's own signature
        by_jax = np.asarray(jax.jit(jax.numpy.exp)(a))  # a sum would round the difference away
    both = torch.tensor(a), torch.tensor(b)
    results = {
        "NumPy's product": a @ b,
        "NumPy's tanh and sum": np.tanh(a).sum(axis=1),
        "PyTorch": torch.tanh(both[0] @ both[1]).sum(dim=1).numpy(),
        "PyTorch's sum": torch.tanh(both[0]).sum(dim=1).numpy(),
        "PyTorch's convolution": conv.numpy(),
        "JAX": by_jax,
    }
    return {name: hashlib.sha256(r.tobytes()).hexdigest()[:12] for name, r in results.items()}


if __name__ == "__main__":
    main()
