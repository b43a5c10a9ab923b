"""Each example computes what it documents, in its own arithmetic: no framework is needed."""

from __future__ import annotations

import itertools
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference
from reference import guess_number, relu_network, sigmoid_neuron
from reference.example import arrays, value_and_grad
from reference.numerical_gradient import central_difference
from tests.conftest import example

ROOT = Path(reference.__file__).parent
SHAPES = st.tuples(*[st.integers(1, 4)] * 3)
SEEDS = st.integers(0, 2**32 - 1)
BESIDE = {"__init__", "__main__", "checks", "example", "multilayer_network", "names", "sgd"}


def network(n: int, h: int, m: int, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    rng = np.random.default_rng(seed)
    shapes = {"W1": (n, h), "b1": (h,), "W2": (h, m), "b2": (m,)}
    params = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    return params, {"X": rng.standard_normal(n), "y": rng.standard_normal(m)}


def neuron(n: int, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    rng = np.random.default_rng(seed)
    return {"W": rng.standard_normal(n)}, {"X": rng.standard_normal(n), "y": rng.standard_normal()}


def close_to_differences(module: Any, params: dict[str, Any], data: dict[str, Any]) -> None:
    loss, grads = value_and_grad(module, data)(params)
    assert grads.keys() == params.keys()
    for name, value in params.items():
        numerical = central_difference(
            lambda x, name=name: module.forward(**{**params, name: x}, **data)[0], value
        )
        # u·|f|/h of rounding and h²·f''' of truncation: 1e-8 of the values here covers both.
        bound = 1e-8 * (1 + abs(float(loss)) + np.max(np.abs(numerical)))
        np.testing.assert_allclose(grads[name], numerical, rtol=0, atol=bound)


@pytest.mark.parametrize("name", reference.NAMES)
def test_the_gradient_is_that_of_the_loss(name: str) -> None:
    module = example(name)
    close_to_differences(module, module.PARAMS, module.DATA)


@given(shape=SHAPES, seed=SEEDS)
def test_a_network_of_any_shape(shape: tuple[int, int, int], seed: int) -> None:
    params, data = network(*shape, seed)
    z1, z2 = relu_network.preactivations(**params, **data)
    if min(np.min(np.abs(z1)), np.min(np.abs(z2))) > 1e-3:
        close_to_differences(relu_network, params, data)


@given(n=st.integers(1, 5), seed=SEEDS)
def test_a_neuron_of_any_size(n: int, seed: int) -> None:
    close_to_differences(sigmoid_neuron, *neuron(n, seed))


def test_the_loss_of_the_network_sums_over_its_outputs() -> None:
    params = arrays(W1=[[1.0]], b1=[0.0], W2=[[1.0, 2.0]], b2=[0.0, 0.0])
    loss, _ = relu_network.forward(**params, X=[1.0], y=[3.0, 5.0])
    assert loss == 0.5 * ((1 - 3) ** 2 + (2 - 5) ** 2)


def test_the_losses_that_the_document_does_not_print() -> None:
    r = 1 / (1 + math.exp(-(0.2 * 0.5 + 0.4 * 0.8)))
    loss, _ = sigmoid_neuron.forward(**sigmoid_neuron.PARAMS, **sigmoid_neuron.DATA)
    assert loss == pytest.approx(0.5 * (1 - r) ** 2, rel=1e-15)
    r1 = 0.5 * 0.2 + 0.8 * 0.1 + 0.1, 0.5 * 0.4 + 0.8 * 0.3 + 0.2
    r2 = r1[0] * 0.5 + r1[1] * 0.6 + 0.3
    loss, _ = relu_network.forward(**relu_network.PARAMS, **relu_network.DATA)
    assert loss == pytest.approx(0.5 * (r2 - 1) ** 2, rel=1e-14)


def test_the_sigmoid_saturates_without_a_warning() -> None:
    z = np.array([-1e4, 0.0, 1e4])
    assert sigmoid_neuron.sigmoid(z).tolist() == [0.0, 0.5, 1.0]


def test_the_relu_has_slope_zero_at_its_kink() -> None:
    z = np.array([-1.0, 0.0, 2.0], dtype=np.float32)
    assert relu_network.relu(z).tolist() == [0.0, 0.0, 2.0]
    assert relu_network.relu_d(z).tolist() == [0.0, 0.0, 1.0]
    assert relu_network.relu_d(z).dtype == np.float32


@pytest.mark.parametrize("name", reference.NAMES)
def test_float32_in_float32_out(name: str) -> None:
    module = example(name)
    params = {k: v.astype(np.float32) for k, v in module.PARAMS.items()}
    data = {k: v.astype(np.float32) for k, v in module.DATA.items()}
    loss, grads = value_and_grad(module, data)(params)
    assert {np.asarray(a).dtype for a in (loss, *grads.values())} == {np.dtype(np.float32)}


@pytest.mark.parametrize("name", reference.NAMES)
def test_nothing_that_goes_in_is_written_to(name: str) -> None:
    module = example(name)
    params, data = ({k: v.copy() for k, v in a.items()} for a in (module.PARAMS, module.DATA))
    _, residuals = module.forward(**params, **data)
    module.backward(*residuals)
    if hasattr(module, "step"):
        module.step(params, data)
    assert all(np.array_equal(params[k], module.PARAMS[k]) for k in params)
    assert all(np.array_equal(data[k], module.DATA[k]) for k in data)


def test_the_documents_numbers_cannot_be_overwritten() -> None:
    with pytest.raises(ValueError, match="read-only"):
        sigmoid_neuron.PARAMS["W"][0] = 1.0


def test_a_step_leaves_the_biases_alone() -> None:
    _, after = relu_network.step(relu_network.PARAMS, relu_network.DATA)
    moved = {k for k, v in after.items() if not np.array_equal(v, relu_network.PARAMS[k])}
    assert moved == {"W1", "W2"}


def numbers(text: str) -> list[str]:
    return re.findall(r"\d+\.\d+(?:e-\d+)?", text)


def printed(capsys: pytest.CaptureFixture[str], start: float) -> list[str]:
    guess_number.main(start)
    return numbers(capsys.readouterr().out)


def test_the_recovered_start_is_one_of_three(capsys: pytest.CaptureFixture[str]) -> None:
    recorded = numbers(guess_number.__doc__ or "")[1:]  # the first is the learning rate, 0.1
    recorded = recorded[:21]
    below, start = np.nextafter(guess_number.START, -np.inf), guess_number.START
    above = np.nextafter(start, np.inf)
    assert printed(capsys, start) == recorded
    assert printed(capsys, float(below)) == printed(capsys, float(above)) == recorded
    assert printed(capsys, float(np.nextafter(below, -np.inf))) != recorded
    assert printed(capsys, float(np.nextafter(above, np.inf))) != recorded


def test_the_descent_stalls_before_it_arrives() -> None:
    *_, (_, before), (_, after) = guess_number.descent(guess_number.PARAMS, guess_number.DATA)
    grad = before["guess"] - 42
    assert before["guess"] == after["guess"] == 41.99999999999997
    assert 0 < abs(0.1 * grad) < np.spacing(before["guess"]) / 2


def test_the_descent_takes_five_hundred_steps_from_the_start() -> None:
    steps = list(guess_number.descent(guess_number.PARAMS, guess_number.DATA))
    assert len(steps) == 500
    for (_, before), (loss, after) in itertools.pairwise(steps):
        assert loss == 0.5 * (42 - before["guess"]) ** 2
        assert after["guess"] == before["guess"] - 0.1 * (before["guess"] - 42)


def test_the_list_of_examples_is_complete() -> None:
    files = {path.stem for path in ROOT.glob("*.py")}
    assert files - set(reference.NAMES) == BESIDE
    titles = [int((module.__doc__ or "")[0]) for module in reference.EXAMPLES]
    assert titles == list(range(1, len(titles) + 1))
    with pytest.raises(AttributeError, match="no attribute 'EXAMPLE'"):
        _ = reference.EXAMPLE


def run(*command: str, **environment: str) -> str:
    result = subprocess.run(
        [sys.executable, "-W", "error", *command],
        check=True,
        capture_output=True,
        cwd=ROOT.parent,
        env={**os.environ, **environment},
    )
    assert result.stderr == b""
    return result.stdout.decode("utf-8")


def test_the_package_prints_the_document() -> None:
    lines = run("-m", "reference", PYTHONIOENCODING="utf-8").splitlines()
    assert lines[:5] == ["9.0", "6.0", "18.0", "12.0", "[0.20474415 0.40759064]"]
    assert lines[9:11] == ["6.000000000039306", "6.0"]
    assert lines[21] == "최종 예측값: 41.99999999999997"
    assert len(lines) == sum(sum(module.PRINTS.values()) for module in reference.EXAMPLES)


def test_the_package_lists_its_pages() -> None:
    lines = run("-m", "reference", "--list", PYTHONIOENCODING="utf-8").splitlines()
    assert [line.partition(":")[0] for line in lines] == list(reference.GROUPS)
    listed = [name for line in lines for name in line.partition(": ")[2].split(", ") if name]
    assert listed == [*reference.NAMES, *reference.PAGES]
    with pytest.raises(subprocess.CalledProcessError):
        run("-m", "reference", "--lists")


@pytest.mark.parametrize("name", reference.NAMES)
def test_each_example_prints_its_part(name: str) -> None:
    out = run("-m", f"reference.{name}", PYTHONIOENCODING="utf-8")
    assert [(">>> main()\n" + out)] == re.findall(
        r">>> main\(\)\n(?:.+\n)+", (example(name).__doc__ or "") + "\n"
    )


def test_an_ascii_terminal_gets_question_marks() -> None:
    for command in ("reference", "reference.guess_number"):
        out = run("-m", command, PYTHONIOENCODING="ascii")
        assert out.endswith("?? ???: 41.99999999999997\n")


def test_a_stdout_without_an_encoding_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", object())
    reference.example.lenient_stdout()
