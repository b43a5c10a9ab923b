"""What a student is told, level by level: what is withheld is nowhere."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import crosscheck
from crosscheck import Verdict, certify, certify_jacobian, certify_layer, certify_update
from crosscheck.diagnosis.diagnosis import undiagnosed
from crosscheck.results import Finding, Published

if TYPE_CHECKING:
    from crosscheck.certificate import Certificate
    from crosscheck.certification.hints import Hint
    from crosscheck.core.types import Array

RNG = np.random.default_rng(0)
PARAMS = {"W": RNG.standard_normal((4, 3)), "b": RNG.standard_normal(3)}
DATA = {"X": RNG.standard_normal((5, 4)), "Y": RNG.standard_normal((5, 3))}
ONE: dict[str, Any] = {"oracles": ("torch",)}


def loss(W: Array, b: Array, X: Array, Y: Array) -> Any:
    return np.mean((np.tanh(X @ W + b) - Y) ** 2)


def wrong(W: Array, b: Array, X: Array, Y: Array) -> dict[str, Array]:
    dz = 2 * (np.tanh(X @ W + b) - Y) / Y.size
    return {"W": X.T @ dz, "b": dz.sum(axis=0)}


@pytest.fixture(scope="module")
def full() -> Certificate:
    return certify(loss, wrong, PARAMS, DATA, **ONE)


def everything(certificate: Certificate) -> str:
    """Return all that a certificate says in any form."""
    with pytest.raises(AssertionError) as raised:
        certificate.assert_agrees()
    shown = [str(raised.value), str(certificate), repr(certificate), certificate.to_json()]
    figure = certificate.plot()
    found: list[Any] = [text for axes in figure.axes for text in axes.findobj(match=_is_text)]
    drawn = [text.get_text() for text in found]
    return "\n".join([*shown, certificate._repr_html_(), *drawn, str(vars(certificate))])


def _is_text(artist: Any) -> bool:
    return hasattr(artist, "get_text")


def test_what_is_withheld_is_nowhere(full: Certificate) -> None:
    assert full.diagnosis is not None
    cause = full.diagnosis.explanations[0][0]
    place = cause.places[0]
    worst = next(f for f in full.findings if f.quantity == "grad W").worst
    assert worst is not None
    assert worst[1].entries is not None
    right = worst[1].entries["PyTorch"]
    secrets = {  # the level from which on it is told -> what it is
        "kind": [cause.kind],
        "line": [f"test_hints.py:{place.line}", place.text],
        "full": [
            cause.fix,
            f"{right:.6g}",
            repr(right),
            cause.sentence,
            "first incorrect gradient",
        ],
    }
    levels: list[Hint] = ["none", "kind", "line", "full"]
    for place_, hint in enumerate(levels):
        told = everything(full.with_hint(hint))
        for level, texts in secrets.items():
            is_told = place_ >= list(map(str, levels)).index(level)
            if level == "kind" and hint == "full":
                continue  # the sentence stands for it
            for text in texts:
                assert (text in told) is is_told, (hint, text)


def test_the_first_line_says_what_is_told(full: Certificate) -> None:
    first = [str(full.with_hint(hint)).splitlines()[0] for hint in ("none", "kind", "line")]
    assert first[0] == "crosscheck: DISAGREE: grad W of wrong"
    assert first[1] == "crosscheck: DISAGREE: derivative left out (grad W, grad b)"
    assert "test_hints.py:" in first[2]
    assert "np.tanh: derivative left out" in first[2]


def test_what_was_withheld_does_not_come_back(full: Certificate) -> None:
    little = full.with_hint("none")
    assert little.with_hint("full") is little
    assert full.with_hint("full") is full
    assert little.verdict is full.verdict
    assert little.score == full.score == 0.0


def test_an_unknown_mistake_stays_unknown(full: Certificate) -> None:
    diagnoses = {"wrong": undiagnosed(["W"], "the diagnosis failed: 0.123")}
    told = str(replace(full, diagnoses=diagnoses).with_hint("kind"))
    assert "unknown mistake in grad W" in told
    assert "0.123" not in told


def test_every_function_takes_a_hint() -> None:
    def forward(x: Array) -> tuple[Array, Array]:
        return x**2, x

    def step(params: Any, grads: Any) -> None:
        params -= 0.2 * grads

    x = np.array([0.5, 2.0])
    made = [
        certify(loss, wrong, PARAMS, DATA, hint="none", **ONE),
        certify_layer(forward, lambda dout, x: x * dout, [x], hint="none", **ONE),
        certify_jacobian(lambda x: x**2, np.diag, x, hint="none", **ONE),
        crosscheck.certify_hessian(lambda x: np.sum(x**3), np.diag, x, hint="none", **ONE),
        crosscheck.certify_jvp(lambda x: x**2, lambda x, v: x * v, x, hint="none", **ONE),
        crosscheck.check_minimize(
            lambda x: np.sum(x**4), x, jac=lambda x: x**3, hint="none", **ONE
        ),
        crosscheck.check_objective(lambda p: (p**3, p), x, hint="none", **ONE),
        certify_update(step, np.ones(2), np.ones(2), like="sgd", lr=0.1, hint="none"),
        crosscheck.certify_network(Square(), x, hint="none", oracles=["torch"]),
    ]
    for certificate in made:
        assert certificate.verdict is Verdict.DISAGREE
        assert certificate.hint == "none"
        assert not certificate.diagnoses
        bad = [f for f in certificate.findings if f.verdict is not Verdict.AGREE]
        assert bad
        assert not any(f.judgements or f.entries or f.reason for f in bad)


class Square:
    def __init__(self) -> None:
        self.w = np.array([1.0, 2.0])

    def loss(self, x: Array) -> Any:
        return np.sum(self.w**2 * x)

    def gradient(self, x: Array) -> dict[str, Array]:
        return {"w": self.w * x}


@pytest.mark.parametrize("call", [certify, certify_update])
def test_a_hint_that_is_none_is_refused(call: Any) -> None:
    given = (loss, wrong, PARAMS, DATA) if call is certify else (print, np.ones(2), np.ones(2))
    more: dict[str, Any] = {} if call is certify else {"like": "sgd"}
    with pytest.raises(ValueError, match=r"hint is 'some'; it is one of 'none', 'kind'"):
        call(*given, hint="some", **more)


def test_the_score_is_the_fraction_of_gradients_that_agree(full: Certificate) -> None:
    def scored(*found: tuple[str, Verdict]) -> float:
        findings = tuple(Finding("f", quantity, verdict, None) for quantity, verdict in found)
        return replace(full, findings=findings).score

    yes, no, open_ = Verdict.AGREE, Verdict.DISAGREE, Verdict.INCONCLUSIVE
    assert scored(("loss", yes), ("grad a", yes), ("grad b", no), ("side effects", yes)) == 0.5
    assert scored(("loss", yes), ("grad a", yes), ("side effects", yes)) == 1.0
    assert scored(("loss", yes), ("grad a", yes), ("side effects", no)) == 0.5
    assert scored(("loss", no), ("grad a", open_)) == 0.0
    assert scored(("side effects", no)) == 0.0
    assert scored() == 0.0
    lost = Finding("f", "grad a", yes, None, published=Published("1", "2"))
    assert replace(full, findings=(lost,)).score == 0.5
    assert json.loads(full.with_hint("kind").to_json())["score"] == 0.0


def test_why_something_is_not_judged_is_said(full: Certificate) -> None:
    open_ = Finding("f", "grad a", Verdict.INCONCLUSIVE, None, reason="time limit reached")
    told = replace(full, findings=(open_,), diagnoses={}).with_hint("none")
    assert "time limit reached" in str(told)
