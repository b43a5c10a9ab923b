"""What objects hold, which array is whose gradient, and what is refused or listed."""


# mypy: ignore-errors

from __future__ import annotations

import functools
import json
from collections import deque, namedtuple
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import jsonschema
import numpy as np
import pytest

from crosscheck import certify, certify_layer, certify_network
from crosscheck.core.verdict import Verdict
from tests.objects.courses import Affine, N, TwoLayerNet

AGREE, DISAGREE, INCONCLUSIVE = Verdict.AGREE, Verdict.DISAGREE, Verdict.INCONCLUSIVE
QUICK: dict[str, Any] = {"oracles": ("torch",), "diagnose": 0}
X = N((5, 4))

layer = functools.partial(certify_layer, configurations=(), **QUICK)
network = functools.partial(certify_network, **QUICK)


def loss(*arguments: Any, **options: Any) -> Any:
    judge: Any = certify
    return judge(*arguments, **QUICK, **options)


def verdicts(certificate: Any) -> dict[str, Verdict]:
    return {finding.quantity: finding.verdict for finding in certificate.findings}


class Base:
    """x @ W, with its parameter and its gradient wherever a subclass keeps them."""

    factor = 1.0

    def forward(self, x):
        self.x = x
        return x @ self.get()

    def backward(self, dout):
        self.put(self.factor * (self.x.T @ dout))
        return dout @ self.get().T


W = N((4, 3))


class InSlots:
    __slots__ = ("W", "dW", "factor", "x")

    def __init__(self):
        self.W, self.factor = W, 1.0

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dW = self.factor * (self.x.T @ dout)
        return dout @ self.W.T


class InDict(Base):
    def __init__(self):
        self.params, self.gradients = {"W": W}, {}

    def get(self):
        return self.params["W"]

    def put(self, gradient):
        self.gradients["dW"] = gradient


class InTuple(Base):
    def __init__(self):
        self.weights = (W, 1.0)

    def get(self):
        return self.weights[0]

    def put(self, gradient):
        self.dweights = (gradient, None)


Pair = namedtuple("Pair", "W b")  # noqa: PYI024 - as it is found


class InNamedTuple(Base):
    def __init__(self):
        self.params = Pair(W, None)

    def get(self):
        return self.params.W

    def put(self, gradient):
        self.grads = Pair(gradient, None)


class InDeque(Base):
    def __init__(self):
        self.params, self.grads = deque([W]), deque()

    def get(self):
        return self.params[0]

    def put(self, gradient):
        self.grads.append(gradient)


class InObjects(Base):
    def __init__(self):
        self.params = np.empty(1, dtype=object)
        self.params[0] = W

    def get(self):
        return self.params[0]

    def put(self, gradient):
        self.grads = [gradient]


class InClosure(Base):
    def __init__(self):
        kept = W
        self.act = lambda x: x @ kept
        self.W = kept

    def forward(self, x):
        self.x = x
        return self.act(x)

    def get(self):
        return self.W

    def put(self, gradient):
        self.W_grad = gradient


@dataclass(frozen=True)
class Holder:
    W: Any
    grads: Any


class InFrozen(Base):
    def __init__(self):
        self.holder = Holder(W, {})

    def get(self):
        return self.holder.W

    def put(self, gradient):
        self.holder.grads["W"] = gradient


KINDS = [InSlots, InDict, InTuple, InNamedTuple, InDeque, InObjects, InClosure, InFrozen]


@pytest.mark.parametrize("kind", KINDS)
def test_a_parameter_is_found_wherever_it_is_kept(kind: Any) -> None:
    one = kind()
    right = layer(one, X)
    assert right.verdict is AGREE, str(right)
    (found,) = right.parameters
    assert not right.unjudged
    one.factor = 2.0
    wrong = verdicts(layer(one, X))
    assert wrong[f"grad {found.partition(' ')[0]}"] is DISAGREE
    assert wrong["grad x"] is AGREE


def test_tied_weights_are_one_parameter() -> None:
    class Tied:
        def __init__(self):
            self.encoder = self.decoder = N((4, 4))

        def forward(self, x):
            self.x, self.h = x, np.tanh(x @ self.encoder)
            return self.h @ self.decoder.T

        def backward(self, dout):
            dh = (dout @ self.decoder) * (1 - self.h**2)
            self.dencoder = self.x.T @ dh + self.half * dout.T @ self.h
            return dh @ self.encoder.T

        half = 1.0

    tied = Tied()
    assert layer(tied, X).verdict is AGREE
    tied.half = 0.0  # one of the two uses is forgotten
    assert layer(tied, X).verdict is DISAGREE


def test_a_kept_view_is_refused_in_words() -> None:
    class View(Affine):
        def __init__(self):
            super().__init__(N((4, 3)), N(3))
            self.WT = self.W.T

        def backward(self, dout):
            super().backward(dout)
            return np.dot(dout, self.WT)

    with pytest.raises(ValueError, match=r"a view is kept: View\.WT of W"):
        layer(View(), X)


def test_a_gradient_without_a_known_name_is_asked_for() -> None:
    class Odd(Affine):
        def backward(self, dout):
            dx = super().backward(dout)
            self.foo, self.dW = 999 * self.dW, None
            return dx

    with pytest.raises(ValueError, match=r"leaves foo of the shape of W.*grads=\{'W': 'foo'\}"):
        layer(Odd(N((4, 3)), N(3)), X)
    said = layer(Odd(N((4, 3)), N(3)), X, grads={"W": "foo"})
    assert verdicts(said)["grad W"] is DISAGREE
    none = layer(Odd(N((4, 3)), N(3)), X, grads={"W": None})
    assert none.verdict is AGREE
    assert none.unjudged == ("W (4, 3)",)
    document = json.loads(none.to_json())
    assert document["unjudged"] == ["W (4, 3)"]
    assert document["parameters"] == ["b (db)"]
    schema = files("crosscheck.report").joinpath("certificate.schema.json").read_text()
    jsonschema.validate(document, json.loads(schema))
    assert "AGREE, not judged: W (4, 3): " in " ".join(str(none).split())
    strict = layer(Odd(N((4, 3)), N(3)), X, grads={"W": None}, strict=True)
    assert strict.verdict is INCONCLUSIVE
    assert "no gradient was found: W (4, 3)" in str(strict).splitlines()[0]


def test_a_gradient_that_backward_forgets_is_not_agreed_with() -> None:
    class Forgets(Affine):
        def backward(self, dout):
            return dout @ self.W.T

    certificate = layer(Forgets(N((4, 3)), N(3)), X)
    assert verdicts(certificate)["grad W"] is INCONCLUSIVE
    assert certificate.verdict is INCONCLUSIVE


def test_a_gradient_that_is_missing_among_others_is_not_agreed_with() -> None:
    class Misses(TwoLayerNet):
        def gradient(self, x, t):
            grads = super().gradient(x, t)
            del grads["b2"]
            return grads

    t = np.eye(3)[[0, 1, 2, 0, 1]]
    certificate = network(Misses(), X, t)
    assert verdicts(certificate)["grad b2"] is INCONCLUSIVE
    net = Misses()
    with pytest.raises(ValueError, match=r"no gradient for \['b2'\]"):
        loss(net.loss, net.gradient, net.params, {"x": X, "t": t})


def test_what_is_called_like_a_gradient_and_read_is_none() -> None:
    class Gate:
        def __init__(self):
            self.w, self.gw = N((4, 3)), N((4, 3))

        def forward(self, x):
            self.x = x
            self.gate = np.tanh(x @ self.gw)
            return self.gate * (x @ self.w)

        def backward(self, dout):
            dz = dout * (self.x @ self.w) * (1 - self.gate**2)
            dl = dout * self.gate
            self.dw, self.dgw = self.x.T @ dl, self.x.T @ dz
            return dz @ self.gw.T + dl @ self.w.T

    certificate = layer(Gate(), X)
    assert certificate.verdict is AGREE
    assert certificate.parameters == ("w (dw)", "gw (dgw)")


def test_numbers_may_be_parameters() -> None:
    class Neuron:
        lr = 0.1

        def __init__(self):
            self.w, self.b = N(4), 0.5
            self.loss_value, self.dloss_value = 3.0, None

        def forward(self, x, t):
            self.x, self.error = x, x @ self.w + self.b - t
            self.loss_value = 0.5 * np.sum(self.error**2)
            return self.loss_value

        def backward(self):
            self.dloss_value = 1.0
            self.dw, self.db = self.x.T @ self.error, self.factor * np.sum(self.error)

        factor = 1.0

    neuron = Neuron()
    certificate = network(neuron, X, np.ones(5))
    assert certificate.verdict is AGREE
    assert certificate.parameters == ("w (dw)", "b (db)")
    assert neuron.b == 0.5
    neuron.factor = 2.0
    assert verdicts(network(neuron, X, np.ones(5)))["grad b"] is DISAGREE


def test_parameters_of_a_closure_and_of_globals() -> None:
    weights, scale = N(4), N(4)

    def cost(x: Any) -> Any:
        return np.sum(np.tanh(x @ (weights * scale)))

    def slope(x: Any) -> Any:
        return scale * (x.T @ (1 - np.tanh(x @ (weights * scale)) ** 2))

    certificate = loss(cost, slope, {"weights": weights}, {"x": X})
    assert certificate.verdict is AGREE
    assert certificate.unjudged == ("scale (4,)",)
    wrong = loss(cost, lambda x: 2 * slope(x), {"weights": weights}, {"x": X})
    assert wrong.verdict is DISAGREE


@pytest.mark.parametrize(
    ("params", "says"),
    [
        (lambda net: {"W1": net.params["W1"].copy()}, "pass the very array that they use"),
        (lambda net: {"a": net.params["W1"], "b": net.params["W1"]}, "are the same array"),
    ],
)
def test_what_cannot_be_a_parameter_by_reference_is_refused(params: Any, says: str) -> None:
    net = TwoLayerNet()
    with pytest.raises(ValueError, match=says):
        loss(net.loss, net.gradient, params(net), {"x": X, "t": np.eye(3)[[0, 1, 2, 0, 1]]})


def test_extra_keys_are_remarked_on() -> None:
    certificate = loss(
        lambda w: np.sum(w**2), lambda w: {"dw": 2 * w, "dz": 0 * w}, {"w": np.ones(3)}
    )
    assert certificate.verdict is AGREE
    assert "returns dz beside the gradients" in certificate.findings[-1].reason


def test_all_parameters_in_one_mapping() -> None:
    def cost(params: Any, x: Any) -> Any:
        return np.sum(np.tanh(x @ params["layers"][0]["W"]))

    def both(params: Any, x: Any) -> Any:
        z = np.tanh(x @ params["layers"][0]["W"])
        return np.sum(z), {"layers": [{"W": x.T @ (1 - z**2)}]}

    params = {"layers": [{"W": N((4, 2))}]}
    assert loss(cost, both, params, {"x": X}).verdict is AGREE
    assert loss(both, None, params, {"x": X}).verdict is AGREE
    assert loss(cost, lambda params, x: {**params, "x": x}, params, {"x": X}).verdict is DISAGREE


def test_several_outputs_are_found() -> None:
    class Two:
        def forward(self, q, k, v):
            self.kept = q, k, v
            return q * k, np.tanh(v)

        def backward(self, dqk, dv):
            q, k, v = self.kept
            return dqk * k, dqk * q, self.factor * dv * (1 - np.tanh(v) ** 2)

        factor = 1.0

    two = Two()
    inputs = N((3, 2)), N((3, 2)), N((3, 2))
    assert layer(two, *inputs).verdict is AGREE
    two.factor = 0.0
    assert verdicts(layer(two, *inputs))["grad v"] is DISAGREE
    assert layer(two, list(inputs)).verdict is DISAGREE


def test_optional_arguments_keep_their_defaults() -> None:
    class Optional:
        def forward(self, X, training=True):
            self.X = X
            return np.tanh(X) * training

        def backward(self, dout, retain=True):
            assert retain is True
            return dout * (1 - np.tanh(self.X) ** 2)

    assert layer(Optional(), X).verdict is AGREE


def test_methods_by_other_names() -> None:
    class Named:
        def up(self, x):
            self.x = x
            return x**2

        def down(self, d):
            return 2 * d * self.x

    assert layer(Named(), X, forward="up", backward="down").verdict is AGREE
    with pytest.raises(TypeError, match="Named has the methods down, up; forward="):
        layer(Named(), X, backward="down")
    with pytest.raises(TypeError, match="forward is 'sideways', which is no method of Named"):
        layer(Named(), X, forward="sideways", backward="down")
    with pytest.raises(TypeError, match="with the methods down, up: none is called as a backward"):
        layer(Named(), X)
    with pytest.raises(TypeError, match="layer is the class Named; pass an object"):
        layer(Named, X)


def test_running_statistics_are_listed_where_they_are_read() -> None:
    class Norm:
        def __init__(self):
            self.gamma, self.running_mean = np.ones(4), np.zeros(4)
            self.train = True

        def forward(self, x):
            self.x = x
            mean = x.mean(axis=0) if self.train else self.running_mean
            if self.train:
                self.running_mean = 0.9 * self.running_mean + 0.1 * mean
            self.centred = x - mean
            return self.gamma * self.centred

        def backward(self, dout):
            self.dgamma = np.sum(dout * self.centred, axis=0)
            d = dout * self.gamma
            return d - d.mean(axis=0) if self.train else d

    norm = Norm()
    trained = layer(norm, X)
    assert trained.verdict is AGREE
    assert trained.unjudged == ()
    assert not norm.running_mean.any()
    norm.train = False
    tested = layer(norm, X)
    assert tested.verdict is AGREE
    assert tested.unjudged == ("running_mean (4,)",)


@pytest.mark.parametrize("how", ["in place", "anew"])
def test_a_gradient_is_read_back_from_an_update(how: str) -> None:
    class Dense:
        def __init__(self):
            self.weights, self.bias = N((4, 3)), N((1, 3))
            self.factor, self.late = 1.0, False

        def forward(self, input_data):
            self.input = input_data
            return input_data @ self.weights + self.bias

        def backward(self, output_error, learning_rate):
            input_error = output_error @ self.weights.T
            step = self.factor * learning_rate * (self.input.T @ output_error)
            if how == "in place":
                self.weights -= step
            else:
                self.weights = self.weights - step
            self.bias -= learning_rate * output_error.sum(axis=0, keepdims=True)
            return output_error @ self.weights.T if self.late else input_error

    dense = Dense()
    before = dense.weights.copy()
    right = layer(dense, X)
    assert right.verdict is AGREE, str(right)
    assert right.parameters == ("weights (old − new)", "bias (old − new)")
    assert np.array_equal(dense.weights, before)
    dense.factor = 2.0
    assert verdicts(layer(dense, X))["grad weights"] is DISAGREE
    dense.factor, dense.late = 1.0, True  # the input's gradient, with the new weights
    assert verdicts(layer(dense, X))["grad input_data"] is DISAGREE


def test_a_backward_pass_that_trains_is_remarked_on() -> None:
    class Trains(Affine):
        lr = 0.1

        def backward(self, dout):
            dx = super().backward(dout)
            self.W -= self.lr * self.dW
            return dx

    trains = Trains(N((4, 3)), N(3))
    before = trains.W.copy()
    certificate = layer(trains, X)
    assert certificate.verdict is AGREE
    assert "backward updates W" in certificate.findings[-1].reason
    assert np.array_equal(trains.W, before)


def test_a_gradient_that_another_method_left_is_not_taken() -> None:
    class Stale(Affine):
        def backward(self, dout):
            return dout @ self.W.T

    stale = Stale(N((4, 3)), N(3))
    stale.dW, stale.db = N((4, 3)), np.zeros(3)
    found = verdicts(layer(stale, X))
    assert found["grad W"] is INCONCLUSIVE  # it may be computed elsewhere
    assert found["grad b"] is DISAGREE  # it is zero


def mse(y_true, y_pred):
    return np.mean((y_true - y_pred) ** 2)


def mse_prime(y_true, y_pred):
    return 2 * (y_pred - y_true) / np.size(y_true)


def half_mse_prime(y_true, y_pred):
    return (y_pred - y_true) / np.size(y_true)


def tanh(x):
    return np.tanh(x)


def tanh_prime(x):
    return 1 - np.tanh(x) ** 2


def doubled(x):
    return 2 * x


def wrong_prime(x):
    return 1 - np.tanh(x)


def test_derivatives_that_take_what_the_function_takes() -> None:
    y, p = N((4, 3)), N((4, 3))
    right = layer(mse, mse_prime, [y, p])
    assert right.verdict is AGREE
    assert set(verdicts(right)) == {"loss", "grad y_pred", "side effects"}
    assert layer(mse, half_mse_prime, [y, p]).verdict is DISAGREE
    assert layer(tanh, tanh_prime, [p]).verdict is AGREE
    assert layer(tanh, wrong_prime, [p]).verdict is DISAGREE
    assert layer(doubled, doubled, [p]).verdict is AGREE  # its x is an upstream gradient


class Cross:
    """Its forward pass is a loss of each sample, as in Neural Networks from Scratch."""

    factor = 1.0

    def calculate(self, output, y):
        return np.mean(self.forward(output, y))

    def forward(self, y_pred, y_true):
        clipped = np.clip(y_pred, 1e-7, 1 - 1e-7)
        return -np.log(np.sum(clipped * y_true, axis=1))

    def backward(self, dvalues, y_true):
        self.dinputs = -self.factor * y_true / dvalues / len(dvalues)


class MeanSquare:
    factor = 2.0

    def forward(self, pred, target):
        return np.mean((pred - target) ** 2)

    def backward(self, pred, target):
        return self.factor * (pred - target) / target.size


def test_losses_whose_gradient_takes_predictions() -> None:
    p = np.abs(N((4, 3))) + 0.1
    p, t = p / p.sum(axis=1, keepdims=True), np.eye(3)[[0, 2, 1, 0]]
    cross, square = Cross(), MeanSquare()
    inside = {"output": "between 0 and 1"}
    assert layer(cross, p, t, structure=inside).verdict is AGREE
    assert layer(square, p, t).verdict is AGREE
    cross.factor = square.factor = 1.5
    assert layer(cross, p, t, structure=inside).verdict is DISAGREE
    assert layer(square, p, t).verdict is DISAGREE
