"""Each mistake that people make in hand-written backpropagation, planted; each one found.

A line of the table: the example, the right piece of its source, the mistake in its place, and a
quantity that must be seen to disagree. Everything else that the certificate says is as it falls.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from crosscheck.core.verdict import Verdict
from crosscheck.errors import OracleUnavailableError
from crosscheck.examples.certify import certify_examples
from crosscheck.report.terminal import show
from tests.conftest import planted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosscheck.core.types import Oracle, Quantities, Request

# fmt: off
MISTAKES = [
    # scalars
    ("square", "2 * x ", "-2 * x ", "grad x"),  # sign
    ("square", "2 * x ", "4 * x ", "grad x"),  # a factor of two
    ("square", "2 * x ", "x ", "grad x"),  # a factor of a half
    ("square", "2 * x ", "2 * x * (1 + 1e-9) ", "grad x"),  # small
    ("square", "2 * x ", "x * 6.0 / 3.0000000001", "grad x"),  # off by 3e-11
    ("square", "2 * x ", "np.float64(6.0) ", "grad x"),  # right at the document's point only
    ("square", '{"x": dy_dx}', '{"dx": dy_dx}', "grad x"),  # another name
    ("square", '{"x": dy_dx}', '{"x": dy_dx, "y": dy_dx}', "grad y"),  # one that nobody asked for
    ("square", "return y, (x,)", "return y, (y,)", "grad x"),  # derivative at the output
    ("square", "y = x**2", "y = x**2 + 1e-9", "loss"),  # another loss, of the same gradient
    ("chain_rule", "dz_dy * dy_dx", "dz_dy + dy_dx", "grad x"),  # added instead of multiplied
    ("chain_rule", "dz_dx = dz_dy * dy_dx", "dz_dx = dy_dx", "grad x"),  # a factor left out
    ("numerical_gradient", '{"x": 2 * x}', '{"x": central_difference(lambda x: x**2, x)}',
     "grad x"),  # a numerical gradient sold as the analytic one
    # the sigmoid neuron
    ("sigmoid_neuron", "(r - y) * r * (1 - r)", "(y - r) * r * (1 - r)", "grad W"),  # sign
    ("sigmoid_neuron", "(r - y) * r * (1 - r)", "(r - y)", "grad W"),  # σ' missing
    ("sigmoid_neuron", "(r - y) * r * (1 - r)", "(r - y) * sigmoid(r) * (1 - sigmoid(r))",
     "grad W"),  # σ' at the output
    ("sigmoid_neuron", "(r - y) * r * (1 - r)", "(r - y) * r * (1 + r)", "grad W"),
    ("sigmoid_neuron", "loss = 0.5 *", "loss = 1.0 *", "loss"),  # missing ½, in the loss alone
    ("sigmoid_neuron", "delta * X ", "LEARNING_RATE * delta * X ", "grad W"),  # lr in the gradient
    ("sigmoid_neuron", "delta * X ", "delta * X / X.size ", "grad W"),  # a mean for a sum
    ("sigmoid_neuron", "delta * X ", "np.full_like(X, delta) ", "grad W"),  # X forgotten
    ("sigmoid_neuron", "delta * X ", "(delta * X).astype(np.int64) ", "grad W"),  # truncated
    ("sigmoid_neuron", "delta * X ", "(delta * X).astype(np.float32) ", "grad W"),
    ("sigmoid_neuron", "delta * X ", "(delta * X).astype(np.float32).astype(float) ", "grad W"),
    ("sigmoid_neuron", "delta * X ", "np.clip(delta * X, -0.1, 0.1) ", "grad W"),  # clipped
    ("sigmoid_neuron", "delta * X ", "delta * X * np.nan ", "grad W"),
    ("sigmoid_neuron", "delta * X ", "(delta * X)[:, None] ", "grad W"),  # (n, 1) for (n,)
    ("sigmoid_neuron", "delta * X ", "np.sum(delta * X) ", "grad W"),  # summed over everything
    ("sigmoid_neuron", "LEARNING_RATE = 0.1", "LEARNING_RATE = 0.01", "step W"),
    ("sigmoid_neuron", "backward(*residuals), LEARNING_RATE", "backward(*residuals), -0.1",
     "step W"),  # ascent
    # the ReLU network
    ("relu_network", "(W2 @ delta2) * relu_d(z1)", "W2 @ delta2", "grad W1"),  # relu' missing
    ("relu_network", "(r2 - y) * relu_d(z2)", "r2 - y", "grad W2"),  # relu' missing, output
    ("relu_network", "relu_d(z1)  #", "relu_d(-z1)  #", "grad b1"),  # relu' mirrored
    ("relu_network", "(W2 @ delta2) * relu_d(z1)", "relu_d(W2 @ delta2)", "grad W1"),
    ("relu_network", "(r2 - y) * relu_d(z2)", "z2 - y", "grad W2"),  # z in place of a
    ("relu_network", "X[:, np.newaxis] * delta1", "np.outer(delta1, X)", "grad W1"),  # transposed
    ("relu_network", "X[:, np.newaxis] * delta1", "np.outer(r1, delta1)", "grad W1"),  # another a
    ("relu_network", "r1[:, np.newaxis] * delta2", "np.outer(z1, delta2)", "grad W2"),  # z for a
    ("relu_network", "r1[:, np.newaxis] * delta2", "np.outer(delta2, r1)", "grad W2"),  # (1, h)
    ("relu_network", "delta1 = (W2 @ delta2)", "delta1 = ((W2 - 0.01 * grad_W2) @ delta2)",
     "grad W1"),  # already updated weights
    ("relu_network", '"b1": delta1', '"b1": np.zeros_like(delta1)', "grad b1"),  # bias forgotten
    ("relu_network", '"b1": delta1', '"b1": delta1 / delta1.size', "grad b1"),  # bias averaged
    ("relu_network", ', "b2": delta2', "", "grad b2"),  # bias gradient not returned
    ("relu_network", '"b1": delta1', '"b1": delta1[:1]', "grad b1"),  # one entry only
    ("relu_network", 'updated=("W1", "W2")', 'updated=("W1", "b1", "W2")', "step b1"),
    ("relu_network", 'updated=("W1", "W2")', 'updated=("W2",)', "step W1"),  # forgotten
    ("relu_network", "X @ W1 + b1", "X @ W1.T + b1", "loss"),  # forward: transposed
    ("relu_network", "r1 @ W2 + b2", "r1 @ W2", "loss"),  # forward: bias left out
    ("relu_network", "np.maximum(0, z)", "np.maximum(0.01 * z, z)", "loss"),  # forward: leaky
    # the descent
    ("guess_number", "guess - target}", "target - guess}", "grad guess"),  # sign
    ("guess_number", "guess - target}", "2 * (guess - target)}", "grad guess"),  # the ½ forgotten
    ("guess_number", "guess - target}", "guess - 42}", "grad guess"),  # right at 42 only
    ("guess_number", "STEPS = 500", "STEPS = 499", "step guess"),  # one step too few
    ("guess_number", "STEPS = 500", "STEPS = 501", "step guess"),  # one too many
    ("guess_number", "STEPS = 500", "STEPS = 0", "step guess"),  # none
    ("guess_number", "return loss, sgd.step(params, backward(*residuals)",
     "return loss, sgd.step(params, {'guess': params['guess'] - 41.0}", "step guess"),  # stale
    # what is raised is found, too
    ("sigmoid_neuron", "(y - r) ** 2  # ()", "(y - r) ** 2 * np.ones(1)", "loss"),  # (1,) for ()
    ("sigmoid_neuron", "return loss, (X, y, r)", "raise ZeroDivisionError", "loss"),
    ("relu_network", "return loss, (X, y, W2, z1, r1, z2, r2)", "raise ZeroDivisionError", "loss"),
]
# fmt: on


@pytest.mark.parametrize(("name", "right", "wrong", "quantity"), MISTAKES)
def test_a_planted_mistake_is_found(
    oracles: dict[str, Oracle], name: str, right: str, wrong: str, quantity: str
) -> None:
    certificate = certify_examples([planted(name, right, wrong)], oracles)
    disagreeing = [f.quantity for f in certificate.findings if f.verdict is Verdict.DISAGREE]
    assert quantity in disagreeing
    assert certificate.verdict is Verdict.DISAGREE
    assert certificate.exit_status == 1


def test_the_documents_own_point_alone_would_miss_a_missing_relu_derivative(
    oracles: dict[str, Oracle],
) -> None:
    mistake = planted("relu_network", "(W2 @ delta2) * relu_d(z1)", "W2 @ delta2")
    certificate = certify_examples([mistake], oracles)
    finding = next(f for f in certificate.findings if f.quantity == "grad W1")
    assert finding.judgements[0].verdict is Verdict.AGREE
    assert finding.worst is not None
    assert finding.worst[0] > 0


@pytest.mark.parametrize(
    ("name", "right", "wrong", "quantity"),
    [
        ("square", "print(y)", "print(y + 1e-15)", "loss"),
        ("sigmoid_neuron", "X=[0.5, 0.8]", "X=[0.5, 0.81]", "step W"),
        ("numerical_gradient", "H = 1e-5", "H = 1e-6", "difference x"),
        ("guess_number", "START = -1.0506447007585615", "START = -1.050644700758561", "step guess"),
        ("guess_number", "% PRINT_EVERY == 0", "% PRINT_EVERY == 1", "step guess"),
        ("guess_number", '    print(f"최종', '    print()\n    print(f"최종', "step guess"),
        ("square", "print(y)", "raise ZeroDivisionError", "loss"),
    ],
)
def test_a_number_that_is_not_reproduced_is_found(
    oracles: dict[str, Oracle], name: str, right: str, wrong: str, quantity: str
) -> None:
    certificate = certify_examples([planted(name, right, wrong)], oracles)
    lost = [f.quantity for f in certificate.findings if f.published and not f.published.reproduced]
    assert quantity in lost
    assert certificate.exit_status == 1


def test_an_example_that_cannot_be_drawn_is_not_certified(oracles: dict[str, Oracle]) -> None:
    always_on = planted("relu_network", "return z1, z2", "return np.abs(z1), np.abs(z2)")
    certificate = certify_examples([always_on], oracles)
    assert certificate.exit_status == 3
    assert all("no points could be sampled: none of 1000" in f.reason for f in certificate.findings)


def test_nobody_is_blamed_when_an_oracle_is_gone(oracles: dict[str, Oracle]) -> None:
    asked = []

    def answering_once(requests: Sequence[Request]) -> list[list[Quantities]]:
        asked.append(requests)
        if len(asked) > 1:
            msg = "PyTorch stopped with status -9"
            raise OracleUnavailableError(msg)
        return oracles["PyTorch"](requests)

    wrong = planted("square", "2 * x ", "4 * x ")
    certificate = certify_examples([wrong], {"PyTorch": answering_once, "JAX": oracles["JAX"]})
    assert [f.verdict for f in certificate.findings] == [Verdict.AGREE, Verdict.INCONCLUSIVE]
    assert len(asked) > 1


def test_a_quantity_that_nothing_exercises_is_not_certified(oracles: dict[str, Oracle]) -> None:
    def of_zero(requests: object) -> object:
        answers = oracles["PyTorch"](requests)  # type: ignore[arg-type]
        return [[{k: 0 * v for k, v in point.items()} for point in each] for each in answers]

    nothing = planted("square", "y = x**2", "y = 0 * x")
    nothing.backward = lambda x: {"x": 0 * x}
    certificate = certify_examples([nothing], {"PyTorch": of_zero})  # type: ignore[dict-item]
    unexercised = [f for f in certificate.findings if f.verdict is Verdict.INCONCLUSIVE]
    assert [f.quantity for f in unexercised] == ["loss", "grad x"]
    out = io.StringIO()
    show(certificate, Console(file=out, width=132))
    assert "grad x  INCONCLUSIVE: at no sampled point is the resolution 1e-6 or" in out.getvalue()
