"""From what the probes found to what the doctor says: lines, and what is to be remedied."""

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

GAIN = 1.1  # a kernel is worth a word when it is faster by this factor


class Weight(IntEnum):
    """How much a remark weighs: the exit status that it alone would give."""

    ADVICE = 0
    UNSOUND = 1
    MISSING = 3


@dataclass(frozen=True)
class Remark:
    """Something to be remedied, and how."""

    weight: Weight
    text: str


@dataclass(frozen=True)
class Examination:
    """What was found. A probe's findings are those of `probes`, or {"failed": why}.

    `one`, `all_threads` and `wide` are NumPy's on one thread, as it comes, and on one thread with
    the kernel `wider`; `frameworks` by name, None for one that is not installed.
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
        """What is to be remedied, the gravest first."""
        return sorted([*_of_numpy(self), *_of_frameworks(self)], key=lambda r: -r.weight)

    @property
    def exit_status(self) -> int:
        """3: a framework is missing or fails. 1: the arithmetic is not sound. 0: all is well."""
        return max((remark.weight for remark in self.remarks), default=Weight.ADVICE)

    def lines(self) -> Iterator[tuple[str, str]]:
        """Yield a label and what is to be said under it."""
        yield "crosscheck", f"{__version__}, Python {platform.python_version()}"
        vectors = f", vectors of {self.vectors} bits" if self.vectors else ""
        yield "CPU", f"{self.cpu}, {_count(self.cores, 'core')}{vectors}"
        yield from _numpy_lines(self)
        for name, found in self.frameworks.items():
            yield name, _framework_line(found)
        if self.frameworks.get("JAX"):
            yield "", _x64(self.frameworks["JAX"] or {})


def examine() -> Examination:
    """Ask all probes, the frameworks side by side and then NumPy, whose speed is measured."""
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
    """Yield NumPy's version, its BLAS, and how fast that is."""
    if "failed" in found.one:
        yield "NumPy", found.one["failed"]
        return
    yield "NumPy", f"{found.one['version']}, float64, {_subnormals(found.one)}"
    kernel = found.one["kernel"]
    bits = blas.KERNELS.get(kernel)
    said = f"{found.one['blas'] or 'not known'} {found.one['blas version']}".strip()
    if kernel:
        said += f", kernel {kernel}" + (f" (vectors of {bits} bits)" if bits else "")
    if found.asked:
        said += f", OPENBLAS_CORETYPE={found.asked} is set"
    yield "BLAS", said
    rates, together = found.one["rates"], found.all_threads.get("rates", {})
    for dtype, rate in rates.items():
        said = f"{dtype} matrix product: {rate:.0f} Gflop/s on 1 thread"
        if together and found.all_threads["threads"] > 1:
            said += f", {together[dtype]:.0f} on {found.all_threads['threads']}"
        could = blas.flops_a_cycle(found.vectors, dtype) * found.gigahertz
        if could:
            said += (
                f"; 1 thread is {rate / could:.0%} of {could:.0f}, two fused multiply-adds of "
                f"{found.vectors} bits a cycle at {found.gigahertz:.2f} GHz"
            )
        yield "", said


def _of_numpy(found: Examination) -> Iterator[Remark]:
    """Yield what is to be said of NumPy."""
    asked = f"OPENBLAS_CORETYPE={found.asked}"
    if "failed" in found.one:
        cure = f"; {asked} may ask for what this CPU does not have: unset it" if found.asked else ""
        yield Remark(Weight.UNSOUND, f"NumPy fails ({found.one['failed']}){cure}")
        return
    if not found.one["subnormals"]:
        yield Remark(
            Weight.UNSOUND,
            "NumPy flushes subnormal numbers to zero: a library that was built with -ffast-math "
            "switched them off for the process; find it among what is loaded at start, and drop it",
        )
    kernel, threads = found.one["kernel"], found.all_threads.get("threads", 0)
    if found.asked and kernel and kernel.lower() != found.asked.lower():
        yield Remark(
            Weight.ADVICE,
            f"{asked} is set, and OpenBLAS runs {kernel}: this build has no such kernel; unset it",
        )
    if threads > found.cores:
        yield Remark(
            Weight.ADVICE,
            f"BLAS uses {threads} threads on {_count(found.cores, 'core')}: they wait for each "
            f"other; set OPENBLAS_NUM_THREADS={found.cores}",
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
            f"this CPU has {found.vectors}; set OPENBLAS_CORETYPE={found.wider} before Python "
            f"starts: {gains} on 1 thread, measured here",
        )


def numpy_probe(environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what NumPy's probe found out."""
    with probe("numpy", environment) as answer:
        return answer()


def _of_frameworks(found: Examination) -> Iterator[Remark]:
    """Yield what is to be said of PyTorch and JAX."""
    for name, framework in found.frameworks.items():
        if framework is None:
            yield Remark(Weight.MISSING, by_name(name).missing)
        elif "failed" in framework:
            yield Remark(
                Weight.MISSING,
                f"{name} is installed and fails ({framework['failed']}); reinstall it: "
                f"{by_name(name).install}",
            )
        elif framework["build"] != "CPU wheel":
            yield Remark(
                Weight.ADVICE,
                f"{name} is a {framework['build']}: nothing here uses a GPU, and the CPU wheel is "
                "smaller by gigabytes; the README says how to install it",
            )


def _framework_line(found: Mapping[str, Any] | None) -> str:
    """Return what a framework is."""
    if found is None:
        return "not installed"
    if "failed" in found:
        return f"fails: {found['failed']}"
    said = f"{found['version']}, {found['build']}, {found['dtype']} unless asked otherwise"
    if "threads" in found:
        said += f", {_count(found['threads'], 'thread')}, {found['vectors']}"
    return f"{said}, {_subnormals(found)}"


def _x64(found: Mapping[str, Any]) -> str:
    """Return what is to be known about JAX and float64."""
    if "x64" not in found:
        return ""
    if found["x64"]:
        return "x64 is on"
    return (
        "x64 is off, so your own JAX code computes in float32 (JAX_ENABLE_X64=1 turns it on); "
        "crosscheck turns it on for itself"
    )


def _subnormals(found: Mapping[str, Any]) -> str:
    """Return what becomes of subnormal numbers."""
    return "keeps subnormals" if found["subnormals"] else "flushes subnormals to zero"


def _count(n: int, what: str) -> str:
    """Return a number of things."""
    return f"{n} {what}{'s' * (n != 1)}"
