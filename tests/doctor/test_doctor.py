"""The doctor: its remarks on machines with planted faults, and on this one."""

from __future__ import annotations

import importlib
import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from crosscheck.cli import main
from crosscheck.doctor import blas, command, findings, probes
from crosscheck.doctor.findings import Examination, Weight
from crosscheck.workers import child
from tests.missing import without

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

AVX2 = {"sse2", "avx", "avx2", "fma"}
AVX512 = AVX2 | {"avx512f", "avx512bw", "avx512dq", "avx512vl"}
NUMPY = {
    "version": "2.4.6",
    "blas": "openblas",
    "blas version": "0.3.31",
    "kernel": "Haswell",
    "threads": 2,
    "rates": {"float64": 60.0, "float32": 122.0},
    "subnormals": True,
}
WIDE = {**NUMPY, "kernel": "SkylakeX", "rates": {"float64": 101.0, "float32": 233.0}}
PYTORCH = {
    "version": "2.13.0",
    "build": "CPU wheel",
    "dtype": "float32",
    "threads": 2,
    "vectors": "AVX512",
    "subnormals": True,
}
JAX = {
    "version": "0.10.2",
    "build": "CPU wheel",
    "dtype": "float32",
    "x64": False,
    "subnormals": False,
}


def healthy(**found: Any) -> Examination:
    usual: dict[str, Any] = {
        "cpu": "A CPU",
        "cores": 2,
        "vectors": 256,
        "gigahertz": 2.5,
        "asked": "",
        "one": NUMPY,
        "all_threads": NUMPY,
        "frameworks": {"PyTorch": PYTORCH, "JAX": JAX},
    }
    return Examination(**{**usual, **found})


def shown(found: Examination) -> str:
    out = io.StringIO()
    command.show(found, Console(file=out, width=80, highlight=False, color_system=None))
    return out.getvalue()


@pytest.mark.parametrize(
    ("kernel", "features", "expected"),
    [
        ("Haswell", AVX512, "SkylakeX"),
        ("Zen", AVX512, "SkylakeX"),
        ("Haswell", AVX512 | {"avx512_bf16"}, "Cooperlake"),
        ("SkylakeX", AVX512 | {"avx512_bf16"}, None),  # as wide
        ("Haswell", AVX2 | {"avx512f"}, None),  # not all that the wider kernel needs
        ("Haswell", AVX2, None),
        ("Nehalem", AVX2, "Haswell"),
        ("Prescott", {"sse2"}, None),
        ("neoversev1", AVX512, None),  # of another kind: no advice
        ("", AVX512, None),  # not OpenBLAS
    ],
)
def test_a_narrow_kernel_is_found(
    kernel: str, features: Collection[str], expected: str | None
) -> None:
    assert blas.wider(kernel, features) == expected


@pytest.mark.parametrize(
    ("features", "bits"),
    [
        (AVX512, 512),
        (AVX2, 256),
        ({"sse2"}, 128),
        ({"asimd"}, 128),
        (set(), 0),
    ],
)
def test_the_vectors_of_a_cpu(features: set[str], bits: int) -> None:
    assert blas.width(features) == bits


def test_the_cpu_is_read_from_the_system(tmp_path: Path) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text("processor : 0\nmodel name : Some CPU\ncpu MHz : 2500.0\nflags : sse2 avx\n")
    assert blas.features(file) == {"sse2", "avx"}
    assert blas.cpu(file) == "Some CPU"
    assert blas.gigahertz(file) == 2.5
    file.write_text("CPU implementer : 0x41\n")
    assert blas.gigahertz(file) == 0.0


@pytest.mark.parametrize(
    ("by_numpy", "expected"),
    [
        ({"X86_V4": True, "X86_V3": True}, AVX512 - {"sse2", "avx"}),
        ({"AVX512_SKX": False, "FMA3": True}, {"avx2", "fma"}),
        ({"ASIMD": True}, {"asimd"}),
    ],
)
def test_numpy_is_asked_where_the_system_has_no_cpuinfo(
    by_numpy: dict[str, bool], expected: set[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    simd = importlib.import_module("numpy._core._multiarray_umath")
    monkeypatch.setattr(simd, "__cpu_features__", by_numpy)
    assert expected <= blas.features(tmp_path / "no such file")
    assert blas.cpu(tmp_path / "no such file")


def test_the_operations_of_a_cycle() -> None:
    assert blas.flops_a_cycle(256, "float64") == 16
    assert blas.flops_a_cycle(512, "float32") == 64


FASTER = {"vectors": 512, "wider": "SkylakeX", "wide": WIDE}
FAILED_JAX = {"failed": "status 1: ImportError: jaxlib"}
GPU = {**PYTORCH, "build": "GPU wheel (13.0)"}
# fmt: off
PATIENTS = [  # what is planted, weight of the remark, a part of its cause and of its cure
    (FASTER, Weight.ADVICE, "Haswell, for vectors of 256 bits",
     "set OPENBLAS_CORETYPE=SkylakeX before Python starts: float64 60 -> 101 Gflop/s, float32 122"),
    ({"all_threads": {**NUMPY, "threads": 8}}, Weight.ADVICE, "8 threads on 2 cores",
     "OPENBLAS_NUM_THREADS=2"),
    ({"asked": "Zen5"}, Weight.ADVICE, "OpenBLAS runs Haswell", "unset OPENBLAS_CORETYPE"),
    ({"one": {**NUMPY, "subnormals": False}}, Weight.UNSOUND, "subnormal", "LD_PRELOAD"),
    ({"one": {"failed": "status -4"}, "asked": "SkylakeX"}, Weight.UNSOUND, "status -4",
     "unset OPENBLAS_CORETYPE=SkylakeX"),
    ({"one": {"failed": "status 1: no numpy"}}, Weight.UNSOUND, "status 1: no numpy", "reinstall"),
    ({"frameworks": {"PyTorch": None, "JAX": JAX}}, Weight.MISSING, "PyTorch is not installed",
     "python -m pip install torch"),
    ({"frameworks": {"PyTorch": PYTORCH, "JAX": None}}, Weight.MISSING, "JAX is not installed",
     "python -m pip install jax"),
    ({"frameworks": {"PyTorch": PYTORCH, "JAX": FAILED_JAX}}, Weight.MISSING,
     "status 1: ImportError: jaxlib", "reinstall it: python -m pip install jax"),
    ({"frameworks": {"PyTorch": GPU, "JAX": JAX}}, Weight.ADVICE, "GPU wheel (13.0)",
     "install the CPU wheel"),
]
LINES = [  # what is planted, a line without a remark
    ({"frameworks": {"PyTorch": PYTORCH, "JAX": {**JAX, "x64": True}}}, "x64 is on"),
    ({"gigahertz": 0.0, "vectors": 0, "all_threads": {"failed": "x"}}, "60 Gflop/s on 1 thread"),
    ({"one": {**NUMPY, "kernel": "", "blas": "", "blas version": ""}}, "unknown"),
    ({"one": {**NUMPY, "kernel": "neoversev1"}}, "kernel neoversev1"),
]
# fmt: on


@pytest.mark.parametrize(("planted", "weight", "cause", "cure"), PATIENTS)
def test_a_planted_fault_has_a_cause_and_a_cure(
    planted: dict[str, Any], weight: Weight, cause: str, cure: str
) -> None:
    found = healthy(**planted)
    (remark,) = found.remarks
    assert remark.weight is weight
    assert found.exit_status == weight
    assert cause in remark.cause
    assert cure in remark.cure
    printed = shown(found)
    assert remark.text in " ".join(printed.split())
    assert printed.splitlines()[-1].endswith("; 1 remark above")
    assert max(map(len, printed.splitlines())) <= 80
    assert printed.isascii()


@pytest.mark.parametrize(("planted", "line"), LINES)
def test_a_machine_is_described(planted: dict[str, Any], line: str) -> None:
    found = healthy(**planted)
    assert not found.remarks
    assert line in " ".join(shown(found).split())


def test_both_frameworks_are_missing() -> None:
    found = healthy(frameworks={"PyTorch": None, "JAX": None})
    assert [remark.weight for remark in found.remarks] == [Weight.MISSING] * 2
    assert found.exit_status == 3


def test_a_healthy_machine_gets_no_remark() -> None:
    assert healthy().remarks == []
    assert shown(healthy()).splitlines()[-1] == "OK"


def test_a_wider_kernel_that_is_no_faster_is_no_advice() -> None:
    slow = {**WIDE, "rates": {"float64": 61.0, "float32": 120.0}}
    assert healthy(vectors=512, wider="SkylakeX", wide=slow).remarks == []
    assert healthy(vectors=512, wider="SkylakeX", wide={"failed": "status -4"}).remarks == []


def test_the_gravest_comes_first() -> None:
    found = healthy(
        one={**NUMPY, "subnormals": False},
        all_threads={**NUMPY, "threads": 4},
        frameworks={"PyTorch": None, "JAX": JAX},
    )
    weights = [remark.weight for remark in found.remarks]
    assert weights == [Weight.MISSING, Weight.UNSOUND, Weight.ADVICE]
    assert shown(found).splitlines()[-1] == "incomplete; 3 remarks above"


def test_the_command() -> None:
    result = subprocess.run(
        [sys.executable, "-W", "error", "-m", "crosscheck", "doctor"],
        check=False,
        capture_output=True,
        env={**os.environ, "LC_ALL": "C", "COLUMNS": "80", "NO_COLOR": "1"},
        encoding="ascii",
    )
    assert result.stderr == ""
    assert result.returncode == 0
    for label in ("NumPy", "BLAS", "PyTorch", "JAX", "x64 is off"):
        assert label in result.stdout
    assert "\x1b" not in result.stdout


def test_missing_frameworks_come_with_their_cure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without(monkeypatch, "torch", "jax")
    monkeypatch.setattr(blas, "wider", lambda *_: "Haswell")  # so that a kernel is asked for, too
    assert main(["doctor"]) == 3
    out = " ".join(capsys.readouterr().out.split())
    assert "PyTorch is not installed; python -m pip install torch" in out
    assert "JAX is not installed; python -m pip install jax" in out


def test_probes_answer_in_this_process_as_in_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    for name, found in (("numpy", NUMPY), ("torch", PYTORCH), ("jax", JAX)):
        probes.main(name)
        answer = json.loads(capsys.readouterr().out)
        assert answer.keys() == found.keys()
    assert answer["dtype"] == "float32"
    assert answer["x64"] is False


def test_a_probe_that_dies_or_hangs_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(name: str) -> dict[str, Any]:
        with probes.probe(name) as asked:
            return asked()

    assert answer("no such probe")["failed"].startswith("status 1: KeyError")
    monkeypatch.setattr(child, "COMMAND", "import os; os.kill(os.getpid(), 9)")
    assert answer("numpy") == {"failed": "killed by signal 9"}
    for nonsense in ("print('no JSON')", ""):
        monkeypatch.setattr(child, "COMMAND", nonsense)
        assert answer("numpy") == {"failed": "its answer is not JSON"}
    monkeypatch.setattr(child, "COMMAND", "import time; time.sleep(60)")
    monkeypatch.setattr(probes, "PATIENCE", 0.2)
    assert answer("numpy") == {"failed": "no answer after 0.2 s"}


def test_cores_where_nothing_is_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    assert findings.cores() >= 1
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert findings.cores() == os.cpu_count()


def test_its_help_names_the_exit_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["doctor", "--help"])
    assert "a framework is missing or fails" in capsys.readouterr().out
