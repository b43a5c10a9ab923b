"""Mistakes planted in the gradients of losses, and in gradients as a whole."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest

from crosscheck import certify
from crosscheck.diagnosis import Observation, PointData
from crosscheck.diagnosis.hypotheses.numerical import numerical
from crosscheck.tracing import record
from tests.diagnosis.test_mistakes import Planted, diagnosis_of, gradient_with

Array = Any
RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((6, 3)), RNG.standard_normal((6, 2))
PARAMS = {"W": RNG.standard_normal((3, 2)), "b": RNG.standard_normal(2)}


class Binary:
    """A sigmoid and its cross-entropy, with an ε in both logarithms."""

    shapes: ClassVar = {"w": (3,)}
    data: ClassVar = {"X": (6, 3), "y": "bits of 6"}

    @staticmethod
    def loss(w: Array, X: Array, y: Array) -> Any:
        p = 1 / (1 + np.exp(-X @ w))
        return -np.mean(y * np.log(p + 1e-3) + (1 - y) * np.log(1 - p + 1e-3))

    @staticmethod
    def gradient(w: Array, X: Array, y: Array) -> Any:
        p = 1 / (1 + np.exp(-X @ w))
        dp = (1 - y) / (1 - p + 1e-3) - y / (p + 1e-3)
        dz = dp * p * (1 - p)
        return {"w": X.T @ dz / len(y)}


class Smoothed:
    """A softmax and its cross-entropy with smoothed targets."""

    shapes: ClassVar = {"W": (3, 4)}
    data: ClassVar = {"X": (5, 3), "Y": "classes of 4 for 5"}

    @staticmethod
    def loss(W: Array, X: Array, Y: Array) -> Any:
        z = X @ W
        z = z - z.max(axis=1, keepdims=True)
        logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        return -np.sum((0.9 * Y + 0.025) * logp) / 5

    @staticmethod
    def gradient(W: Array, X: Array, Y: Array) -> Any:
        p = np.exp(X @ W)
        p /= p.sum(axis=1, keepdims=True)
        return {"W": X.T @ (p - (0.9 * Y + 0.025)) / 5}


class Quadratic:
    """A square matrix and a residual."""

    shapes: ClassVar = {"A": (4, 4)}
    data: ClassVar = {"X": (5, 4), "T": (5, 4)}

    @staticmethod
    def loss(A: Array, X: Array, T: Array) -> Any:
        r = X @ A - T
        return 0.5 * np.sum(r * r)

    @staticmethod
    def gradient(A: Array, X: Array, T: Array) -> Any:
        g = X.T @ (X @ A - T)
        return {"A": g}


G = '"A": g'
MISTAKES = (
    Planted(Binary, "dz = dp * p * (1 - p)", "dz = p - y", "without ε, 0.001, at all", "p + 1e-3"),
    Planted(Binary, "1e-3", "0", "without ε, 0.001, at all", "p + 1e-3"),
    Planted(Smoothed, "(0.9 * Y + 0.025)", "Y", "without label smoothing", "logp ="),
    Planted(Smoothed, "0.9 * Y + 0.025", "Y > 0.5", "without label smoothing", "logp ="),
    Planted(
        Smoothed, "0.9 * Y", "0.9 * np.roll(Y, 1, 0)", "softmax: targets shifted by 1", "logp ="
    ),
    Planted(Smoothed, "0.9 * Y", "0.9 * Y[[4, 0, 1, 2, 3]]", "targets shifted by 1", "logp ="),
    Planted(Quadratic, "- T)", "- T[[4, 0, 1, 2, 3]])", "shifted by 1 along axis 0", "X @ A - T"),
    Planted(Quadratic, "- T)", "- np.roll(T, -1, 0))", "shifted by -1 along axis 0", "X @ A - T"),
    Planted(Quadratic, G, '"A": np.diag(np.diag(g))', "the diagonal alone"),
    Planted(Quadratic, G, '"A": g * np.eye(4)', "the diagonal alone"),
    Planted(Quadratic, G, '"A": g - g * np.eye(4)', "the diagonal set to zero"),
    Planted(Quadratic, G, '"A": np.tril(g)', "the lower triangle alone"),
    Planted(Quadratic, G, '"A": np.triu(g)', "the upper triangle alone"),
    Planted(Quadratic, G, '"A": (g + g.T) / 2', "symmetrised"),
    Planted(Quadratic, G, '"A": g + g.T', "its transpose added, as for"),
    Planted(Quadratic, G, '"A": g + g.T - g * np.eye(4)', "added but for the diagonal"),
    Planted(Quadratic, G, '"A": g * A', "derivative with respect to its logarithm"),
    Planted(Quadratic, G, '"A": A * g', "derivative with respect to its logarithm"),
    Planted(Quadratic, G, '"A": g / A', "derivative with respect to its exponential"),
)


@pytest.mark.parametrize("planted", MISTAKES, ids=lambda p: f"{p.network.__name__}: {p.wrong}")
def test_a_mistake_has_a_name(planted: Planted) -> None:
    found = diagnosis_of(planted.network, gradient_with(planted))
    assert found is not None
    assert found.is_named, str(found)
    ((cause,),) = found.explanations
    assert planted.name in cause.sentence
    assert (
        planted.line in (cause.places[0].text if cause.places else "") or planted.line == "logp ="
    )


@pytest.mark.parametrize(
    ("network", "right", "wrong", "name"),
    [
        (Binary, "p + 1e-3)", "p + 2e-3)", "without ε"),
        (Smoothed, "0.9 * Y + 0.025", "0.95 * Y + 0.025", "smoothing"),
        (Quadratic, "- T)", "- 1.1 * T[[4, 0, 1, 2, 3]])", "shifted"),
        (Quadratic, G, '"A": g * A + 0.01', "logarithm"),
        (Quadratic, G, '"A": np.tril(g) + 0.01 * g', "triangle"),
    ],
)
def test_a_neighbour_of_a_mistake_has_not_its_name(
    network: Any, right: str, wrong: str, name: str
) -> None:
    found = diagnosis_of(network, gradient_with(Planted(network, right, wrong, "")))
    assert found is not None
    assert name not in " ".join(cause.sentence for e in found.explanations for cause in e)


def loss(W: Array, b: Array) -> Any:
    return np.mean((np.tanh(X @ W + b) - Y) ** 2)


def gradient(W: Array, b: Array) -> dict[str, Array]:
    a = np.tanh(X @ W + b)
    dz = 2 * (a - Y) / Y.size * (1 - a * a)
    return {"W": X.T @ dz, "b": dz.sum(axis=0)}


def quotient(step: float, *, is_central: bool) -> Any:
    """Return a gradient by finite differences."""

    def differences(**params: Array) -> dict[str, Array]:
        grads = {name: np.zeros_like(p) for name, p in params.items()}
        for name, p in params.items():
            for index in np.ndindex(p.shape):
                up, down = p.copy(), p.copy()
                up[index] += step
                down[index] -= step if is_central else 0
                rise = loss(**{**params, name: up}) - loss(**{**params, name: down})
                grads[name][index] = rise / (2 * step if is_central else step)
        return grads

    return differences


def sentences(of: Any) -> list[str]:
    found = certify(loss, of, PARAMS, oracles=("torch",)).diagnosis
    assert found is not None
    return [cause.sentence for e in found.explanations for cause in e]


@pytest.mark.parametrize(
    ("step", "is_central", "name"),
    [
        (1e-2, True, "central"),
        (1e-4, True, "central"),
        (1e-2, False, "forward"),
        (1e-5, False, "forward"),
    ],
)
def test_a_difference_quotient_is_named_with_its_step(
    step: float, is_central: Any, name: str
) -> None:
    said = f"looks like a finite difference of the loss ({name}), with a step of {step:.0e}"
    assert sentences(quotient(step, is_central=is_central)) == [said]


def test_a_backward_difference_is_named() -> None:
    assert "(backward)" in sentences(quotient(-1e-4, is_central=False))[0]


def test_what_no_step_tells_from_the_derivative_is_no_difference_quotient() -> None:
    data = PointData(record(loss, PARAMS, {}))
    actual = {name: g * (1 + 1e-9) for name, g in gradient(**PARAMS).items()}
    assert numerical([Observation(data, actual)], 0) == ""


def test_a_small_error_is_no_difference_quotient() -> None:
    def off(**params: Array) -> dict[str, Array]:
        return {n: g * (1 + 1e-4 * np.tanh(g)) for n, g in gradient(**params).items()}

    assert sentences(off) == []


@pytest.mark.parametrize("is_joint", [True, False])
def test_clipping_by_norm_is_named(is_joint: Any) -> None:
    def clipped(**params: Array) -> dict[str, Array]:
        grads = gradient(**params)
        joint = np.sqrt(sum(np.sum(g * g) for g in grads.values()))
        lengths = {n: joint if is_joint else np.linalg.norm(g) for n, g in grads.items()}
        return {n: g * min(1, 0.1 / lengths[n]) for n, g in grads.items()}

    (said,) = sentences(clipped)
    assert "shortened to one length" in said


def test_clipping_by_value_is_named_though_each_gradient_is_small() -> None:
    (said,) = sentences(lambda **p: {n: np.clip(g, -0.05, 0.05) for n, g in gradient(**p).items()})
    assert said == "clipped"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda g, p: g * min(1, 0.1 / np.linalg.norm(g)) * (1 + 0.1 * np.tanh(p.flat[0])),
        lambda g, p: g / (1 + np.linalg.norm(g)),
    ],
)
def test_another_length_at_every_point_is_no_clipping(spoil: Any) -> None:
    found = sentences(lambda **p: {n: spoil(g, p[n]) for n, g in gradient(**p).items()})
    assert not any("length" in said for said in found)
