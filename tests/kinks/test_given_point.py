"""The given point on a kink: every convention is found right and named, a wrong slope is not."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from crosscheck import certify, certify_layer
from crosscheck.core.verdict import Verdict
from crosscheck.kinks.wording import CONVENTION
from crosscheck.tracing import value_and_grad
from tests.missing import without

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck import Finding

AGREE, DISAGREE, INCONCLUSIVE = Verdict.AGREE, Verdict.DISAGREE, Verdict.INCONCLUSIVE
X = (0.0, 1.0, -2.0, 0.0, 3.0)


def found(loss: Any, actual: Any, x: Any = X, **options: Any) -> Finding:
    """Return the finding on the gradient of x."""
    with np.errstate(all="ignore"):
        certificate = certify(loss, actual, {"x": np.array(x)}, **options)
    return certificate.findings[1]


def step(slope: float) -> Callable[[Any], Any]:
    """Return relu' with this slope at 0."""
    return lambda x: np.where(x > 0, 1.0, np.where(x == 0, slope, 0.0))


def masked(x: Any) -> Any:
    x = x.copy()
    x[x < 0] = 0
    return np.sum(x)


def branching(x: Any) -> Any:
    return sum(v if v > 0 else 0.0 * v for v in x)


RELUS: dict[str, Callable[[Any], Any]] = {
    "maximum": lambda x: np.sum(np.maximum(x, 0)),
    "maximum, turned": lambda x: np.sum(np.maximum(0, x)),
    "minimum": lambda x: -np.sum(np.minimum(-x, 0)),
    "fmax": lambda x: np.sum(np.fmax(x, 0)),
    "clip": lambda x: np.sum(np.clip(x, 0, None)),
    "abs": lambda x: np.sum(np.abs(x) + x) / 2,
    "sign": lambda x: np.sum(x * np.sign(x) + x) / 2,
    "heaviside": lambda x: np.sum(x * np.heaviside(x, 0.5)),
    "where": lambda x: np.sum(np.where(x > 0, x, 0)),
    "where, turned": lambda x: np.sum(np.where(x <= 0, 0, x)),
    "times its condition": lambda x: np.sum(x * (x >= 0)),
    "less": lambda x: np.sum(x * (0 < x)),  # noqa: SIM300  # the other side
    "float32 inside": lambda x: np.sum(np.maximum(x.astype("f4"), 0).astype(float)),
    "max over pairs": lambda x: np.sum(np.max(np.stack([x, 0 * x]), axis=0)),
}


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("loss", RELUS.values(), ids=RELUS)
def test_every_convention_of_a_relu_agrees(loss: Any, slope: float) -> None:
    assert found(loss, step(slope)).verdict is AGREE


@pytest.mark.parametrize("loss", [masked, branching])
@pytest.mark.parametrize("slope", [0.0, 1.0])
def test_a_branch_of_the_code_has_two_sides(loss: Any, slope: float) -> None:
    assert found(loss, step(slope)).verdict is AGREE


@pytest.mark.parametrize("slope", [-1.0, 1.5, 3.0])
@pytest.mark.parametrize("loss", [*RELUS.values(), masked, branching])
def test_a_slope_beyond_both_sides_never_agrees(loss: Any, slope: float) -> None:
    finding = found(loss, step(slope))
    assert finding.verdict is INCONCLUSIVE
    assert "lies on a kink; no slope there reproduces it" in finding.reason
    assert found(loss, step(1000.0)).verdict is DISAGREE


LEAK = 0.125
OTHERS: dict[str, tuple[Any, Any, Any, tuple[float, ...], tuple[float, ...]]] = {
    # the loss, its gradient with a slope, where; slopes that are right, slopes that are wrong
    "abs": (
        lambda x: np.sum(np.abs(x)),
        lambda x, s: np.where(x == 0, s, np.sign(x)),
        X,
        (-1.0, 0.0, 1.0, 0.3),
        (-2.0, 1.5),
    ),
    "leaky": (
        lambda x: np.sum(np.where(x > 0, x, LEAK * x)),
        lambda x, s: np.where(x == 0, s, np.where(x > 0, 1.0, LEAK)),
        X,
        (LEAK, 1.0, (1 + LEAK) / 2, 0.5),
        (0.0, 1 + LEAK),
    ),
    "leaky by its mask": (
        lambda x: np.sum(x * (x > 0) + LEAK * x * (1.0 - (x > 0))),
        lambda x, s: np.where(x == 0, s, np.where(x > 0, 1.0, LEAK)),
        X,
        (LEAK, 1.0, 0.5),
        (0.0, 1 + LEAK),
    ),
    "hardtanh": (
        lambda x: np.sum(np.clip(x, -1, 1)),
        lambda x, s: np.where(np.abs(x) == 1, s, np.abs(x) < 1),
        (1.0, -1.0, 0.5, 2.0),
        (0.0, 0.5, 1.0),
        (-1.0, 2.0),
    ),
    "norm": (
        lambda x: np.linalg.norm(x),  # noqa: PLW0108  # traced by its name
        lambda x, s: x / np.linalg.norm(x) if x.any() else s + x,
        (0.0, 0.0),
        (0.0,),
        (1.0, np.nan),
    ),
    "std": (
        lambda x: np.std(x),  # noqa: PLW0108  # its argument is called a
        lambda x, s: (x - x.mean()) / (len(x) * np.std(x)) if np.ptp(x) else s + 0 * x,
        (2.0, 2.0, 2.0),
        (0.0,),
        (1.0,),
    ),
    "where(x > 0, sqrt(x), 0)": (
        lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0)),
        lambda x, s: np.where(x > 0, 0.5 / np.sqrt(x), s),
        (0.0, 1.0, 4.0, 9.0),
        (0.0, 1.0),
        (-1.0,),
    ),
    "rounding beside the kink": (
        lambda x: np.sum(np.maximum(x[:2] + x[2:4] - x[4:], 0)),
        lambda x, s: np.tile(
            np.where(np.abs(z := x[:2] + x[2:4] - x[4:]) < 1e-9, s, z > 0), 3
        ) * np.repeat([1.0, 1.0, -1.0], 2),
        (0.1, 1.0, 0.2, 2.0, 0.3, 1.0),
        (0.0, 0.5, 1.0),
        (3.0,),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("loss", "gradient", "x", "right", "wrong"), OTHERS.values(), ids=OTHERS)
def test_the_kinks_of_other_functions(
    loss: Any, gradient: Any, x: Any, right: tuple[float, ...], wrong: tuple[float, ...]
) -> None:
    for slope in right:
        assert found(loss, lambda x, s=slope: gradient(x, s), x).verdict is AGREE
    for slope in wrong:
        assert found(loss, lambda x, s=slope: gradient(x, s), x).verdict is not AGREE


def one(x: Any, i: Any) -> Any:
    return np.where(np.arange(x.size).reshape(x.shape) == i, 1.0, 0.0)


TIES: dict[str, Callable[[Any], Any]] = {
    "the first": lambda x: one(x, np.argmax(x)),
    "the last": lambda x: one(x, x.size - 1 - np.argmax(x[::-1, ::-1])),
    "equal shares": lambda x: (x == x.max()) / np.sum(x == x.max()),
}


@pytest.mark.parametrize("name", TIES)
@pytest.mark.parametrize("sign", [1, -1])
def test_ties_of_a_maximum_share_the_gradient(name: str, sign: int) -> None:
    tied = np.array([[2.0, -np.inf, 1.0], [2.0, 0.0, 2.0]])

    def pool(x: Any) -> Any:
        return sign * np.max(sign * x + np.where(np.isinf(tied), tied, 0))

    x = sign * np.where(np.isinf(tied), 0, tied)
    hide = np.where(np.isinf(tied), tied, 0)
    assert found(pool, lambda x: TIES[name](sign * x + hide), x).verdict is AGREE
    finding = found(pool, lambda x: (sign * x + hide == np.max(sign * x + hide)) * 1.0, x)
    assert finding.verdict is INCONCLUSIVE  # the gradient counts three times


def test_what_is_not_at_its_kink_stays_as_it_is() -> None:
    def loss(x: Any) -> Any:
        return np.sum(np.maximum(x, 0)) + np.max(x) + np.sqrt(np.abs(x[1])) + np.clip(x[4], 0, 9)

    def actual(x: Any) -> Any:
        rest = [0, 0.5 / np.sqrt(np.abs(x[1])) * np.sign(x[1]), 0, 0, 0.0 < x[4] < 9]
        return step(0.0)(x) + one(x, np.argmax(x)) + np.array(rest)

    finding = found(loss, actual)
    assert finding.verdict is AGREE
    assert finding.reason.count("(") == 1  # of the five operations one is named


def test_the_convention_is_named() -> None:
    said = found(RELUS["maximum"], step(0.0)).reason
    assert said == (
        "the given point lies on a kink: where both arguments of maximum are equal your gradient "
        "gives nothing to the first (PyTorch and JAX: half)"
    )
    assert (
        "at its bound your gradient uses slope 0 for clip" in found(RELUS["clip"], step(0.0)).reason
    )
    assert "as the larger one" in found(RELUS["where"], step(1.0)).reason
    assert "takes the other branch" in found(branching, step(1.0)).reason
    assert "slopes between 0 and 1 at each fmax" in found(RELUS["fmax"], step(0.3)).reason
    assert not found(RELUS["maximum"], step(0.5)).reason
    text = str(certify(RELUS["maximum"], step(0.0), {"x": np.array(X)}))
    assert "grad x: the given point lies on a kink" in " ".join(text.split())


SLOPES = {
    "nothing": 0.0,
    "half": 0.5,
    "equal shares": 0.5,
    "all": 1.0,
    "0": 0.0,
    "0.5": 0.5,
    "1": 1.0,
    "infinity": np.inf,
    "as NumPy": 0.0,
}
AT_A_KINK: dict[str, Callable[[Any], Any]] = {
    "maximum": lambda x: np.maximum(x, 0.0),
    "minimum": lambda x: np.minimum(x, 0.0),
    "fmax": lambda x: np.fmax(x, 0.0),
    "fmin": lambda x: np.fmin(x, 0.0),
    "max": lambda x: np.max(np.stack([x, 0.0 * x])),
    "min": lambda x: np.min(np.stack([x, 0.0 * x])),
    "absolute": lambda x: abs(x),  # noqa: PLW0108  # called by name
    "clip": lambda x: np.clip(x, 0.0, None),
    "sqrt": lambda x: np.sqrt(x),  # noqa: PLW0108  # called by name
    "comparison": lambda x: np.where(x > 0, x, 0.0),
}


def test_the_frameworks_take_the_slopes_that_are_told() -> None:
    assert set(AT_A_KINK) == set(CONVENTION)
    for name, function in AT_A_KINK.items():
        slopes = {
            framework: float(value_and_grad(function, framework)({"x": 0.0}, {})[1]["x"])
            for framework in ("torch", "jax")
        }
        told = CONVENTION[name]
        assert slopes == {"torch": SLOPES[told.torch], "jax": SLOPES[told.jax]}


def network(W1: Any, b1: Any, W2: Any, b2: Any, x: Any, y: Any) -> Any:
    return 0.5 * np.sum((np.maximum(x @ W1 + b1, 0) @ W2 + b2 - y) ** 2)


def backward(slope: float, factor: float = 1.0) -> Callable[..., Any]:
    def gradient(W1: Any, b1: Any, W2: Any, b2: Any, x: Any, y: Any) -> Any:
        z = x @ W1 + b1
        delta = np.maximum(z, 0) @ W2 + b2 - y
        dz = factor * (W2 @ delta) * step(slope)(z)
        return {
            "W1": np.outer(x, dz),
            "b1": dz,
            "W2": np.outer(np.maximum(z, 0), delta),
            "b2": delta,
        }

    return gradient


def integers(rng: np.random.Generator) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the parameters and the data of a small network, no input of which is zero."""
    shapes = {"W1": (2, 2), "b1": (2,), "W2": (2, 1), "b2": (1,)}
    params = {name: rng.integers(-3, 4, shape) * 1.0 for name, shape in shapes.items()}
    return params, {"x": rng.choice([-2.0, -1.0, 1.0, 3.0], 2), "y": rng.integers(-3, 4, 1) * 1.0}


def test_networks_of_small_integers_that_sit_on_a_kink() -> None:
    rng = np.random.default_rng(0)
    drawn = [integers(rng) for _ in range(100)]
    kinks = [
        (params, data)
        for params, data in drawn
        if not np.array_equal(*(backward(s)(**params, **data)["b1"] for s in (0.0, 1.0)))
    ]
    assert len(kinks) >= 8
    for params, data in kinks[:8]:
        for slope in (0.0, 0.5, 1.0, rng.uniform()):
            judged = certify(network, backward(slope), params, data)
            assert judged.verdict is not DISAGREE
            told = [
                f
                for f in judged.findings
                if f.judgements and sum(j.resolved for j in f.judgements[1:]) >= 4
            ]
            assert told
            assert all(f.verdict is AGREE and f.judgements[0].verdict is AGREE for f in told)
        for wrong in (backward(3.0), backward(-1.0)):
            assert certify(network, wrong, params, data).verdict is not AGREE
        assert certify(network, backward(0.0, 2.0), params, data).verdict is DISAGREE


def test_two_layers_at_their_kinks() -> None:
    def deep(b: Any, c: Any) -> Any:
        return np.sum(np.maximum(np.maximum(b, 0) * 2.0 + c, 0))

    def actual(b: Any, c: Any, inner: float = 0.0, outer: float = 0.0) -> Any:
        dc = step(outer)(2.0 * np.maximum(b, 0) + c)
        return 2.0 * dc * step(inner)(b), dc

    params = {"b": np.array([0.0, 1.0, 2.0, 0.0]), "c": np.array([0.0, 0.5, 0.1, 1.0])}
    for inner, outer in ((0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.3, 0.8)):
        judged = certify(deep, lambda b, c, i=inner, o=outer: actual(b, c, i, o), params)
        assert judged.verdict is AGREE
    assert certify(deep, lambda b, c: actual(b, c, 1.0, 2.0), params).verdict is INCONCLUSIVE


def test_more_slopes_than_can_be_solved_for_are_left_open() -> None:
    def actual(x: Any) -> Any:
        return np.where(x == 0, np.linspace(0, 1, x.size), x > 0)

    assert found(RELUS["maximum"], actual, np.zeros(64)).verdict is AGREE
    assert found(RELUS["maximum"], actual, np.zeros(65)).verdict is INCONCLUSIVE


def test_pooling_layers_share_their_ties() -> None:
    def pool(x: Any) -> Any:
        return x.reshape(2, 3, 2).max(axis=2), x

    def back(dout: Any, x: Any) -> Any:
        windows = x.reshape(2, 3, 2)
        dx = np.zeros_like(windows)
        np.put_along_axis(dx, windows.argmax(axis=2)[..., None], dout[..., None], axis=2)
        return dx.reshape(x.shape)

    image = np.array([[1.0, 1.0, 0.0, 2.0, 3.0, 3.0], [1.0, 0.0, 5.0, 5.0, 4.0, 2.0]])
    certificate = certify_layer(pool, back, (image,))
    assert certificate.verdict is AGREE
    text = " ".join(str(certificate).split())
    assert "where entries tie for the max your gradient goes to the first" in text


def test_wrong_at_the_given_point_alone() -> None:
    def actual(x: Any) -> Any:
        return 2 * x + (5 if not x.any() else 0)

    finding = found(lambda x: np.sum(x**2), actual, (0.0, 0.0))
    assert finding.verdict is DISAGREE
    assert "incorrect at the given point only; near it the oracles change by" in finding.reason
    assert finding.worst is not None
    assert finding.worst[0] == 0
    finding = found(RELUS["abs"], lambda x: (x / np.abs(x) + 1) / 2)
    assert finding.verdict is DISAGREE  # nan, where both oracles have a number


def test_a_jump_is_no_kink() -> None:
    def jump(x: Any) -> Any:
        return np.sum(x**2) + np.sum(x > 0) * np.sum(x > 0)

    assert found(jump, lambda x: 2 * x).verdict is AGREE
    assert found(jump, lambda x: 2 * x + (x == 0)).verdict is DISAGREE

    def between(x: Any) -> Any:  # jumps only for a comparison that counts one half
        on = x > 0
        return np.sum(x * on) + np.sum((x + 1) * on * (1.0 - on))

    assert found(between, step(1.0)).verdict is AGREE
    assert found(between, step(0.5)).verdict is INCONCLUSIVE


def test_a_loss_may_be_another_at_the_given_point_alone() -> None:
    def odd(x: Any) -> Any:
        return np.sum(x**2) + 5.0 * (not x.any())

    rebuilt = {"torch": lambda x: (x**2).sum()}
    params = {"x": np.zeros(2)}
    certificate = certify(odd, lambda x: 2 * x, params, oracles=["torch"], rebuilt=rebuilt)
    assert certificate.findings[0].verdict is DISAGREE
    assert "incorrect at the given point only" in certificate.findings[0].reason


def test_a_point_where_the_oracles_cannot_tell_is_told() -> None:
    def guarded(x: Any) -> Any:  # both frameworks make nan of 0/0, chosen or not
        return np.sum(np.where(x == 0, 0.0, np.sin(x) ** 2 / x))

    def actual(x: Any) -> Any:
        return np.where(x == 0, 1.0, np.sin(2 * x) / x - (np.sin(x) / x) ** 2)

    finding = found(guarded, actual, (0.0, 1.0, 2.0))
    assert finding.verdict is AGREE
    assert finding.reason == "inconclusive at the given point itself"


def test_one_framework_will_do() -> None:
    assert found(RELUS["maximum"], step(0.0), oracles=["jax"]).verdict is AGREE
    assert found(RELUS["maximum"], step(2.0), oracles=["jax"]).verdict is INCONCLUSIVE


def test_the_framework_that_is_there_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "torch")
    assert found(RELUS["maximum"], step(0.0)).verdict is AGREE


def test_the_slope_is_kept_with_the_certificate() -> None:
    certificate = certify(RELUS["clip"], step(0.0), {"x": np.array(X)})
    assert "at its bound your gradient uses slope 0 for clip" in certificate.to_json()


def test_a_loss_handed_in_that_cannot_be_traced() -> None:
    import torch

    def opaque(x: Any) -> Any:
        return sum(np.float64(abs(statistics.fmean([v]))) + v for v in x) / 2

    rebuilt = {"torch": lambda x: torch.maximum(x, torch.zeros_like(x)).sum()}
    finding = found(opaque, step(1.0), oracles=["torch"], rebuilt=rebuilt)
    assert finding.verdict is INCONCLUSIVE
    assert "which may lie on a kink" in finding.reason


def test_one_slope_serves_all_parameters() -> None:
    x = np.array([[1.0, 2.0], [3.0, -1.0]])

    def loss(w: Any, b: Any) -> Any:
        return np.sum(np.maximum(x @ w + b, 0))

    def gradient(slope_w: float, slope_b: float) -> Callable[..., Any]:
        def slopes(z: Any, at_zero: float) -> Any:
            return np.where(z == 0, at_zero, z > 0)

        def both(w: Any, b: Any) -> Any:
            z = x @ w + b
            return x.T @ slopes(z, slope_w), np.sum(slopes(z, slope_b))

        return both

    params = {"w": np.zeros(2), "b": np.array(0.0)}
    for slope in (0.0, 0.5, 1.0, 0.25):
        assert certify(loss, gradient(slope, slope), params).verdict is AGREE
    for slope_w, slope_b in ((1.0, 0.0), (0.0, 0.5), (0.5, 1.0)):
        certificate = certify(loss, gradient(slope_w, slope_b), params)
        assert certificate.verdict is INCONCLUSIVE
        assert any("no one slope" in finding.reason for finding in certificate.findings)
