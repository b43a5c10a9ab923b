"""From the results of the probes to the doctor's lines and remarks."""

from __future__ import annotations

import contextlib
import os
import platform
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from crosscheck.core.version import __version__
from crosscheck.doctor import blas
from crosscheck.doctor.probes import probe
from crosscheck.frameworks import FRAMEWORKS, by_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

GAIN = 1.1  # a kernel is recommended when it is faster by this factor


class Weight(IntEnum):
    """The weight of a remark: the exit status that it alone would give."""

    ADVICE = 0
    UNSOUND = 1
    MISSING = 3


@dataclass(frozen=True)
class Remark:
    """What is wrong, or could be faster, and what to do.

    >>> Remark(Weight.MISSING, "JAX is not installed", "python -m pip install jax").text
    'JAX is not installed; python -m pip install jax'

    """

    weight: Weight
    cause: str
    cure: str

    @property
    def text(self) -> str:
        """The cause and the cure."""
        return f"{self.cause}; {self.cure}"


@dataclass(frozen=True)
class Examination:
    """What the doctor found; the result of a probe is that of `probes`, or {"failed": reason}.

    Attributes:
        cpu: the name of the CPU.
        cores: the number of cores that this process may use.
        vectors: the width in bits of the CPU's widest vectors; 0 if unknown.
        gigahertz: the frequency of the CPU; 0 if unknown.
        asked: the kernel that OPENBLAS_CORETYPE names; "" if it is not set.
        one: the probe of NumPy on one thread.
        all_threads: the probe of NumPy on as many threads as it takes.
        frameworks: the probe of each framework by name; None if it is not installed.
        wider: a kernel of OpenBLAS with wider vectors that the CPU can run; None if there is none.
        wide: the probe of NumPy on one thread with that kernel.

    """

    cpu: str
    cores: int
    vectors: int
    gigahertz: float
    asked: str
    one: Mapping[str, Any]
    all_threads: Mapping[str, Any]
    frameworks: Mapping[str, Mapping[str, Any] | None]
    wider: str | None = None
    wide: Mapping[str, Any] = field(default_factory=dict)

    @property
    def remarks(self) -> list[Remark]:
        """What to fix, the gravest first."""
        return sorted([*_of_numpy(self), *_of_frameworks(self)], key=lambda r: -r.weight)

    @property
    def exit_status(self) -> int:
        """3 if a framework is missing or fails, 1 if the arithmetic is unsound, 0 otherwise."""
        return max((remark.weight for remark in self.remarks), default=Weight.ADVICE)

    def lines(self) -> Iterator[tuple[str, str]]:
        """Yield a label and its text; "" continues the label above."""
        yield "crosscheck", f"{__version__}, Python {platform.python_version()}"
        vectors = f", vectors of {self.vectors} bits" if self.vectors else ""
        yield "CPU", f"{self.cpu}, {_count(self.cores, 'core')}{vectors}"
        yield from _numpy_lines(self)
        for name, found in self.frameworks.items():
            yield name, _framework_line(found)
        if self.frameworks.get("JAX"):
            yield "", _x64(self.frameworks["JAX"] or {})


def examine() -> Examination:
    """Run all probes: the frameworks side by side, then NumPy alone, whose speed is measured."""
    features = blas.features()
    with contextlib.ExitStack() as stack:
        started = {
            each.name: stack.enter_context(probe(each.module)) if each.is_installed else None
            for each in FRAMEWORKS.values()
        }
        frameworks = {name: answer() if answer else None for name, answer in started.items()}
    alone = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    one, all_threads = numpy_probe(alone), numpy_probe()
    wider = blas.wider(one.get("kernel", ""), features)
    return Examination(
        cpu=blas.cpu(),
        cores=cores(),
        vectors=blas.width(features),
        gigahertz=blas.gigahertz(),
        asked=blas.asked(os.environ),
        one=one,
        all_threads=all_threads,
        frameworks=frameworks,
        wider=wider,
        wide=numpy_probe({**alone, "OPENBLAS_CORETYPE": wider}) if wider else {},
    )


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _numpy_lines(found: Examination) -> Iterator[tuple[str, str]]:
    """Yield the lines on NumPy: its version, its BLAS, and the speed of that."""
    if "failed" in found.one:
        yield "NumPy", found.one["failed"]
        return
    yield "NumPy", f"{found.one['version']}, float64, {_subnormals(found.one)}"
    kernel = found.one["kernel"]
    bits = blas.KERNELS.get(kernel)
    text = f"{found.one['blas'] or 'unknown'} {found.one['blas version']}".strip()
    if kernel:
        text += f", kernel {kernel}" + (f" (vectors of {bits} bits)" if bits else "")
    if found.asked:
        text += f", OPENBLAS_CORETYPE={found.asked} is set"
    yield "BLAS", text
    rates, together = found.one["rates"], found.all_threads.get("rates", {})
    for dtype, rate in rates.items():
        text = f"{dtype} matrix product: {rate:.0f} Gflop/s on 1 thread"
        if together and found.all_threads["threads"] > 1:
            text += f", {together[dtype]:.0f} on {found.all_threads['threads']}"
        peak = blas.flops_a_cycle(found.vectors, dtype) * found.gigahertz
        if peak:
            text += (
                f"; 1 thread reaches {rate / peak:.0%} of {peak:.0f}, the peak of two fused "
                f"multiply-adds of {found.vectors} bits a cycle at {found.gigahertz:.2f} GHz"
            )
        yield "", text


def _of_numpy(found: Examination) -> Iterator[Remark]:
    asked = f"OPENBLAS_CORETYPE={found.asked}"
    if "failed" in found.one:
        cure = "reinstall it: python -m pip install --force-reinstall numpy"
        if found.asked:
            cure = f"unset {asked}, a kernel that this CPU may not be able to run"
        yield Remark(Weight.UNSOUND, f"NumPy fails ({found.one['failed']})", cure)
        return
    if not found.one["subnormals"]:
        yield Remark(
            Weight.UNSOUND,
            "NumPy flushes subnormal numbers to zero: a library that was built with -ffast-math "
            "and is loaded at start switched them off",
            "uninstall or update it (look at LD_PRELOAD, sitecustomize and .pth files)",
        )
    kernel, threads = found.one["kernel"], found.all_threads.get("threads", 0)
    if found.asked and kernel and kernel.lower() != found.asked.lower():
        yield Remark(
            Weight.ADVICE,
            f"{asked} is set, and OpenBLAS runs {kernel}: this build has no such kernel",
            "unset OPENBLAS_CORETYPE",
        )
    if threads > found.cores:
        yield Remark(
            Weight.ADVICE,
            f"BLAS uses {threads} threads on {_count(found.cores, 'core')}, too many to be fast",
            f"set OPENBLAS_NUM_THREADS={found.cores}",
        )
    rates = found.wide.get("rates")
    if rates and rates["float64"] > GAIN * found.one["rates"]["float64"]:
        gains = ", ".join(
            f"{dtype} {found.one['rates'][dtype]:.0f} -> {rate:.0f} Gflop/s"
            for dtype, rate in rates.items()
        )
        yield Remark(
            Weight.ADVICE,
            f"OpenBLAS runs the kernel {kernel}, for vectors of {blas.KERNELS[kernel]} bits, and "
            f"this CPU has {found.vectors}",
            f"set OPENBLAS_CORETYPE={found.wider} before Python starts: {gains} on 1 thread, "
            "measured here",
        )


def numpy_probe(environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the result of NumPy's probe, with these environment variables."""
    with probe("numpy", environment) as answer:
        return answer()


def _of_frameworks(found: Examination) -> Iterator[Remark]:
    for name, framework in found.frameworks.items():
        if framework is None:
            yield Remark(Weight.MISSING, f"{name} is not installed", by_name(name).install)
        elif "failed" in framework:
            yield Remark(
                Weight.MISSING,
                f"{name} is installed and fails ({framework['failed']})",
                f"reinstall it: {by_name(name).install}",
            )
        elif framework["build"] != "CPU wheel":
            yield Remark(
                Weight.ADVICE,
                f"{name} is a {framework['build']}, and crosscheck uses no GPU",
                "install the CPU wheel, which is smaller by gigabytes, as the README says",
            )


def _framework_line(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "not installed"
    if "failed" in found:
        return f"fails: {found['failed']}"
    text = f"{found['version']}, {found['build']}, {found['dtype']} by default"
    if "threads" in found:
        text += f", {_count(found['threads'], 'thread')}, {found['vectors']}"
    return f"{text}, {_subnormals(found)}"


def _x64(found: Mapping[str, Any]) -> str:
    if "x64" not in found:
        return ""
    if found["x64"]:
        return "x64 is on"
    return (
        "x64 is off: your own JAX code computes in float32 (JAX_ENABLE_X64=1 turns it on); "
        "crosscheck turns it on for itself"
    )


def _subnormals(found: Mapping[str, Any]) -> str:
    return "keeps subnormals" if found["subnormals"] else "flushes subnormals to zero"


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'s' * (n != 1)}"
