"""What must not come in does not: the error names the argument, the value and the cure."""

from __future__ import annotations

import inspect
import re
from typing import Any

import numpy as np
import pytest

from reference import sgd
from reference.checks import checked
from reference.numerical_gradient import central_difference
from tests.conftest import example

ROUND = "is int64, and an update in place would truncate .*dtype=float"
# example, argument, value passed, error, message
BAD: list[tuple[str, str, Any, type[Exception], str]] = [
    ("square", "x", [1.0, 2.0], ValueError, r"x has .* pass x with 0 dimensions$"),
    ("square", "x", [3.0], ValueError, r"x has .* expected \(\); pass x.reshape\(\(\)\)"),
    ("square", "x", 3, TypeError, f"x {ROUND}"),
    ("square", "x", True, TypeError, "x is bool, and an update in place would truncate"),
    ("chain_rule", "x", np.nan, ValueError, "x is nan; every entry must be finite"),
    ("numerical_gradient", "x", "3", TypeError, "x is <U1, not numbers; pass an array of floats"),
    ("numerical_gradient", "x", None, TypeError, "x is object, not numbers"),
    ("sigmoid_neuron", "W", [1, 2], TypeError, f"W {ROUND}"),
    ("sigmoid_neuron", "W", [0.2, 0.4j], TypeError, r"W is complex \(complex128\); pass .*W\.real"),
    ("sigmoid_neuron", "W", [0.2, np.inf], ValueError, r"W\[1\] is inf; every entry must"),
    ("sigmoid_neuron", "X", [[0.5], [0.8]], ValueError, r"X has .* n = 2 .* X.reshape\(2\)"),
    ("sigmoid_neuron", "X", [1.0, 2.0, 3.0], ValueError, r"X .* 1 dimension of these lengths$"),
    ("sigmoid_neuron", "X", [1.0], ValueError, "X .* dimension of these"),
    ("sigmoid_neuron", "X", [0.5, np.nan, np.inf], ValueError, r"X\[1\] is nan"),
    ("sigmoid_neuron", "X", [[1.0], [1.0, 2.0]], ValueError, "X is not an array: .*same length"),
    ("sigmoid_neuron", "y", [1], ValueError, r"y has shape \(1,\).*pass y.reshape\(\(\)\)"),
    ("relu_network", "b1", [[0.1], [0.2]], ValueError, r"b1 has shape \(2, 1\), expected \(h,\)"),
    ("relu_network", "W2", [[0.5, 0.6]], ValueError, r"W2 has .* expected \(h, m\), where h = 2 "),
    ("relu_network", "W1", [0.2, 0.4], ValueError, r"W1 .* expected \(n, h\); .* 2 dimensions$"),
    ("relu_network", "y", [[1.0]], ValueError, r"y has shape \(1, 1\), expected \(m,\) = \(1,\)"),
    ("relu_network", "X", [[0.5, np.nan]], ValueError, r"X\[0, 1\] is nan"),
    ("guess_number", "target", 1j, TypeError, "target is complex"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "argument", "value", "error", "message"), BAD)
def test_bad_input(
    name: str, argument: str, value: Any, error: type[Exception], message: str
) -> None:
    module = example(name)
    with pytest.raises(error, match=f"^forward: {message}"):
        module.forward(**{**module.PARAMS, **module.DATA, argument: value})


def test_a_missing_argument_is_named() -> None:
    with pytest.raises(TypeError, match="missing a required argument: 'X'"):
        example("sigmoid_neuron").forward(W=[0.1])


@pytest.mark.parametrize("y", [np.array([1]), [True], np.array([1], dtype=np.uint8)])
def test_counts_and_flags_are_data(y: Any) -> None:
    module = example("relu_network")
    _, (_, target, *_) = module.forward(**module.PARAMS, X=[0.5, 0.8], y=y)
    assert target.dtype == np.float64


def test_integer_data_take_the_dtype_of_the_parameters() -> None:
    module = example("relu_network")
    params = {name: array.astype(np.float32) for name, array in module.PARAMS.items()}
    loss, _ = module.forward(**params, X=np.array([1, 2]), y=np.array([1]))
    assert loss.dtype == np.float32


def test_what_is_not_named_passes_through() -> None:
    @checked(params={"x": "..."}, data={"h": ""})
    def function(tag: str, x: Any, h: float = 0.5) -> tuple[str, Any, float]:
        return tag, x, h

    tag, x, h = function("tag", [[1.0]])
    assert (tag, x.shape, h) == ("tag", (1, 1), 0.5)
    assert function("tag", 1.0, h=2)[2] == 2.0
    assert inspect.unwrap(function) is not function


def test_a_letter_is_the_same_length_everywhere() -> None:
    @checked(params={"A": "n n"})
    def trace(A: Any) -> Any:
        return np.trace(A)

    assert trace(np.eye(3)) == 3
    with pytest.raises(ValueError, match=r"A has shape \(2, 3\), expected \(n, n\)"):
        trace(np.ones((2, 3)))


def test_a_gradient_must_be_there() -> None:
    with pytest.raises(ValueError, match=r"grads has no 'w', only \['W'\]"):
        sgd.step({"w": np.ones(2)}, {"W": np.ones(2)}, 0.1, ("w",))


@pytest.mark.parametrize("shape", [(2, 1), (), (1,)])
def test_a_gradient_has_the_shape_of_its_parameter(shape: tuple[int, ...]) -> None:
    message = re.escape(f"grads['w'] has shape {shape} and its parameter (2,); a gradient has")
    with pytest.raises(ValueError, match=message):
        sgd.step({"w": np.ones(2)}, {"w": np.ones(shape)}, 0.1, ("w",))


def test_a_descent_takes_no_negative_number_of_steps() -> None:
    def never(*_: Any) -> Any:
        raise AssertionError

    assert list(sgd.descent(never, {}, {}, 0)) == []
    with pytest.raises(ValueError, match="steps is -1; a descent takes 0 steps or more"):
        list(sgd.descent(never, {}, {}, -1))


def test_a_central_difference_takes_any_shape_and_spares_it() -> None:
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    x.flags.writeable = False
    grad = central_difference(lambda x: np.sum(x**3), x)
    assert grad.dtype == np.float64
    np.testing.assert_allclose(grad, 3 * np.float64(x) ** 2, atol=1e-9)


def test_the_step_of_a_central_difference_is_its_argument() -> None:
    assert central_difference(lambda x: x**3, 1.0, h=0.5) == pytest.approx(3 + 0.5**2)


@pytest.mark.parametrize(
    ("f", "x", "h", "message"),
    [
        (lambda x: x, [1.0, 2.0], 1e-5, r"f returns shape \(2,\), expected \(\); return a scalar"),
        (lambda x: x, 1e12, 1e-5, r"h = 1e-05 does not move x = 1000000000000.0; pass a larger h"),
        (lambda x: x, 3.0, 0.0, "h = 0.0 does not move x = 3.0"),
        (lambda x: x, 3.0, -1e-5, "h = -1e-05 does not move x = 3.0"),
        (lambda x: x, 2.0**53, 1.0, "h = 1.0 does not move x"),  # down it would, up it does not
        (lambda x: x, np.nan, 1e-5, "x is nan"),
        (lambda x: x, 3.0, [1e-5, 1e-5], r"h has shape \(2,\), expected \(\)"),
    ],
)
def test_a_central_difference_refuses(f: Any, x: Any, h: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        central_difference(f, x, h)
