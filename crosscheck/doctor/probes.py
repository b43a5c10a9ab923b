"""Probes of NumPy, PyTorch and JAX, each in a process of its own.

An import that fails, or an instruction that the CPU does not have, ends a probe and not the doctor,
and no library changes the threads or settings of another.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import json
import subprocess
import time
from typing import TYPE_CHECKING, Any

from crosscheck.workers.child import child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from crosscheck.workers.child import Child

ANSWER = "crosscheck.doctor.probes:main"
PATIENCE = 120.0  # seconds; a cold import takes two
SIDE = 768  # of the square matrices whose product is timed
ROUNDS = 5


@contextlib.contextmanager
def probe(
    name: str, environment: Mapping[str, str] | None = None
) -> Iterator[Callable[[], dict[str, Any]]]:
    """Start a probe; yield a function that returns its result, or {"failed": reason}."""
    with child(ANSWER, name, environment=environment) as process:
        yield functools.partial(_answer, process)


def _answer(started: Child) -> dict[str, Any]:
    try:
        out, _ = started.process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        started.process.kill()
        started.process.communicate()
        return {"failed": f"no answer after {PATIENCE:g} s"}
    if started.process.returncode:
        return {"failed": started.ended(PATIENCE)}
    try:
        result: dict[str, Any] = json.loads(out.decode(errors="replace").splitlines()[-1])
    except (ValueError, IndexError):
        return {"failed": "its answer is not JSON"}
    return result


def numpy() -> dict[str, Any]:
    """Return NumPy's BLAS, its rates in Gflop/s, and whether it keeps subnormals."""
    import numpy as np
    import threadpoolctl  # type: ignore[import-untyped]

    pools = [pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
    pool = pools[0] if pools else {}
    return {
        "version": np.__version__,
        "blas": pool.get("internal_api", ""),
        "blas version": pool.get("version") or "",
        "kernel": pool.get("architecture", ""),
        "threads": pool.get("num_threads", 0),
        "rates": {dtype: _rate(np, dtype) for dtype in ("float64", "float32")},
        "subnormals": bool((np.full(8, 5e-324) * 1.5 > 0).all()),
    }


def torch() -> dict[str, Any]:
    """Return PyTorch's build, its defaults, and whether it keeps subnormals."""
    import torch as framework

    tiny = framework.full((8,), 5e-324, dtype=framework.float64)
    toolkit = framework.version.cuda or getattr(framework.version, "hip", None)
    return {
        "version": framework.__version__,
        "build": f"GPU wheel ({toolkit})" if toolkit else "CPU wheel",
        "dtype": str(framework.get_default_dtype()).removeprefix("torch."),
        "threads": framework.get_num_threads(),
        "vectors": framework.backends.cpu.get_cpu_capability(),
        "subnormals": bool((tiny * 1.0 > 0).all()),
    }


def jax() -> dict[str, Any]:
    """Return JAX's build, its defaults, and whether it has x64 on and keeps subnormals."""
    import jax as framework

    plugins = [name for name in ("jax_cuda13_plugin", "jax_cuda12_plugin", "jax_rocm7_plugin")
               if importlib.util.find_spec(name)]  # fmt: skip
    untyped: Any = framework
    x64 = bool(framework.config.values["jax_enable_x64"])
    dtype = str(framework.numpy.zeros(1).dtype)
    with untyped.enable_x64(True):  # noqa: FBT003 - JAX's own signature
        tiny = framework.numpy.full(8, 5e-324)
        subnormals = bool((framework.jit(lambda x: x * 1.5)(tiny) > 0).all())
    return {
        "version": framework.__version__,
        "build": f"GPU wheel ({plugins[0]})" if plugins else "CPU wheel",
        "dtype": dtype,
        "x64": x64,
        "subnormals": subnormals,
    }


def _rate(np: Any, dtype: str) -> float:
    """Return the best rate of several matrix products, in Gflop/s."""
    a = np.ones((SIDE, SIDE), dtype)
    out = np.empty_like(a)
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        np.matmul(a, a, out=out)
        times.append(time.perf_counter() - start)
    return 2e-9 * SIDE**3 / min(times)


PROBES: dict[str, Callable[[], dict[str, Any]]] = {"numpy": numpy, "torch": torch, "jax": jax}


def main(name: str) -> None:
    """Print the result as the last line of stdout; libraries may print above it."""
    print(json.dumps(PROBES[name]()))
