"""What would lose a gradient is refused, and the line is named."""

from __future__ import annotations

import builtins
import inspect
import math
import re
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special

from crosscheck.tracing import LostGradientError, value_and_grad
from tests.tracing import refused


@pytest.mark.filterwarnings("ignore:Arrays of 2-dimensional vectors:DeprecationWarning")
@pytest.mark.parametrize("loss", refused.REFUSED, ids=lambda f: f.__name__)
def test_the_line_is_named(loss: Callable[..., Any]) -> None:
    refused.CACHE.clear()
    w = np.array([0.5, 0.7, 0.6])
    culprit = refused.outside if loss is refused.by_helper else loss
    lines, start = inspect.getsourcelines(culprit)
    offset = next(k for k, line in enumerate(lines) if "# lost" in line)

    with pytest.raises(LostGradientError) as refusal:
        value_and_grad(loss, "torch")({"w": w}, {})

    assert f"{refused.__file__}:{start + offset}: {lines[offset].strip()}" in str(refusal.value)


@pytest.mark.parametrize(
    ("loss", "name"),
    [
        (refused.unsupported_function, "np.histogram is not supported"),
        (
            refused.unsupported_argument,
            "np.quantile with a, q, method='inverted_cdf', weights is not supported",
        ),
        (refused.another_distribution, "scipy.stats.crystalball.logpdf is not supported"),
        (refused.method_without_a_form, "scipy.stats.t.cdf is not supported"),
        (refused.signed_logsumexp, "scipy.special.logsumexp with a, return_sign is not supported"),
        (refused.unsupported_ufunc, "np.spacing is not supported"),
        (refused.transformed, "np.fft.hfft is not supported"),
        (refused.complex_eigenvalues, "np.linalg.eigvals is not supported"),
        (refused.bytes_out, ".tobytes of an array is not supported"),
        (lambda w: w.resize(2), ".resize of an array is not supported"),
        (refused.writing_function, "np.nan_to_num writes"),
        (refused.overlapping_writer, "np.fill_diagonal reads"),
        (lambda w: np.sum(special.jv(0, w)), "scipy.special.jv is not supported"),
        (lambda w: np.sum(special.diric(w, 3)), "is made by scipy.special.diric"),
        (lambda w: np.sum(np.random.normal(w)), "np.random.normal(w)"),
    ],
)
def test_the_function_is_named_as_the_user_writes_it(loss: Callable[..., Any], name: str) -> None:
    with pytest.raises(LostGradientError, match=re.escape(name)):
        value_and_grad(loss, "torch")({"w": np.array([0.5, 0.7, 0.6])}, {})


def test_only_the_guilty_line_is_named() -> None:
    def loss(w: Any) -> Any:
        print(builtins.float(w[1]), statistics.median([w[0], 1.0]))
        return w[0] * statistics.fmean(w)

    with pytest.raises(LostGradientError, match=r"statistics\.fmean") as refusal:
        value_and_grad(loss, "torch")({"w": np.array([0.5, 0.7])}, {})
    assert "builtins.float" not in str(refusal.value)


def test_several_guilty_lines_are_named() -> None:
    def loss(w: Any) -> Any:
        first = statistics.fmean(w[:1])
        second = 2.0 * builtins.float(w[1])
        return w[0] * first * second

    with pytest.raises(LostGradientError, match=r"statistics\.fmean(.|\n)*builtins\.float"):
        value_and_grad(loss, "torch")({"w": np.array([0.5, 0.7])}, {})


def test_harmless_numbers_are_proven_harmless() -> None:
    history = np.zeros(2)

    def loss(w: Any) -> Any:
        total = np.sum(w**2)
        history[0] = total
        plot = statistics.fmean(w) + np.asarray(total) + math.log(total)
        print(plot, math.isnan(total), math.floor(total), math.ceil(total), math.trunc(total))
        assert math.isfinite(total)
        assert total.tolist() == total.item() == float(total) != float(w[0])
        return total

    value, gradients = value_and_grad(loss, "torch")({"w": np.array([0.5, 0.7])}, {})

    np.testing.assert_allclose(gradients["w"], [1.0, 1.4])
    assert value == pytest.approx(0.74)


def test_the_random_state_is_as_after_one_run() -> None:
    rng = np.random.default_rng(3)
    old = np.random.RandomState(3)

    def loss(w: Any) -> Any:
        noise = np.random.normal() + rng.normal() + old.normal()
        print(float(w[0]))
        return np.sum(w) * noise

    np.random.seed(5)
    expected = loss(np.ones(2)), np.random.normal(), rng.normal(), old.normal()

    np.random.seed(5)
    rng.bit_generator.state = np.random.default_rng(3).bit_generator.state
    old.seed(3)
    value, _ = value_and_grad(loss, "torch")({"w": np.ones(2)}, {})

    assert (value, np.random.normal(), rng.normal(), old.normal()) == expected


@pytest.mark.parametrize(
    ("loss", "params", "error", "message"),
    [
        (lambda w: w, {"w": np.ones(2)}, ValueError, r"returned shape \(2,\)"),
        (lambda w: "x", {"w": 1.0}, TypeError, "returned 'x'"),
        (lambda w: w.argmax(), {"w": np.ones(2)}, TypeError, "expected float"),
        (lambda w: w, {"w": np.array([1])}, TypeError, "parameter 'w' .* int64"),
        (lambda w: w[5], {"w": np.ones(2)}, IndexError, "out of bounds"),
        (lambda w: w.nothing, {"w": np.ones(2)}, AttributeError, "nothing"),
        (lambda w: float(w), {"w": np.ones(2)}, TypeError, "only"),
        (lambda w: iter(w[0]), {"w": np.ones(2)}, TypeError, "iter"),
        (lambda w: [1, 2][w[0]], {"w": np.ones(2)}, TypeError, "integer|index"),
        (lambda w: hash(w), {"w": np.ones(2)}, TypeError, "unhashable"),
        (lambda w: w[0].__setitem__(0, 1), {"w": np.ones(2)}, TypeError, "item assignment"),
        (
            lambda w: np.broadcast_to(w, (2, 2)).__setitem__(0, w),
            {"w": np.ones(2)},
            ValueError,
            "read-only",
        ),
        (lambda w: np.add(w, w, out=np.zeros(2, int)), {"w": np.ones(2)}, TypeError, "cast"),
        (lambda w: bool(w), {"w": np.ones(2)}, ValueError, "ambiguous"),
    ],
)
def test_errors_of_the_reader(loss: Any, params: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        value_and_grad(loss, "torch")(params, {})


def test_unknown_framework() -> None:
    with pytest.raises(ValueError, match="'torch', 'jax'"):
        value_and_grad(refused.by_statistics, "tensorflow")
