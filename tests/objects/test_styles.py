"""Networks in the styles of courses and books: each in one line, right and with a slip."""

# mypy: ignore-errors

from __future__ import annotations

import functools
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from crosscheck import certify, certify_layer, certify_network
from crosscheck.core.verdict import Verdict
from tests.objects import courses
from tests.objects.courses import N

if TYPE_CHECKING:
    from collections.abc import Callable

AGREE, DISAGREE = Verdict.AGREE, Verdict.DISAGREE
QUICK: dict[str, Any] = {"oracles": ("torch",), "diagnose": 0}
X, LABELS = N((6, 4)), np.array([0, 1, 2, 2, 1, 0])
T = np.eye(3)[LABELS]

layer = functools.partial(certify_layer, **QUICK)
network = functools.partial(certify_network, **QUICK)


def loss(*arguments: Any, **options: Any) -> Any:
    judge: Any = certify
    return judge(*arguments, **QUICK, **options)


def half_square(a: Any, y: Any) -> Any:
    return 0.5 * np.sum((a - y) ** 2)


def two_layers(slip: str) -> Any:
    net = courses.TwoLayerNet("batch" if slip else "")
    return loss(net.loss, net.gradient, net.params, {"x": X, "t": T})


def all_in_one(slip: str) -> Any:
    net = courses.LossNet(slip)
    return loss(net.loss, None, net.params, {"X": X, "y": LABELS})


def course(slip: str) -> Any:
    back = functools.partial(courses.backward_propagation, slip=slip)
    data = {"X": N((4, 6)), "Y": (N((1, 6)) > 0) * 1.0}
    return loss(courses.compute_cost, back, courses.ng_parameters(), data)


def characters(slip: str) -> Any:
    courses.SLIP[0] = slip
    names = ("Wxh", "Whh", "Why", "bh", "by")
    data = {"inputs": [0, 2, 1], "targets": [2, 1, 3], "hprev": np.zeros((5, 1))}
    try:
        return loss(courses.lossFun, None, {name: vars(courses)[name] for name in names}, data)
    finally:
        courses.SLIP[0] = ""


def one_vector(slip: str) -> Any:
    data = {"X": X, "labels": T, "dimensions": [4, 5, 3], "slip": slip}
    return loss(courses.forward_backward_prop, None, {"params": N(4 * 5 + 5 + 5 * 3 + 3)}, data)


def theta(slip: str) -> Any:
    data = {"num_classes": 3, "input_size": 4, "lambda_": 0.1, "data": X.T, "labels": LABELS}
    return loss(courses.softmax_cost, None, {"theta": N(12)}, data | {"slip": slip})


def sequential(slip: str) -> Any:
    parts = courses.Dense(4, 5), courses.Tanh(), courses.Dense(5, 3, slip)
    return layer(courses.Sequential(*parts), X)


# Each with the gradient that the slip spoils, and the parameters that are found.
STYLES: dict[str, tuple[Callable[[str], Any], str, tuple[str, ...]]] = {
    "Deep Learning from Scratch, a layer": (
        lambda slip: layer(courses.Affine(N((4, 3)), N(3), "mean" if slip else ""), X),
        "b",
        ("W (dW)", "b (db)"),
    ),
    "Deep Learning from Scratch, a loss": (
        lambda slip: layer(courses.SoftmaxWithLoss("batch" if slip else ""), N((6, 3)), T),
        "x",
        (),
    ),
    "Deep Learning from Scratch, loss and gradient": (
        two_layers,
        "W2",
        ("W1 (returned)", "b1 (returned)", "W2 (returned)", "b2 (returned)"),
    ),
    "Deep Learning from Scratch, the network": (
        lambda slip: network(courses.TwoLayerNet("batch" if slip else ""), X, T),
        "W1",
        ("W1 (returned W1)", "b1 (returned b1)", "W2 (returned W2)", "b2 (returned b2)"),
    ),
    "Deep Learning from Scratch 2": (
        lambda slip: network(courses.ListNet(slip), X, T),
        "params.1",
        ("params.0 (grads.0)", "params.1 (grads.1)"),
    ),
    "CS231n, loss(X, y)": (
        all_in_one,
        "W2",
        ("W1 (returned)", "b1 (returned)", "W2 (returned)", "b2 (returned)"),
    ),
    "CS231n, the network": (
        lambda slip: network(courses.LossNet(slip), X, LABELS),
        "W2",
        ("W1 (returned W1)", "b1 (returned b1)", "W2 (returned W2)", "b2 (returned b2)"),
    ),
    "CS231n, a function": (
        lambda slip: loss(
            courses.svm_loss,
            None,
            {"W": N((4, 3))},
            {"X": X, "y": LABELS, "reg": 0.1, "slip": slip},
        ),
        "W",
        (),
    ),
    "Neural Networks from Scratch": (
        lambda slip: layer(courses.Layer_Dense(4, 3, slip), X),
        "biases",
        ("weights (dweights)", "biases (dbiases)"),
    ),
    "Deep Learning Specialization": (course, "W1", ()),
    "Neural Networks and Deep Learning": (
        lambda slip: network(
            courses.Network([4, 5, 3], slip), N((4, 1)), N((3, 1)), loss=half_square
        ),
        "biases.1",
        (
            "biases.0 (returned 0.0)",
            "biases.1 (returned 0.1)",
            "weights.0 (returned 1.0)",
            "weights.1 (returned 1.1)",
        ),
    ),
    "min-char-rnn": (
        characters,
        "Whh",
        tuple(f"{name} (returned)" for name in ("Wxh", "Whh", "Why", "bh", "by")),
    ),
    "Dive into Deep Learning": (
        lambda slip: network(courses.LinearRegressionScratch(4, slip), X, N((6, 1))),
        "b",
        ("w (w_grad)", "b (b_grad)"),
    ),
    "Data Science from Scratch": (
        lambda slip: layer(courses.Linear(4, 3, slip), N(4)),
        "input",
        ("w (w_grad)", "b (b_grad)"),
    ),
    "CS224n": (one_vector, "params", ()),
    "UFLDL": (theta, "theta", ()),
    "modules and parameters": (
        lambda slip: layer(courses.Dense(4, 3, slip), X),
        "weight",
        ("weight (weight.grad)", "bias (bias.grad)"),
    ),
    "modules in a list": (
        sequential,
        "layers.2.weight",
        (
            "layers.0.weight (layers.0.weight.grad)",
            "layers.0.bias (layers.0.bias.grad)",
            "layers.2.weight (layers.2.weight.grad)",
            "layers.2.bias (layers.2.bias.grad)",
        ),
    ),
}


@pytest.mark.parametrize("style", STYLES)
def test_a_network_is_certified_as_it_is(style: str) -> None:
    run, spoiled, found = STYLES[style]
    right = run("")
    assert right.verdict is AGREE, str(right)
    assert right.parameters == found
    assert right.unjudged == ()
    wrong = run("slip")
    assert wrong.verdict is DISAGREE
    verdicts = {finding.quantity: finding.verdict for finding in wrong.findings}
    assert verdicts[f"grad {spoiled}"] is DISAGREE


def test_an_object_is_as_it_was() -> None:
    net = courses.TwoLayerNet()
    net.loss(X, T)  # it keeps what it saw
    before = pickle.dumps(net)
    arrays = {name: id(array) for name, array in net.params.items()}
    assert network(net, X, T)
    assert loss(net.loss, net.gradient, net.params, {"x": X, "t": T})
    assert pickle.dumps(net) == before
    assert {name: id(array) for name, array in net.params.items()} == arrays
    assert net.layers["Affine1"].W is net.params["W1"]
