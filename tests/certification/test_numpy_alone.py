"""Certificates without a framework, and NumPy's reverse pass as the third oracle."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, TypeAlias

import numpy as np
import pytest

from crosscheck import certify, certify_network
from crosscheck.core.verdict import Verdict
from crosscheck.frameworks import FRAMEWORKS
from tests.missing import without

Array: TypeAlias = np.ndarray[Any, Any]
W = {"w": np.array([0.5, -1.0, 2.0])}


def loss(w: Array) -> Any:
    return np.sum(np.tanh(w) ** 2)


def gradient(w: Array) -> Any:
    return 2 * np.tanh(w) * (1 - np.tanh(w) ** 2)


def test_without_a_framework_numpy_is_the_only_oracle(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in FRAMEWORKS:
        without(monkeypatch, key)

    class Net:
        def __init__(self) -> None:
            self.params = W

        def loss(self) -> Any:
            return loss(**self.params)

        def gradient(self) -> Any:
            return {"w": gradient(**self.params)}

    assert certify_network(Net()).by_numpy_alone
    certificate = certify(loss, gradient, W)
    assert certificate.verdict is Verdict.AGREE
    assert certificate.by_numpy_alone
    assert certificate.exit_status == 4
    assert json.loads(certificate.to_json())["by_numpy_alone"] is True
    assert "AGREE by NumPy alone" in str(certificate)
    assert "no independent framework took part" in str(certificate)


def test_a_wrong_gradient_is_named_by_numpy_alone() -> None:
    certificate = certify(loss, lambda w: 2 * np.tanh(w), W, oracles=("numpy",))
    assert certificate.verdict is Verdict.DISAGREE
    assert certificate.exit_status == 1
    assert "derivative missing" in str(certificate.diagnosis)


def test_what_numpy_cannot_see_is_contradicted_by_differences() -> None:
    def compared(w: Array) -> Any:  # w[0] by bisection
        low, high = -9.0, 9.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if middle < w[0] else (low, middle)
        return np.sum(w**2) + low

    certificate = certify(compared, lambda w: 2 * w, W, oracles=("numpy",))
    assert certificate.verdict is Verdict.INCONCLUSIVE
    assert "only compared" in str(certificate)


def test_numpy_beside_a_framework_is_one_of_several() -> None:
    certificate = certify(loss, gradient, W, oracles=("numpy", "torch"))
    assert certificate.verdict is Verdict.AGREE
    assert not certificate.by_numpy_alone
    assert certificate.exit_status == 0


def test_no_framework_is_imported() -> None:
    program = (
        "import sys, numpy as np, crosscheck;"
        "c = crosscheck.certify(lambda w: np.sum(w**2), lambda w: 2 * w, {'w': np.ones(3)},"
        " oracles=('numpy',));"
        "print(bool(c)); str(c); absent = ['torch', 'jax', 'threadpoolctl'];"
        "print([name for name in absent if name in sys.modules], 'scipy' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["True", "[]", "False"]


@pytest.mark.parametrize("wrong", ["torch", "jax"])
def test_the_outlier_of_two_frameworks_is_named(wrong: str) -> None:
    certificate = certify(
        lambda w: np.sum(w**2),
        lambda w: 2 * w,
        W,
        rebuilt={wrong: lambda w: 1.01 * (w**2).sum()},
    )
    alone, other = (
        FRAMEWORKS[wrong].name,
        next(each.name for key, each in FRAMEWORKS.items() if key != wrong),
    )
    assert certificate.verdict is Verdict.INCONCLUSIVE
    assert {finding.reason for finding in certificate.findings[:2]} == {
        f"{alone} differs from {other}, and NumPy's own reverse pass agrees with {other}"
    }


def test_two_frameworks_that_are_wrong_apart_have_no_outlier() -> None:
    certificate = certify(
        lambda w: np.sum(w**2),
        lambda w: 2 * w,
        W,
        rebuilt={
            "torch": lambda w: 1.01 * (w**2).sum(),
            "jax": lambda w: 0.99 * (w**2).sum(),
        },
    )
    assert certificate.verdict is not Verdict.AGREE
    assert "reverse pass" not in str(certificate)


def test_a_loss_that_cannot_be_traced_has_no_third_vote() -> None:
    def opaque(w: Array) -> Any:
        if type(w) is not np.ndarray:
            return w.sum()  # what it is rebuilt as
        return float(np.sum(np.frombuffer(w.tobytes())))

    certificate = certify(
        opaque,
        lambda w: w**0,
        W,
        rebuilt={"torch": lambda w: 1.01 * w.sum(), "jax": lambda w: w.sum()},
    )
    assert certificate.verdict is not Verdict.AGREE
