"""The network grown up, judged as a user's gradient is, and against its two rebuilt twins."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from crosscheck import certify
from crosscheck.core.verdict import Verdict
from crosscheck.examples.rebuilt.jax_grad import document as jax_grad
from crosscheck.examples.rebuilt.torch_autograd import document as torch_autograd
from reference import multilayer_network
from reference.multilayer_network import ACTIVATIONS, LOSSES
from tests.conftest import planted

if TYPE_CHECKING:
    from types import ModuleType

    from crosscheck import Certificate

TWINS = {"torch": torch_autograd.multilayer_network, "jax": jax_grad.multilayer_network}
ONE = {"torch": torch_autograd.multilayer_network}  # suffices to find a mistake, and is fast


def network(
    sizes: tuple[int, ...], rows: int, dtype: type[np.floating[Any]] = np.float64
) -> tuple[dict[str, Any], dict[str, Any]]:
    rng = np.random.default_rng(sum(sizes) + rows)
    params = {}
    for k, (n, m) in enumerate(itertools.pairwise(sizes), start=1):
        params[f"W{k}"] = rng.standard_normal((n, m)).astype(dtype)
        params[f"b{k}"] = rng.standard_normal(m).astype(dtype)
    Y = np.eye(sizes[-1], dtype=dtype)[rng.integers(sizes[-1], size=rows)]
    return params, {"X": rng.standard_normal((rows, sizes[0])).astype(dtype), "Y": Y}


def certified(
    module: ModuleType | Any, activation: str, loss: str, rebuilt: dict[str, Any] | None = None
) -> Certificate:
    params, data = network((3, 5, 4, 2), rows=6)

    def value(**arguments: Any) -> Any:
        return module.forward(**arguments)[0]

    def gradient(**arguments: Any) -> Any:
        return module.backward(*module.forward(**arguments)[1])

    data |= {"activation": activation, "loss": loss}
    oracles = tuple(rebuilt) if rebuilt else ("torch", "jax")
    return certify(value, gradient, params, data, oracles=oracles, rebuilt=rebuilt, diagnose=0)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("rebuilt", [None, TWINS], ids=["as it is", "twins"])
def test_it_is_certified(activation: str, loss: str, rebuilt: dict[str, Any] | None) -> None:
    certified(multilayer_network, activation, loss, rebuilt).assert_agrees()


# fmt: off
MISTAKES = [
    ("delta *= r > 0", "pass", "relu", "grad W1"),  # relu' missing
    ("delta *= r\n    delta *= 1 - r", "delta *= r", "sigmoid", "grad b1"),  # half of σ'
    ("delta *= 1 - r", "delta *= 1 + r", "sigmoid", "grad W1"),  # sign
    ("        through(delta, r[-1])", "        pass", "relu", "grad W3"),  # at the output alone
    ("    delta /= len(Y)", "    pass", "relu", "grad b3"),  # missing 1/N
    ("len(Y)\n    for", "Y.size\n    for", "relu", "grad W1"),  # divided by N·K
    ("r[k - 1].T @ delta", "(delta.T @ r[k - 1]).T * 2", "relu", "grad W2"),  # a factor of two
    ("delta.sum(axis=0)", "delta.mean(axis=0)", "relu", "grad b2"),  # averaged bias
    ("delta.sum(axis=0)", "delta[0].copy()", "relu", "grad b1"),  # the first row's bias
    ('params[f"W{k}"].T  #', '(params[f"W{k}"] - 0.01 * grads[f"W{k}"]).T  #', "relu",
     "grad W1"),  # already updated weights
    ("through(delta, r[k - 1])", "through(delta, r[k - 1] + 1)", "relu", "grad W1"),  # always on
    ('z += params[f"b{k}"]', "pass", "relu", "loss"),  # forward: no bias
    ("0.5 * np.vdot", "1.0 * np.vdot", "relu", "loss"),  # forward: no ½
    ("np.zeros(z.shape[1], z.dtype)", "0.01 * z", "relu", "loss"),  # leaky
]
# fmt: on


@pytest.mark.parametrize(("right", "wrong", "activation", "quantity"), MISTAKES)
def test_a_planted_mistake_is_found(right: str, wrong: str, activation: str, quantity: str) -> None:
    module = planted("multilayer_network", right, wrong)
    certificate = certified(module, activation, multilayer_network.SQUARED_ERROR, ONE)
    disagreeing = [f.quantity for f in certificate.findings if f.verdict is Verdict.DISAGREE]
    assert quantity in disagreeing


@pytest.mark.parametrize(
    ("right", "wrong", "quantity"),
    [
        ("z /= total", "z *= 1 / total**2", "grad W3"),  # another softmax in the gradient
        ("if loss == SQUARED_ERROR:\n        through", "if True:\n        through", "grad b3"),
        ("- aimed)", "+ aimed)", "loss"),
        ("z.sum(axis=1, keepdims=True)", "z.sum(axis=0, keepdims=True)", "loss"),  # another axis
    ],
)
def test_a_mistake_in_the_cross_entropy_is_found(right: str, wrong: str, quantity: str) -> None:
    module = planted("multilayer_network", right, wrong)
    certificate = certified(module, "sigmoid", multilayer_network.CROSS_ENTROPY, ONE)
    disagreeing = [f.quantity for f in certificate.findings if f.verdict is Verdict.DISAGREE]
    assert quantity in disagreeing


def test_a_step_moves_every_parameter_and_writes_into_none() -> None:
    params, data = network((3, 4, 2), rows=5)
    for array in (*params.values(), *data.values()):
        array.flags.writeable = False
    loss, residuals = multilayer_network.forward(**params, **data)
    grads = multilayer_network.backward(*residuals)
    again, moved = multilayer_network.step(params, data, 0.25)
    assert again == loss
    assert moved.keys() == params.keys()
    for name, value in moved.items():
        np.testing.assert_array_equal(value, params[name] - 0.25 * grads[name])


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_float32_stays_float32(activation: str, loss: str) -> None:
    params, data = network((3, 4, 2), 5, np.float32)
    value, residuals = multilayer_network.forward(
        **params, **data, activation=activation, loss=loss
    )
    grads = multilayer_network.backward(*residuals)
    assert {array.dtype for array in (value, *grads.values())} == {np.dtype(np.float32)}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_saturated_layers_stay_finite(activation: str, loss: str) -> None:
    params, data = network((3, 4, 2), rows=5)
    large = {name: 1e4 * array for name, array in params.items()}
    value, residuals = multilayer_network.forward(**large, **data, activation=activation, loss=loss)
    grads = multilayer_network.backward(*residuals)
    assert all(np.isfinite(array).all() for array in (value, *grads.values()))


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        ({"activation": "tanh"}, ValueError, r"activation is 'tanh'; pass one of \['relu', 'sig"),
        ({"loss": "hinge"}, ValueError, r"loss is 'hinge'; pass one of \['cross-entropy', 'squar"),
        ({"b3": np.ones(2)}, TypeError, "the parameters are .*'b3'.*; pass W1 and b1, W2 and b2"),
        ({"W2": np.ones((3, 2))}, ValueError, "W2 has shape .* expected"),
        ({"Y": np.ones((4, 2))}, ValueError, r"Y has shape \(4, 2\), expected \(N, n2\)"),
        ({"X": np.ones(3)}, ValueError, r"X has shape \(3,\), expected \(N, n0\)"),
        ({"W1": np.ones((3, 4), int)}, TypeError, "W1 is int64"),
        ({"loss": "cross-entropy", "Y": np.ones((5, 2))}, ValueError, r"row 0 of Y has the sum 2"),
    ],
)
def test_what_must_not_come_in(wrong: dict[str, Any], error: type[Exception], says: str) -> None:
    params, data = network((3, 4, 2), rows=5)
    with pytest.raises(error, match=f"^forward: {says}"):
        multilayer_network.forward(**{**params, **data, **wrong})


def test_a_network_without_parameters_is_none() -> None:
    with pytest.raises(TypeError, match=r"^forward: the parameters are \[\]"):
        multilayer_network.forward(np.ones((1, 2)), np.ones((1, 2)))
