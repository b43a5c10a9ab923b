"""What the times depend on: versions, cores, threads, and the environment that pins them."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from typing import TYPE_CHECKING

from crosscheck.doctor.findings import cores

if TYPE_CHECKING:
    from collections.abc import Iterable

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}


def pinned(threads: int) -> dict[str, str]:
    """Return the environment in which every library has so many threads, and JAX no GPU."""
    counts = {name: str(threads) for name in ONE_THREAD if name.endswith("THREADS")}
    flags = {
        "XLA_FLAGS": ONE_THREAD["XLA_FLAGS"]
        .replace("=1", f"={threads}")
        .replace("eigen=false", f"eigen={str(threads > 1).lower()}")
    }
    return {**counts, **flags, "JAX_PLATFORMS": "cpu"}


def environment(threads: int) -> dict[str, str]:
    """Return this process's environment with threads pinned: that of a contender's process."""
    return {**os.environ, **pinned(threads)}


def describe(packages: Iterable[str]) -> dict[str, str]:
    """Return the cores, the processor, and the versions of Python and of the installed packages."""
    installed = {}
    for name in packages:
        try:
            installed[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {"cores": str(cores()), "python": platform.python_version(), **installed}
