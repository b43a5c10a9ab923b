"""The public functions: structures, dtypes, layers, and what they leave behind."""

from __future__ import annotations

import builtins
import doctest
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from numpy import zeros

import crosscheck.tracing
from crosscheck.ir import jax_backend, torch_backend
from crosscheck.ir.program import Node, Program, Structure
from crosscheck.tracing import TracingError, value_and_grad

FRAMEWORKS = pytest.mark.parametrize("framework", ["torch", "jax"])


def network(W: Any, b: Any, x: Any) -> Any:
    """A loss with state, a list and a reduction."""
    h = zeros((3, 2), dtype=W.dtype)
    for t in range(1, 3):
        h[t] = np.tanh(h[t - 1] @ W + b + x)
    return np.mean(h**2) + 0.1 * np.linalg.norm(W)


@FRAMEWORKS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_of_the_parameters_is_kept(framework: str, dtype: Any) -> None:
    rng = np.random.default_rng(0)
    params = {"W": rng.normal(size=(2, 2)).astype(dtype), "b": rng.normal(size=2).astype(dtype)}
    x = rng.normal(size=2).astype(dtype)
    value, gradients = value_and_grad(network, framework)(params, {"x": x})
    assert value.dtype == dtype
    assert {gradient.dtype for gradient in gradients.values()} == {np.dtype(dtype)}
    exact = value_and_grad(network, framework)(
        {name: value.astype(float) for name, value in params.items()}, {"x": x.astype(float)}
    )
    np.testing.assert_allclose(gradients["W"], exact[1]["W"], rtol=1e-4)
    if dtype is np.float32:
        assert np.abs(gradients["W"] - exact[1]["W"]).max() > 1e-12


@FRAMEWORKS
def test_mixed_precision_follows_numpy(framework: str) -> None:
    def loss(w: Any, v: Any) -> Any:
        low = (w * v).astype(np.float32)
        return np.sum(low * np.float32(3)) + np.concatenate([w, v]).sum(dtype=np.float64)

    params = {"w": np.ones(2, np.float32), "v": np.array([2.0, 3.0])}
    value, gradients = value_and_grad(loss, framework)(params, {})
    assert value.dtype == np.float64
    assert gradients["w"].dtype == np.float32
    np.testing.assert_allclose(gradients["w"], [7.0, 10.0])
    np.testing.assert_allclose(gradients["v"], [4.0, 4.0])


@FRAMEWORKS
def test_an_unused_parameter_has_gradient_zero(framework: str) -> None:
    params = {"w": np.array([2.0]), "unused": np.ones((2, 3), np.float32)}
    _, gradients = value_and_grad(lambda w, unused: (w**2).sum(), framework)(params, {})
    assert gradients["unused"].dtype == np.float32
    np.testing.assert_array_equal(gradients["unused"], np.zeros((2, 3)))
    value, gradients = value_and_grad(lambda w, unused: 3.0, framework)(params, {})
    assert value == 3.0
    assert gradients["w"] == 0.0


class Pair(NamedTuple):
    """A named tuple of parameters."""

    first: Any
    second: Any


@dataclass(frozen=True)
class Layer:
    """A dataclass of parameters."""

    W: Any
    b: Any


@FRAMEWORKS
def test_nested_parameters_and_data(framework: str) -> None:
    def loss(model: Any, pair: Any, options: Any) -> Any:
        h = np.zeros(2)
        for layer in model["layers"]:
            h = np.tanh(h @ layer.W + layer.b) + options["x"][0]
        return np.sum(h * pair.first) * pair.second

    layers = [Layer(np.eye(2) * k, np.array([0.1, 0.2]) * k) for k in (1, 2)]
    params: dict[str, Any] = {"model": {"layers": layers}, "pair": Pair(np.array([1.0, 3.0]), 0.5)}
    data = {"options": {"x": (np.ones(2), None), "name": "tanh"}}
    value, gradients = value_and_grad(loss, framework)(params, data)
    pair = gradients["pair"]
    assert isinstance(gradients["model"]["layers"][1], Layer)
    assert isinstance(pair, Pair)
    np.testing.assert_allclose(pair.second, value / 0.5)
    np.testing.assert_allclose(np.sum(pair.first * params["pair"].first), value)
    assert gradients["model"]["layers"][0].W.shape == (2, 2)


def attention(x: Any, W: Any, heads: Any, dout: Any) -> Any:
    """A layer with an integer input, and a cotangent."""
    z = x @ W
    z[0] *= heads["count"]
    return np.sum(dout * np.tanh(z))


@FRAMEWORKS
def test_layers(framework: str) -> None:
    rng = np.random.default_rng(1)
    x, W, dout = rng.normal(size=(4, 3)), rng.normal(size=(3, 2)), rng.normal(size=(4, 2))
    data = {"heads": {"count": 2}, "dout": dout}
    value, gradients = value_and_grad(attention, framework)({"x": x, "W": W}, data)
    out = np.tanh(x @ W * np.array([[2], [1], [1], [1]]))
    dz = dout * (1 - out**2)
    dz[0] *= 2
    np.testing.assert_allclose(gradients["W"], x.T @ dz)
    np.testing.assert_allclose(gradients["x"], dz @ W.T)
    np.testing.assert_allclose(value, np.sum(dout * out))


@FRAMEWORKS
def test_parameters_of_any_layout_stay_as_they_are(framework: str) -> None:
    def loss(w: Any, v: Any, s: Any) -> Any:
        w *= 2
        v += w.sum()
        return np.sum(w * w) + np.sum(v * v) * s

    w, backwards = np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.arange(6.0)[::-2]
    w.flags.writeable = False
    _, gradients = value_and_grad(loss, framework)({"w": w, "v": backwards, "s": 0.5}, {})
    v = backwards + 30
    np.testing.assert_array_equal(backwards, [5.0, 3.0, 1.0])
    np.testing.assert_allclose(gradients["w"], 8 * w + 2 * v.sum())
    np.testing.assert_allclose(gradients["v"], v)
    np.testing.assert_allclose(gradients["s"], np.sum(v * v))


def test_arrays_that_outlive_a_run_are_constants() -> None:
    kept: list[Any] = []
    sums: list[Any] = []

    def loss(w: Any) -> Any:
        kept.append(np.tanh(w))
        sums.append(np.sum(w))
        return np.sum(kept[-1] ** 2)

    value_and_grad(loss, "torch")({"w": np.array([0.1, 0.2])}, {})
    old, plain = kept
    assert type(plain) is np.ndarray
    np.testing.assert_array_equal(np.asarray(old), plain)
    np.testing.assert_array_equal(np.asarray(old * 2), plain * 2)
    assert float(old[0]) == plain[0]
    assert float(sums[0]) == sums[1] == np.asarray(sums[0]) == sums[0].item()

    def use_again(w: Any) -> Any:
        state = np.copy(old)
        state[0] = w[1] ** 2
        return np.sum(state * old * w)

    _, gradients = value_and_grad(use_again, "torch")({"w": np.array([0.5, 0.7])}, {})
    expected = [0.49 * plain[0], 2 * 0.7 * plain[0] * 0.5 + plain[1] ** 2]
    np.testing.assert_allclose(gradients["w"], expected)


def test_text_is_that_of_numpy(capsys: pytest.CaptureFixture[str]) -> None:
    def loss(w: Any) -> Any:
        nought = np.array(w[0])
        print(w, repr(w), w[0], repr(w[0]), repr(nought), f"{nought:.2f} {w[1]:8.1e} {nought}")
        return np.sum(w * nought)

    w = np.array([0.5, 0.7])
    loss(w)
    plain = capsys.readouterr().out
    value_and_grad(loss, "torch")({"w": w}, {})
    assert capsys.readouterr().out == plain


def test_a_function_that_asks_for_exact_types_is_noticed() -> None:
    def loss(w: Any) -> Any:
        return np.sum(w**2) if builtins.type(w) is np.ndarray else np.sum(w)

    with pytest.raises(TracingError, match="exact type"):
        value_and_grad(loss, "torch")({"w": np.array([0.5, 0.7])}, {})


def test_shuffled_rows_are_noticed() -> None:
    def loss(w: Any, rng: Any) -> Any:
        rng.shuffle(w)  # swaps views of rows, unlike those of an array
        return np.sum(w * np.arange(6.0).reshape(3, 2))

    params, data = {"w": np.arange(1.0, 7.0).reshape(3, 2)}, {"rng": np.random.default_rng(2)}
    with pytest.warns(UserWarning, match="shuffling"), pytest.raises(TracingError):
        value_and_grad(loss, "torch")(params, data)


def test_a_wrong_translation_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {**torch_backend.kernels(), "tanh": torch.sin}
    monkeypatch.setattr(torch_backend, "kernels", lambda: wrong)
    with pytest.raises(TracingError, match="where NumPy computed"):
        value_and_grad(lambda w: np.tanh(w), "torch")({"w": 1.0}, {})


def test_the_example_of_the_docstring() -> None:
    assert doctest.testmod(crosscheck.tracing) == (0, 5)


def test_importing_needs_no_framework() -> None:
    code = (
        "import sys, crosscheck.tracing; "
        "assert not {'torch', 'jax', 'scipy'} & set(sys.modules), sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)  # our own code


def test_a_long_program_is_compiled_in_blocks() -> None:
    def loss(w: Any) -> Any:
        for _ in range(800):
            w = w * 0.999 + 0.001
        return w

    value, gradients = value_and_grad(loss, "jax")({"w": 0.5}, {})
    assert value == pytest.approx(1 - 0.5 * 0.999**800)
    assert gradients["w"] == pytest.approx(0.999**800)


def test_what_depends_on_no_parameter_has_no_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jax_backend, "LARGEST_WHOLE", 0)
    nodes = (
        Node("leaf", (), (0,)), Node("constant", (), (0,)), Node("constant", (), (1,)),
        Node("gather", (1, 2)), Node("multiply", (0, 3)), Node("sum", (4,), ((0,),)),
    )  # fmt: skip
    program = Program(Structure(nodes, (5,)), (np.array([2.0, 3.0, 5.0]), np.array([2, 0])))
    value, (gradient,) = jax_backend.run(program, [np.ones(2)])
    assert value == 7
    assert gradient.tolist() == [5, 2]
