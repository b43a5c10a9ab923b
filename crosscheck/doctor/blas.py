"""The kernel that OpenBLAS picked, and the width of the CPU's vectors.

OpenBLAS knows CPUs by their model. One that it does not know, or that a virtual machine does not
name, gets a kernel with narrower vectors than it could run, at half the speed and silently.
"""

from __future__ import annotations

import importlib
import platform
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

CPUINFO = Path("/proc/cpuinfo")
# kernel, by OpenBLAS's name -> the width of its vectors in bits; others are left out
KERNELS = {
    "Katmai": 128, "Coppermine": 128, "Northwood": 128, "Prescott": 128, "Banias": 128,
    "Core2": 128, "Penryn": 128, "Dunnington": 128, "Nehalem": 128, "Athlon": 128,
    "Opteron": 128, "Opteron_SSE3": 128, "Barcelona": 128, "Bobcat": 128, "Atom": 128,
    "Sandybridge": 256, "Bulldozer": 256, "Piledriver": 256, "Steamroller": 256,
    "Excavator": 256, "Haswell": 256, "Zen": 256,
    "SkylakeX": 512, "Cooperlake": 512, "SapphireRapids": 512,
}  # fmt: skip
# The widest first: kernel -> the features that the CPU must have for it.
NEEDS = {
    "Cooperlake": {"avx512_bf16", "avx512f", "avx512bw", "avx512dq", "avx512vl"},
    "SkylakeX": {"avx512f", "avx512bw", "avx512dq", "avx512vl"},
    "Haswell": {"avx2", "fma"},
}


def features(cpuinfo: Path = CPUINFO) -> frozenset[str]:
    """Return the CPU's features by the names of Linux, from NumPy where there is no Linux."""
    flags = _cpuinfo("flags", cpuinfo).split()
    if flags:
        return frozenset(flags)
    simd = importlib.import_module("numpy._core._multiarray_umath")  # no public name
    by_numpy = {name.lower() for name, there in simd.__cpu_features__.items() if there}
    if by_numpy & {"x86_v4", "avx512_skx"}:
        by_numpy |= NEEDS["SkylakeX"]
    if by_numpy & {"x86_v3", "fma3"}:
        by_numpy |= NEEDS["Haswell"]
    return frozenset(by_numpy)


def width(features: Collection[str]) -> int:
    """Return the width in bits of the CPU's widest vectors; 0 if unknown."""
    for flag, bits in (("avx512f", 512), ("avx", 256), ("avx2", 256), ("sse2", 128)):
        if flag in features:
            return bits
    return 128 if set(features) & {"asimd", "neon"} else 0


def wider(kernel: str, features: Collection[str]) -> str | None:
    """Return a kernel with wider vectors that the CPU can run; None if there is none.

    >>> wider("Haswell", NEEDS["SkylakeX"])
    'SkylakeX'
    """
    now = KERNELS.get(kernel)
    if now is None:  # not OpenBLAS's, or not listed here: no advice
        return None
    could = [name for name, needs in NEEDS.items() if needs <= set(features)]
    return next((name for name in could if KERNELS[name] > now), None)


def flops_a_cycle(bits: int, dtype: str) -> int:
    """Return the operations of a core in a cycle: two units, each a fused multiply-add."""
    return 2 * 2 * bits // {"float32": 32, "float64": 64}[dtype]


def cpu(cpuinfo: Path = CPUINFO) -> str:
    """Return the name of the CPU."""
    return _cpuinfo("model name", cpuinfo) or platform.processor() or platform.machine()


def gigahertz(cpuinfo: Path = CPUINFO) -> float:
    """Return the present frequency of the CPU; 0.0 if unknown."""
    return float(_cpuinfo("cpu MHz", cpuinfo) or 0) / 1000


def asked(environment: Mapping[str, str]) -> str:
    """Return the kernel that OPENBLAS_CORETYPE names; "" if it is not set."""
    return environment.get("OPENBLAS_CORETYPE", "")


def _cpuinfo(field: str, cpuinfo: Path) -> str:
    """Return a field of the first processor; "" if there is none."""
    if not cpuinfo.is_file():
        return ""
    for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == field:
            return value.strip()
    return ""
