"""Who imports whom, and what stays behind in a process that uses the package."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
import pytest
import torch

import crosscheck
from crosscheck.core.types import Point, Request, named
from crosscheck.examples import oracles
from crosscheck.examples.oracles import ORACLES

if TYPE_CHECKING:
    from crosscheck.core.types import Quantities

ROOT = Path(crosscheck.__file__).parents[1]
FRAMEWORKS = {"torch", "jax", "jaxlib"}


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules in a fresh interpreter after the statement."""
    code = f"{statement}\nimport sys\nprint(*sorted({{m.partition('.')[0] for m in sys.modules}}))"
    command = [sys.executable, "-W", "error", "-c", code]
    out = subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout
    return set(out.decode().split())


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import reference; reference.EXAMPLES", FRAMEWORKS | {"crosscheck", "rich"}),
        ("import crosscheck.core.verdict", FRAMEWORKS | {"reference", "rich"}),
        ("import crosscheck.examples.certify, crosscheck.examples.points", FRAMEWORKS | {"rich"}),
        ("import crosscheck.report.terminal, crosscheck.report.json", FRAMEWORKS),
        (
            "import crosscheck.examples.oracles, crosscheck.examples.worker",
            FRAMEWORKS | {"reference", "rich"},
        ),
        ("import crosscheck.cli", FRAMEWORKS | {"numpy", "rich"}),
        (
            "import crosscheck.examples.rebuilt.torch_autograd.document",
            {"jax", "jaxlib", "reference"},
        ),
        ("import crosscheck.examples.rebuilt.jax_grad.document", {"torch", "reference"}),
    ],
)
def test_imports_point_one_way(statement: str, absent: set[str]) -> None:
    loaded = loaded_by(statement)
    assert "crosscheck" in loaded or "reference" in loaded
    assert not loaded & absent


def settings() -> dict[str, object]:
    return {
        "x64": jax.config.values["jax_enable_x64"],
        "matmul": jax.config.values["jax_default_matmul_precision"],
        "device": jax.config.values["jax_default_device"],
        "dtype": torch.get_default_dtype(),
        "threads": torch.get_num_threads(),
        "torch matmul": torch.get_float32_matmul_precision(),
        "grad": torch.is_grad_enabled(),
        "errors": np.geterr(),
        "printing": np.get_printoptions(),
        "environment": dict(os.environ),
    }


def request(dtype: str = "float64") -> Request:
    point = Point({"W": np.array([0.1, 0.2])}, {"X": np.array([0.5, 0.8]), "y": np.array(1.0)})
    return Request("sigmoid_neuron", (point,), dtype)  # type: ignore[arg-type]


def test_the_oracles_leave_no_configuration_behind() -> None:
    for oracle in ORACLES.values():  # a first import may set the environment, as it does anywhere
        oracle([request()])
    before = settings()
    with torch.no_grad():
        for oracle in ORACLES.values():
            oracle([request("float32"), request("float64")])
    assert settings() == before
    assert jax.numpy.asarray(np.ones(1)).dtype == np.float32  # JAX's own default still holds


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("oracle", ORACLES)
def test_each_result_has_the_precision_that_was_asked_for(oracle: str, dtype: str) -> None:
    (quantities,) = ORACLES[oracle]([request(dtype)])[0]
    assert {array.dtype for array in quantities.values()} == {np.dtype(dtype)}


@pytest.mark.parametrize("oracle", ORACLES)
def test_a_framework_that_leaves_its_precision_is_caught(
    oracle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(loss: Any, grads: Any, trajectory: Any) -> Quantities:
        return named(np.asarray(loss, dtype=np.float32), grads, trajectory)

    monkeypatch.setattr(oracles, "named", careless)
    with pytest.raises(TypeError, match="loss came back as float32 where float64 went in; nothing"):
        ORACLES[oracle]([request()])


def test_the_package_has_its_public_names_and_no_others() -> None:
    for name in crosscheck.__all__:
        assert getattr(crosscheck, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'certificat'"):
        _ = crosscheck.certificat
