"""What cannot be judged is refused in words: what is wrong, where, and the cure."""

from __future__ import annotations

import statistics
from typing import Any

import numpy as np
import pytest

from crosscheck import certify, certify_layer
from crosscheck.core.verdict import Verdict
from crosscheck.tracing import LostGradientError
from tests.conftest import flowing

# ruff: noqa: ARG005 - functions that ignore what they are called with


def square(w: Any) -> Any:
    return np.sum(w**2)


def double(w: Any) -> Any:
    return 2 * w


ONE = {"w": np.ones(2)}


@pytest.mark.parametrize(
    ("arguments", "options", "error", "says"),
    [
        ((square, double, {}), {}, ValueError, "params is empty"),
        (
            (square, double, {"w": np.array([1, 2])}),
            {},
            TypeError,
            "params: w is int64; a gradient",
        ),
        ((square, double, {"w": [1.0, np.nan]}), {}, ValueError, r"params: w\[1\] is not finite"),
        ((square, double, {"w": np.array([[1.0, np.inf]])}), {}, ValueError, r"w\[0, 1\] is not"),
        ((square, double, {"w": np.ones(2, dtype=object)}), {}, TypeError, "params: w is object"),
        ((square, double, ONE), {"points": 3}, ValueError, "points is 3; pass 8 or more"),
        ((square, double, ONE), {"seed": -1}, ValueError, "seed is -1; a seed is 0 or more"),
        ((square, double, ONE), {"oracles": ["tf"]}, ValueError, r"oracles is \['tf'\]; pass one"),
        ((square, double, ONE), {"oracles": []}, ValueError, r"oracles is \[\]; pass one or more"),
        ((square, double, ONE), {"zero": ["v"]}, ValueError, r"zero names \['v'\]; the parameters"),
        ((double, double, ONE), {}, ValueError, r"double returned float64 of shape \(2,\); a loss"),
        ((lambda w: w[0] / 0, double, {"w": np.ones(2)}), {}, ValueError, "is inf at params"),
        ((square, lambda w: {"v": w}, ONE), {}, ValueError, r"no gradient for \['w'\] and unknown"),
        ((square, lambda w: [w, w], ONE), {}, TypeError, "returned list of 2; expected a mapping"),
        ((square, lambda w: None, ONE), {}, TypeError, "returned None for w, which is obj"),
        ((square, lambda w: {"w": None}, ONE), {}, TypeError, "returned None for w, which is obj"),
        (
            (square, lambda w: np.full(w.shape, None), ONE),
            {},
            TypeError,
            "which is object; return np.as",
        ),
        ((lambda w: None, double, ONE), {}, ValueError, "returned None; a loss is one float"),
        ((lambda w: 3, double, ONE), {}, ValueError, "returned 3; a loss is one float"),
        ((3, double, ONE), {}, TypeError, "loss is 3; pass a function"),
        ((square, np.ones(1), ONE), {}, TypeError, r"gradient is array\(\[1.\]\); pass a function"),
        ((square, double, np.ones(1)), {}, TypeError, r"params is array\(\[1.\]\); pass a mapping"),
        ((square, double, {0: np.ones(1)}), {}, TypeError, "params is {0: array.*pass a mapping"),
        ((square, double, ONE, [1]), {}, TypeError, r"data is \[1\]; pass a mapping by the names"),
        ((square, double, ONE, ONE), {}, ValueError, r"params and data both have \['w'\]"),
        (
            (square, double, ONE),
            {"rebuilt": {"torch": lambda w: (w.float() ** 2).sum()}},
            TypeError,
            "rebuilt: loss came back as float32 of shape",
        ),
        (
            (square, double, ONE),
            {"rebuilt": {"jax": lambda w: (w.astype("float32") ** 2).sum()}},
            TypeError,
            "rebuilt: loss came back as float32 of shape",
        ),
        ((square, double, ONE), {"rebuilt": {"torch": lambda w: w**2}}, TypeError, "loss is a ten"),
        ((square, double, ONE), {"rebuilt": {"torch": lambda w: 3.0}}, TypeError, "returned 3.0"),
        (
            (square, double, ONE),
            {"rebuilt": {"torch": lambda w: (w.detach() ** 2).sum()}},
            TypeError,
            "that depends on its parameters",
        ),
        ((square, double, ONE, {"x": 1}), {}, TypeError, "unexpected keyword argument 'x'"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_bad_input_is_refused_in_words(
    arguments: Any, options: Any, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        certify(*arguments, **options)


def test_the_readers_own_error_comes_through_with_a_note() -> None:
    def broken(w: Any) -> Any:
        return w @ np.ones(5)

    with pytest.raises(ValueError, match="matmul") as raised:
        certify(broken, double, ONE)
    assert "raised by" in raised.value.__notes__[0]
    assert "{'w': (2,)}" in raised.value.__notes__[0]


def test_a_line_that_would_lose_the_gradient_is_refused() -> None:
    def lossy(w: Any) -> Any:
        return np.sum(np.exp(statistics.fmean(w)) * w)

    with pytest.raises(LostGradientError, match=r"test_bad_calls\.py:\d+"):
        certify(lossy, double, ONE)


def test_a_wrong_shape_disagrees() -> None:
    certificate = certify(square, lambda w: 2 * w[:, None], ONE)
    assert "expected shape (2,), got (2, 1)" in flowing(certificate)
    assert certificate.verdict is Verdict.DISAGREE


def affine(x: Any, w: Any) -> Any:
    return x @ w, (x, w)


def affine_back(dout: Any, cache: Any) -> Any:
    return dout @ cache[1].T, cache[0].T @ dout


X, W = np.ones((2, 3)), np.ones((3, 4))


@pytest.mark.parametrize(
    ("arguments", "options", "error", "says"),
    [
        (
            (affine, affine_back, ([1, 2], np.arange(3))),
            {},
            ValueError,
            "none of .* is a float arr",
        ),
        (
            (affine, affine_back, (X, W)),
            {"outputs": 4},
            ValueError,
            "affine returned 2 outputs, exp",
        ),
        ((affine, affine_back, (X, W)), {"outputs": 0}, ValueError, "outputs is 0; a layer has 1"),
        ((affine, affine_back, X), {}, TypeError, "inputs is ndarray; pass a list of affine's arg"),
        ((affine, 3, (X, W)), {}, TypeError, "backward is 3; pass a function"),
        ((affine, affine_back, (X, W)), {"configurations": [(X,)]}, ValueError, "one of 1 inputs"),
        ((lambda x, w: None, affine_back, (X, W)), {}, TypeError, "returned None as an output"),
        ((lambda x, w: [x, w], affine_back, (X, W)), {}, TypeError, "Several come in a tuple"),
        (
            (affine, lambda d, c: (d,), (X, W)),
            {},
            TypeError,
            "returned tuple of 1; expected a mapp",
        ),
    ],
)
def test_a_bad_layer_is_refused_in_words(
    arguments: Any, options: Any, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        certify_layer(*arguments, **options)


@pytest.mark.parametrize(
    ("forward", "backward", "shapes"),
    [
        (lambda x, w: affine(x, w.T), affine_back, "{'[0]': (2, 3), '[1]': (3, 4)}"),
        (affine, lambda dout, cache: cache["x"], "{'[0]': (2, 4), '[1][0]': (2, 3)"),
    ],
)
def test_a_layers_own_error_says_which_pass_it_was(
    forward: Any, backward: Any, shapes: str
) -> None:
    with pytest.raises((ValueError, TypeError)) as raised:
        certify_layer(forward, backward, (X, W))
    (note,) = raised.value.__notes__
    assert "raised by <lambda>, called with arrays of shapes " + shapes in note
