"""What is rare: odd arrays, budgets that end, code that fails away from its own point."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from crosscheck import TracingError, certify
from crosscheck.certification.findings import hidden
from crosscheck.certification.loss_twice import LossTwice
from crosscheck.core.types import Point
from crosscheck.core.verdict import Judgement, Verdict
from crosscheck.results import Finding

Array = Any
W = {"w": np.array([0.5, -1.0, 2.0])}
FAST: dict[str, Any] = {"oracles": ("torch",)}


def loss(w: Array) -> Any:
    return np.sum(np.sin(w) ** 2)


def gradient(w: Array) -> Array:
    return 2 * np.sin(w) * np.cos(w)


def test_numbers_that_numpy_holds_as_objects_are_judged() -> None:
    assert certify(loss, lambda w: gradient(w).astype(object), W, **FAST)
    assert not certify(loss, lambda w: (2 * gradient(w)).astype(object), W, **FAST)


def test_a_limit_of_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="seconds is 0; pass a number above 0"):
        certify(loss, gradient, W, seconds=0)


def test_a_diagnosis_without_a_budget_reads_one_point() -> None:
    certificate = certify(loss, lambda w: 2 * gradient(w), W, diagnose=1e-9, **FAST)
    assert certificate.verdict is Verdict.DISAGREE


def test_code_that_fails_far_away_is_diagnosed_nearby() -> None:
    def narrow(w: Array) -> Array:
        if np.max(np.abs(w)) > 2.6:
            raise ValueError(w)
        return 2 * gradient(w)

    certificate = certify(loss, narrow, W, **FAST)
    assert certificate.verdict is Verdict.DISAGREE
    assert certificate.diagnosis is not None
    assert certificate.diagnosis.is_named


def test_what_is_differentiated_twice_has_no_recording_of_its_own() -> None:
    twice = LossTwice(loss, gradient, W, {}, name="loss")
    with pytest.raises(TracingError, match="is not recorded"):
        twice.record(Point(W, {}))


def test_entries_hidden_at_some_points_only_are_not_listed() -> None:
    def judged(*places: int) -> Judgement:
        return Judgement(Verdict.AGREE, {"PyTorch": 0.0}, 1e-12, 1e-8, 1.0, hidden=np.array(places))

    def listed(*judgements: Judgement) -> tuple[str, ...]:
        return hidden([Finding("g", "grad w", Verdict.AGREE, np.ones(3), judgements)])

    assert listed(judged(1), judged(2)) == ()
    assert len(listed(judged(1, 2), judged(2))) == 1
