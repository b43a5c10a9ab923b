"""What is ambiguous is refused with what settles it; and what settles it is taken."""

# mypy: ignore-errors

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from crosscheck import certify, certify_layer, certify_network
from crosscheck.core.verdict import Verdict
from tests.objects.courses import Affine, N, TwoLayerNet

AGREE, DISAGREE, INCONCLUSIVE = Verdict.AGREE, Verdict.DISAGREE, Verdict.INCONCLUSIVE
QUICK: dict[str, Any] = {"oracles": ("torch",), "diagnose": 0}
X, T = N((5, 4)), np.eye(3)[[0, 1, 2, 0, 1]]

layer = functools.partial(certify_layer, configurations=(), **QUICK)
network = functools.partial(certify_network, **QUICK)


def loss(*arguments: Any, **options: Any) -> Any:
    judge: Any = certify
    return judge(*arguments, **QUICK, **options)


def verdicts(certificate: Any) -> dict[str, Verdict]:
    return {finding.quantity: finding.verdict for finding in certificate.findings}


def square(x):
    return x**2, x


def square_back(dout, cache):
    return 2 * dout * cache


def test_passes_may_come_by_keyword() -> None:
    assert layer(forward=square, backward=square_back, inputs=[X]).verdict is AGREE
    assert layer(square, backward=square_back, inputs=[X]).verdict is AGREE
    assert layer(Affine(N((4, 3)), N(3)), inputs=[X]).verdict is AGREE
    with pytest.raises(TypeError, match=r"pass certify_layer\(forward, backward, \[x, …\]\)"):
        layer(square, square_back)


class Returning:
    """Its backward pass returns all gradients."""

    def __init__(self, n=3):
        self.W, self.V = N((4, n)), N((n, 2))
        self.factor = 1.0

    def forward(self, x):
        self.x, self.h = x, np.tanh(x @ self.W)
        return self.h @ self.V

    def backward(self, dout):
        dh = (dout @ self.V.T) * (1 - self.h**2)
        return dh @ self.W.T, self.factor * self.x.T @ dh, self.h.T @ dout


def test_gradients_may_follow_those_of_the_inputs() -> None:
    returning = Returning()
    assert layer(returning, X).verdict is AGREE
    returning.factor = 2.0
    assert verdicts(layer(returning, X))["grad W"] is DISAGREE


def test_an_order_settles_what_shapes_do_not() -> None:
    class Square(Returning):
        def __init__(self):
            super().__init__(4)
            self.V = N((4, 4))

    square = Square()
    with pytest.raises(ValueError, match="has the shape of W, V; say in which order they come"):
        layer(square, X)
    assert layer(square, X, grads=["W", "V"]).verdict is AGREE
    assert layer(square, X, grads=["V", "W"]).verdict is DISAGREE


class Embedding:
    def __init__(self):
        self.W = N((6, 3))

    def forward(self, ids):
        self.ids = ids
        return self.W[ids]

    def backward(self, dout):
        self.dW = np.zeros_like(self.W)
        np.add.at(self.dW, self.ids, dout)


class ReturningEmbedding(Embedding):
    def backward(self, dout):
        super().backward(dout)
        found, self.dW = self.dW, None
        return found


@pytest.mark.parametrize("kind", [Embedding, ReturningEmbedding])
def test_a_layer_of_indices_has_its_parameters_alone(kind: Any) -> None:
    certificate = layer(kind(), np.array([0, 2, 2, 5]))
    assert certificate.verdict is AGREE
    assert set(verdicts(certificate)) == {"loss", "grad W", "side effects"}


def test_what_forward_raises_comes_through() -> None:
    with pytest.raises(IndexError, match="out of bounds"):
        layer(Embedding(), np.array([7]))


@pytest.mark.parametrize(
    "back",
    [
        lambda dx: {"dx": dx},
        lambda dx: {"x": dx, "t": None},
        lambda dx: (dx, None),
        lambda dx: dx,
    ],
)
def test_targets_have_no_gradient(back: Any) -> None:
    class Half:
        def forward(self, x, t):
            self.d = x - t
            return 0.5 * np.sum(self.d**2)

        def backward(self):
            return back(self.d)

    certificate = layer(Half(), N((4, 3)), N((4, 3)))
    assert certificate.verdict is AGREE, str(certificate)
    assert "grad t" not in verdicts(certificate)


def test_labels_among_the_gradients_are_passed_over() -> None:
    def pick(x, labels):
        return x[np.arange(len(labels)), labels], (x, labels)

    def back(dout, cache):
        x, labels = cache
        dx = np.zeros_like(x)
        dx[np.arange(len(labels)), labels] = dout
        return dx, None

    assert layer(pick, back, [N((4, 3)), np.array([0, 2, 1, 1])]).verdict is AGREE


def test_names_and_paths_that_lead_nowhere() -> None:
    affine = Affine(N((4, 3)), N(3))
    with pytest.raises(ValueError, match="grads: there is no array at 'foo' after backward"):
        layer(affine, X, grads={"W": "foo"})
    with pytest.raises(ValueError, match="params and grads name 'V'; the float arrays are W, b"):
        layer(affine, X, params=["V"])
    some = layer(affine, X, params=["W"])
    assert some.parameters == ("W (dW)",)
    assert some.verdict is AGREE


def test_a_parameter_may_be_called_as_an_input_is() -> None:
    class Scale:
        def __init__(self):
            self.x = N(4)

        def forward(self, x):
            self.given = x
            return self.x * x

        def backward(self, dout):
            self.dx = np.sum(dout * self.given, axis=0)
            return dout * self.x

    certificate = layer(Scale(), X)
    assert certificate.verdict is AGREE
    assert certificate.parameters == ("Scale.x (dx)",)


def test_two_gradients_of_one_array_are_refused() -> None:
    class Tied:
        def __init__(self):
            self.up = self.down = N((4, 4))

        def forward(self, x):
            self.x, self.h = x, x @ self.up
            return self.h @ self.down

        def backward(self, dout):
            dh = dout @ self.down.T
            self.dup, self.ddown = self.x.T @ dh, self.h.T @ dout
            self.total = self.dup + self.ddown
            return dh @ self.up.T

    with pytest.raises(ValueError, match=r"up has several gradients: dup, ddown; grads="):
        layer(Tied(), X)
    assert layer(Tied(), X, grads={"up": "total"}).verdict is AGREE


def test_a_hidden_reference_is_refused() -> None:
    class Hidden(Affine):
        def __init__(self):
            super().__init__(N((4, 3)), N(3))
            self.back = lambda dout, W=self.W: dout @ W.T

        def backward(self, dout):
            super().backward(dout)
            return self.back(dout)

    with pytest.raises(ValueError, match="cannot be exchanged, since a reference is hidden"):
        layer(Hidden(), X)


def test_arrays_that_cannot_be_written_are_exchanged_all_the_same() -> None:
    affine = Affine(N((4, 3)), N(3))
    affine.W.flags.writeable = False
    assert layer(affine, X).verdict is AGREE


def test_what_backward_raises_comes_through() -> None:
    class Broken(Affine):
        def backward(self, dout):
            return dout @ self.W

    with pytest.raises(ValueError, match="matmul"):
        layer(Broken(N((4, 3)), N(3)), X)

    class Nothing(Affine):
        def backward(self, dout):
            super().backward(dout)

    with pytest.raises(TypeError, match="returned None for x"):
        layer(Nothing(N((4, 3)), N(3)), X)


# -- losses by reference ----------------------------------------------------------------------


class Line:
    def __init__(self):
        self.w = N(4)
        self.factor = 1.0

    def loss(self, x, t):
        self.error = x @ self.w - t
        return np.mean(self.error**2)

    def store(self, x):
        self.dw = self.factor * 2 * x.T @ self.error / len(x)

    def row(self, x, t):
        return (2 * x.T @ (x @ self.w - t) / len(x))[None]

    def info(self, x):
        self.store(x)
        return {"seconds": 0.1}

    def listed(self, x, t):
        return [self.row(x, t)[0]]

    def nothing(self):
        return None


DATA = {"x": X, "t": np.ones(5)}


def test_a_gradient_may_be_left_in_the_object() -> None:
    line = Line()
    params = {"v": line.w}
    for gradient in (line.store, line.info):
        line.factor = 1.0
        certificate = loss(line.loss, gradient, params, DATA)
        assert certificate.verdict is AGREE
        assert certificate.parameters == ("v (dw)",)
        line.factor = 2.0
        assert loss(line.loss, gradient, params, DATA).verdict is DISAGREE
    line.factor = 1.0
    assert loss(line.loss, line.listed, params, DATA).verdict is AGREE
    assert loss(line.loss, line.store, params, DATA, grads={"w": "dw"}).verdict is AGREE
    with pytest.raises(ValueError, match=r"Line\.nothing returns no gradients, and leaves none"):
        loss(line.loss, line.nothing, params, DATA)


def test_a_gradient_of_another_shape_is_judged_as_it_is() -> None:
    line = Line()
    certificate = loss(line.loss, line.row, {"w": line.w}, DATA)
    assert verdicts(certificate)["grad w"] is DISAGREE
    assert "expected shape (4,), got (1, 4)" in " ".join(str(certificate).split())


def test_both_in_one_method_that_stores_nothing() -> None:
    class Both(Line):
        def both(self, x, t):
            return self.loss(x, t), self.row(x, t)[0]

    both = Both()
    assert loss(both.both, None, {"w": both.w}, DATA).verdict is AGREE
    assert network(both, X, np.ones(5), loss="both").parameters == ("w (returned)",)


COUNT = 0


def test_variables_that_are_bound_anew_are_put_back() -> None:
    seen = 0

    def counting(w):
        global COUNT
        nonlocal seen
        COUNT, seen = COUNT + 1, seen + 1
        return np.sum(w**2)

    assert loss(counting, lambda w: 2 * w, {"w": N(3)}).verdict is AGREE
    assert COUNT == seen == 0


# -- networks ---------------------------------------------------------------------------------


class Predicts:
    def __init__(self):
        self.W = N((4, 3))

    def forward(self, x):
        self.x = x
        return x @ self.W

    def fit(self, x, t):
        self.dW = 2 * x.T @ (x @ self.W - t) / t.size

    def strange(self, a, b, c):
        return a + b + c

    def upstream(self, grad_output):
        return grad_output


class Silent:
    def run(self, x):
        return x


def mean_square(y, t):
    return np.mean((y - t) ** 2)


def test_a_network_without_a_loss_is_given_one() -> None:
    net = Predicts()
    assert network(net, X, N((5, 3)), loss=mean_square, gradient="fit").verdict is AGREE
    cases = (
        ({"gradient": "fit"}, "Predicts.forward returned ndarray of shape .* which is no loss"),
        ({"loss": mean_square}, 'gradient="name" says which one is its gradient'),
        ({"loss": "strange"}, "strange.a, b, c. takes arguments that nothing tells for 2 data"),
        ({"loss": mean_square, "gradient": "upstream"}, "takes an upstream gradient, grad_output"),
    )
    for options, says in cases:
        with pytest.raises(TypeError, match=says):
            network(net, X, N((5, 3)), **options)
    with pytest.raises(TypeError, match='Silent has the methods run; loss="name" says'):
        network(Silent(), X)


def test_a_network_may_update_itself() -> None:
    class Trains(Line):
        def backward(self, x, t, lr=0.1):
            self.w -= self.factor * lr * 2 * x.T @ (x @ self.w - t) / len(x)

    net = Trains()
    before = net.w.copy()
    right = network(net, X, np.ones(5))
    assert right.verdict is AGREE
    assert right.parameters == ("w (old − new)",)
    assert np.array_equal(net.w, before)
    net.factor = 0.5
    assert network(net, X, np.ones(5)).verdict is DISAGREE


def test_a_network_without_parameters_is_refused() -> None:
    class Constant:
        def loss(self, x):
            return np.sum(x)

        def gradient(self, x):
            return x

    with pytest.raises(ValueError, match="no parameter with a gradient is found in Constant"):
        network(Constant(), X)


def test_a_network_that_fails_says_so() -> None:
    class Fails(TwoLayerNet):
        def loss(self, x, t):
            return super().loss(x, t[:, :2])

    with pytest.raises(ValueError, match="broadcast") as raised:
        network(Fails(), X, T)
    assert "Fails.loss" in raised.value.__notes__[0]
