"""Any hand-written gradient: right ones certified, wrong ones found, bad input refused in words."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any, NamedTuple

import jax
import numpy as np
import pytest
import torch
from torch.nn import functional as F

import crosscheck
from crosscheck import certify
from crosscheck.certification.options import FEW, MANY
from crosscheck.core.verdict import Verdict
from crosscheck.frameworks import FRAMEWORKS
from crosscheck.tracing import TracingError
from tests.conftest import flowing
from tests.missing import without

AGREE, DISAGREE, INCONCLUSIVE = Verdict.AGREE, Verdict.DISAGREE, Verdict.INCONCLUSIVE
RNG = np.random.default_rng(0)
DATA = {"X": RNG.standard_normal((6, 4)), "y": RNG.integers(0, 3, 6)}
PARAMS = {
    "W1": RNG.standard_normal((4, 5)),
    "b1": np.zeros(5),
    "W2": RNG.standard_normal((5, 3)),
    "b2": np.zeros(3),
}


def softmax(z: Any) -> Any:
    p = np.exp(z - z.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def loss(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, y: Any) -> Any:
    p = softmax(np.tanh(X @ W1 + b1) @ W2 + b2)
    return -np.mean(np.log(p[np.arange(len(y)), y]))


def gradient(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, y: Any, mistake: str = "") -> Any:
    h = np.tanh(X @ W1 + b1)
    d = softmax(h @ W2 + b2)
    d[np.arange(len(y)), y] -= 1
    if mistake != "no mean":
        d /= len(y)
    weights = W2 - 0.1 * (h.T @ d) if mistake == "already updated" else W2
    dz = d @ weights.T * (1 if mistake == "no tanh'" else 1 - h**2)
    db2 = d[0] if mistake == "first row" else d.sum(axis=0)
    return {"W1": X.T @ dz, "b1": dz.sum(axis=0), "W2": h.T @ d, "b2": db2}


def verdicts(certificate: crosscheck.Certificate) -> dict[str, Verdict | None]:
    return {finding.quantity: finding.verdict for finding in certificate.findings}


def test_a_right_gradient_is_certified() -> None:
    certificate = certify(loss, gradient, PARAMS, DATA)
    quantities = ["loss", "grad W1", "grad b1", "grad W2", "grad b2", "side effects"]
    assert verdicts(certificate) == dict.fromkeys(quantities, AGREE)
    assert all(f.resolution < 1e-9 for f in certificate.findings if f.quantity != "side effects")
    certificate.assert_agrees()
    said = flowing(certificate)
    assert "AGREE: gradient, the gradient of loss, against PyTorch 2." in said
    assert "in float32 as accurate as the oracles" in said
    assert "; resolution " in said
    assert "printed" not in said


@pytest.mark.parametrize(
    ("mistake", "wrong"),
    [
        ("no tanh'", {"grad W1", "grad b1"}),
        ("already updated", {"grad W1", "grad b1"}),
        ("first row", {"grad b2"}),
        ("no mean", {"grad W1", "grad b1", "grad W2", "grad b2"}),
    ],
)
def test_a_mistake_is_found_where_it_is(mistake: str, wrong: set[str]) -> None:
    def derived(**arrays: Any) -> Any:
        return gradient(**arrays, mistake=mistake)

    certificate = certify(loss, derived, PARAMS, DATA)
    assert {q for q, v in verdicts(certificate).items() if v is DISAGREE} == wrong
    with pytest.raises(
        AssertionError,
        match=r"(?s)\Acrosscheck: DISAGREE: .*relative\s+error.*worst entry .*PyTorch",
    ):
        certificate.assert_agrees()


@pytest.mark.parametrize("factor", [-1.0, 2.0, 0.5, 0.0, 1 + 1e-9, 1 + 1e-11])
def test_a_factor_is_found_however_near_to_one(factor: float) -> None:
    def derived(w: Any) -> Any:
        return factor * 3 * w**2

    certificate = certify(lambda w: np.sum(w**3), derived, {"w": np.array([0.5, -1.0, 2.0])})
    assert verdicts(certificate)["grad w"] is DISAGREE


def test_one_wrong_entry_of_many_is_found() -> None:
    def derived(w: Any) -> Any:
        grad = np.cos(w)
        grad[3, 7] *= 1 + 1e-5
        return grad

    certificate = certify(lambda w: np.sum(np.sin(w)), derived, {"w": np.ones((20, 30))})
    finding = certificate.findings[1]
    assert finding.verdict is DISAGREE
    assert finding.worst is not None
    assert finding.worst[1].worst == (3, 7)


def test_the_gradient_may_come_as_mapping_sequence_or_array() -> None:
    params = {"a": np.array([1.0, 2.0]), "b": np.array(3.0)}

    def product(a: Any, b: Any) -> Any:
        return np.sum(a) * b

    for derived in (
        lambda a, b: {"b": np.sum(a), "a": np.full(2, b)},
        lambda a, b: (np.full(2, b), np.sum(a)),
        lambda a, b: [np.full(2, b), np.sum(a)],
    ):
        assert certify(product, derived, params).verdict is AGREE


@dataclasses.dataclass(frozen=True)
class Dense:
    W: Any
    b: Any


class Pair(NamedTuple):
    left: Any
    right: Any


def test_parameters_may_be_nested() -> None:
    params = {
        "layers": [Dense(RNG.standard_normal((3, 2)), np.zeros(2))],
        "head": {"pair": Pair(np.ones(2), (np.array(0.5),))},
    }

    def nested(layers: Any, head: Any, x: Any) -> Any:
        h = x @ layers[0].W + layers[0].b
        return np.sum(h * head["pair"].left) ** 2 * head["pair"].right[0]

    def derived(layers: Any, head: Any, x: Any) -> Any:
        h = x @ layers[0].W + layers[0].b
        left, (scale,) = head["pair"]
        inner = np.sum(h * left)
        d = 2 * inner * scale
        dense = Dense(np.outer(x, d * left), d * left)
        return {"head": {"pair": Pair(d * h, (inner**2,))}, "layers": [dense]}

    certificate = certify(nested, derived, params, {"x": RNG.standard_normal(3)})
    assert verdicts(certificate) == dict.fromkeys(
        [
            "loss",
            "grad layers[0].W",
            "grad layers[0].b",
            "grad head.pair.left",
            "grad head.pair.right[0]",
            "side effects",
        ],
        AGREE,
    )


def test_what_the_reader_writes_into_is_a_copy() -> None:
    w, x = np.ones(3), np.ones(3)

    def careless(w: Any, x: Any) -> Any:
        x *= 2
        w *= x
        return np.sum(w)

    def derived(w: Any, x: Any) -> Any:
        w += 1
        return 2 * x

    certificate = certify(careless, derived, {"w": w}, {"x": x})
    assert w.tolist() == x.tolist() == [1.0, 1.0, 1.0]
    assert verdicts(certificate) == {"loss": AGREE, "grad w": AGREE, "side effects": DISAGREE}
    said = certificate.findings[-1].reason
    assert "derived writes into its argument w" in said
    assert "careless writes into its argument x" in said
    blameless = certify(careless, lambda x, **_: 2 * x, {"w": w}, {"x": x})
    assert blameless.verdict is AGREE
    assert "careless writes into its argument w" in blameless.findings[-1].reason


def test_a_gradient_that_depends_on_the_call_is_found() -> None:
    calls: list[int] = []

    def derived(w: Any) -> Any:
        calls.append(1)
        return 2 * w + 1e-16 * len(calls)

    certificate = certify(lambda w: np.sum(w**2), derived, {"w": np.zeros(2) + 1e-20})
    assert "returns two gradients for w" in flowing(certificate)


def test_float32_is_remarked_on() -> None:
    def said(derived: Any) -> str:
        certificate = certify(lambda w: np.sum(w**3), derived, {"w": np.array([1.0, 2.0])})
        assert certificate.verdict is AGREE
        return certificate.findings[-1].reason

    def picky(w: Any) -> Any:
        if w.dtype != np.float64:
            msg = "float64 only"
            raise TypeError(msg)
        return 3 * w**2

    assert said(lambda w: 3 * w**2) == "in float32 as accurate as the oracles"
    assert said(lambda w: 3.0 * w.astype(float) ** 2) == "float32 in, float64 out for w"
    assert said(picky) == "picky fails in float32: TypeError: float64 only".replace(
        "picky", picky.__qualname__
    )
    noisy = said(lambda w: 3 * ((w + w.dtype.type(1e3)) - w.dtype.type(1e3)) * w)
    far = said(lambda w: 3 * w**2 * w.dtype.type(7 if w.dtype == np.float32 else 1))
    assert "e+0" in far
    assert re.fullmatch(r"in float32 \d{2,} times less accurate than the oracles", noisy)


def test_a_gradient_of_zero_must_be_declared() -> None:
    params = {"used": np.ones(2), "unused": np.ones(3)}

    def derived(used: Any, unused: Any) -> Any:
        return 2 * used, 0 * unused

    def half(used: Any, unused: Any) -> Any:
        return np.sum(used**2) + 0 * np.sum(unused)

    certificate = certify(half, derived, params)
    assert verdicts(certificate)["grad unused"] is INCONCLUSIVE
    assert certificate.verdict is INCONCLUSIVE
    assert "the gradient is zero, or rounding, at every sampled point" in flowing(certificate)
    assert certify(half, derived, params, zero=["unused"]).verdict is AGREE

    def wrong(used: Any, unused: Any) -> Any:
        return 2 * used, 1e-9 + 0 * unused

    assert certify(half, wrong, params, zero=["unused"]).verdict is DISAGREE


def test_a_bias_before_a_batch_normalisation_is_zero_but_for_rounding() -> None:
    def normalised(b: Any, x: Any) -> Any:
        h = x + b
        return np.sum(((h - h.mean(axis=0)) / np.sqrt(h.var(axis=0) + 1e-5)) ** 3)

    certificate = certify(
        normalised, lambda b, **_: 0 * b, {"b": np.zeros(4)}, {"x": DATA["X"]}, zero=["b"]
    )
    assert certificate.verdict is not DISAGREE


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
def test_no_convention_at_a_kink_is_blamed(slope: float) -> None:
    def derived(b: Any, x: Any) -> Any:
        return np.where(x + b > 0, 1.0, np.where(x + b == 0, slope, 0.0)).sum(axis=0)

    def clipped(b: Any, x: Any) -> Any:
        return np.sum(np.maximum(x + b, 0))

    x = RNG.standard_normal((5, 3)) * np.array([1.0, 1.0, 0.0])  # the third sits on its kink
    certificate = certify(clipped, derived, {"b": np.zeros(3)}, {"x": x})
    assert verdicts(certificate)["grad b"] is AGREE
    assert ("lies on a kink" in flowing(certificate)) is (slope != 0.5)


def softmax_loss(W: Any, X: Any, Y: Any) -> Any:
    z = X @ W
    z = z - z.max(axis=1, keepdims=True)
    return -np.sum(Y * (z - np.log(np.exp(z).sum(axis=1, keepdims=True)))) / len(X)


@pytest.mark.parametrize("sure", [1, 4, 8, 12, 16, 20, 30, 100])
@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_a_softmax_that_is_sure_of_itself_is_not_blamed(sure: float, scale: float) -> None:
    def derived(W: Any, X: Any, Y: Any) -> Any:
        return X.T @ (softmax(X @ W) - Y) / len(X)  # cancels, and the frameworks do not

    params = {"W": sure / scale * np.array([[1.0, -1.0, 0.1], [0.3, 0.2, -1.5]])}
    data = {"X": scale * np.array([[1.0, 0.5], [0.25, -1.0]]), "Y": np.eye(3)[[0, 2]]}
    certificate = certify(softmax_loss, derived, params, data)
    assert certificate.verdict is not DISAGREE
    assert certificate.verdict is AGREE or sure > 4
    if sure <= 4:
        twice = certify(softmax_loss, lambda **a: 2 * derived(**a), params, data)
        assert twice.verdict is DISAGREE


def test_a_loss_is_not_finite_everywhere() -> None:
    certificate = certify(
        lambda w: np.sum(np.log(w)), lambda w: 1 / w, {"w": np.array([0.01, 1.0])}, points=16
    )
    assert certificate.verdict is AGREE
    assert len(certificate.findings[0].judgements) == 17
    with pytest.raises(ValueError, match="can be evaluated at only 0 of"):
        certify(lambda w: np.where(w == 1, w, np.nan)[0], lambda w: w, {"w": np.ones(1)})


def quadratic(count: int, **options: Any) -> crosscheck.Certificate:
    a = np.random.default_rng(1).standard_normal(count)
    wrong = options.pop("wrong", 1.0)

    def derived(w: Any, a: Any) -> Any:
        grad = a * w
        grad[-1] *= wrong
        return grad

    return certify(lambda w, a: 0.5 * np.sum(a * w * w), derived, {"w": a - 1}, {"a": a}, **options)


@pytest.mark.parametrize(
    ("count", "options", "drawn"),
    [(MANY - 1, {}, 8), (MANY, {}, FEW), (MANY, {"points": 8}, 8), (MANY, {"wrong": 1.00001}, FEW)],
)
def test_many_parameters_are_judged_at_few_points(count: int, options: Any, drawn: int) -> None:
    certificate = quadratic(count, **options)
    assert certificate.points == drawn
    assert all(len(f.judgements) == drawn + 1 for f in certificate.findings[:-1])
    assert f"at the given point and {drawn} sampled points" in flowing(certificate)
    verdict = DISAGREE if "wrong" in options else AGREE
    assert verdicts(certificate) == {"loss": AGREE, "grad w": verdict, "side effects": AGREE}
    if verdict is DISAGREE:
        assert {j.worst for j in certificate.findings[1].judgements} == {(count - 1,)}


def test_a_loss_that_is_another_at_every_call_is_refused() -> None:
    def loss(w: Any) -> Any:
        return np.sum(w) * np.random.default_rng().random()

    with pytest.raises(TracingError, match="does not do the same when it is called again"):
        certify(loss, lambda w: w * 0 + 1, {"w": np.ones(2)})


def test_the_certificate_can_be_repeated_and_kept() -> None:
    first, second = (certify(loss, gradient, PARAMS, DATA, seed=3) for _ in range(2))
    assert first.to_json() == second.to_json()
    document = json.loads(first.to_json())
    assert document["seed"] == 3
    assert document["subject"] == "gradient, the gradient of loss,"
    assert document["arguments"]["W1"] == "float64 (4, 5)"
    assert document["arguments"]["y"] == "int64 (6,)"
    assert certify(loss, gradient, PARAMS, DATA, seed=4).to_json() != first.to_json()
    assert "<table>" in first._repr_html_()
    assert repr(first) == (
        "<Certificate AGREE for gradient, the gradient of loss: loss AGREE, grad W1 AGREE, "
        "grad b1 AGREE, grad W2 AGREE, grad b2 AGREE, side effects AGREE>"
    )


def test_a_loss_that_is_handed_in_certifies_the_forward_pass_too() -> None:
    def in_torch(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, y: Any) -> Any:
        return F.cross_entropy(torch.tanh(X @ W1 + b1) @ W2 + b2, y)

    def in_jax(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, y: Any) -> Any:
        logits = jax.nn.log_softmax(jax.numpy.tanh(X @ W1 + b1) @ W2 + b2)
        return -logits[jax.numpy.arange(len(y)), y].mean()

    rebuilt = {"torch": in_torch, "jax": in_jax}
    certify(loss, gradient, PARAMS, DATA, rebuilt=rebuilt).assert_agrees()

    def summed(**arrays: Any) -> Any:
        return len(arrays["y"]) * loss(**arrays)

    wrong = certify(summed, gradient, PARAMS, DATA, rebuilt=rebuilt)
    assert verdicts(wrong)["loss"] is DISAGREE
    assert verdicts(wrong)["grad W1"] is AGREE
    with pytest.raises(ValueError, match=r"rebuilt has \['jax'\]; its keys are among the oracles"):
        certify(loss, gradient, PARAMS, DATA, oracles=["torch"], rebuilt={"jax": in_jax})


def test_one_oracle_will_do_if_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = certify(loss, gradient, PARAMS, DATA, oracles=["torch"])
    assert certificate.oracles == ("PyTorch",)
    assert certificate.verdict is AGREE
    without(monkeypatch, "jax")
    missing = certify(loss, gradient, PARAMS, DATA)
    assert missing.verdict is INCONCLUSIVE
    assert missing.unavailable == {"JAX": FRAMEWORKS["jax"].missing}
