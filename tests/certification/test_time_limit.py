"""`seconds=` bounds a call; what it knows by then is said, and is never an agreement."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pytest

from crosscheck import certify, certify_layer
from crosscheck.certification import ask_oracles, layer
from crosscheck.core.verdict import Verdict
from crosscheck.core.watch import TimeLimitError, check
from crosscheck.ir import jax_backend, torch_backend

PARAMS = {"w": np.linspace(1.0, 2.0, 3)}


def cube(w: Any) -> Any:
    return np.sum(w**3)


def slope(w: Any) -> Any:
    return 3 * w**2


def forward(x: Any) -> Any:
    return x**2, x


def backward(dout: Any, x: Any) -> Any:
    return 2 * x * dout


def test_nothing_is_known_in_no_time() -> None:
    certificate = certify(cube, slope, PARAMS, seconds=1e-9)
    assert certificate.verdict is Verdict.INCONCLUSIVE
    assert certificate.points == 0
    assert {f.quantity for f in certificate.findings} == {"loss", "grad w"}
    assert all("0 of 9 points" in f.reason for f in certificate.findings)
    assert certificate.oracles == ("PyTorch", "JAX")


@pytest.mark.parametrize(("factor", "agreeing"), [(1.0, 4), (1.1, 0)])
def test_what_is_known_is_said(
    monkeypatch: pytest.MonkeyPatch, factor: float, agreeing: int
) -> None:
    """The time is up while the fifth point is waited for."""

    def limited(doing: str) -> None:
        if "4 of 9 points, JAX" in doing:
            raise TimeLimitError

    monkeypatch.setattr(ask_oracles, "say", limited)
    certificate = certify(cube, lambda w: factor * slope(w), PARAMS, seconds=100.0)
    assert certificate.verdict is Verdict.INCONCLUSIVE
    assert certificate.points == 3
    loss, gradient = certificate.findings
    assert [j.verdict for j in loss.judgements] == [Verdict.AGREE] * 4
    assert sum(j.verdict is Verdict.AGREE for j in gradient.judgements) == agreeing
    assert Verdict.DISAGREE not in [j.verdict for j in gradient.judgements]
    assert f"4 of 9 points; it agrees at {agreeing}" in gradient.reason
    assert gradient.value is not None
    assert np.array_equal(gradient.value, factor * slope(PARAMS["w"]))
    assert "time limit of 100 s" in str(certificate)
    assert not certificate


def test_a_point_that_is_done_counts_though_the_time_is_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All nine points are answered, and the time is up while branches are looked for."""
    certify(cube, slope, PARAMS)  # compiles
    now = time.monotonic
    late = [0.0]

    def later(*_: Any) -> Any:
        late[0] = 1e6
        raise TimeLimitError

    monkeypatch.setattr(ask_oracles, "cover", later)
    monkeypatch.setattr(time, "monotonic", lambda: now() + late[0])
    certificate = certify(cube, slope, PARAMS, seconds=1e5)
    assert certificate.verdict is Verdict.INCONCLUSIVE
    assert "of 9 points" in certificate.findings[0].reason


def test_the_time_may_be_up_before_branches_are_sought(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: Any) -> Any:
        time.sleep(1.1)
        raise TimeLimitError

    monkeypatch.setattr(ask_oracles, "cover", late)
    certify(cube, slope, PARAMS)  # compiles, and has no limit: it is not found out
    certificate = certify(cube, slope, PARAMS, seconds=1.0)
    assert certificate.verdict is Verdict.INCONCLUSIVE


def test_enough_time_changes_nothing() -> None:
    certificate = certify(cube, slope, PARAMS, seconds=1000.0)
    assert certificate.verdict is Verdict.AGREE
    assert str(certificate) == str(certify(cube, slope, PARAMS))


def test_a_layer_whose_other_shapes_are_not_tried_does_not_agree(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x = np.linspace(1.0, 2.0, 6).reshape(2, 3)
    assert certify_layer(forward, backward, [x], seconds=1000.0).verdict is Verdict.AGREE

    def late(_: str = "") -> None:
        raise TimeLimitError

    monkeypatch.setattr(layer, "check", late)
    certificate = certify_layer(forward, backward, [x], seconds=1000.0)
    assert certificate.verdict is Verdict.INCONCLUSIVE
    assert certificate.findings[-1].quantity == "other shapes"
    assert {f.verdict for f in certificate.findings[:-1]} == {Verdict.AGREE}


@pytest.mark.parametrize("seconds", [0, -1.0, float("nan")])
def test_a_limit_is_above_zero(seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds"):
        certify(cube, slope, PARAMS, seconds=seconds)


def test_whatever_ends_the_caller_ends_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []

    def forever(*_: Any) -> Any:
        start = time.monotonic()
        try:
            while time.monotonic() < start + 30:
                check()
                time.sleep(0.01)
        except TimeLimitError:
            ended.append(True)
            raise

    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(jax_backend, "run", forever)
    monkeypatch.setattr(torch_backend, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        certify(cube, slope, PARAMS)
    assert ended


WAITING = """
import sys, time
import numpy as np
from crosscheck import certify
from crosscheck.ir import jax_backend, torch_backend
torch_backend.kernels(), jax_backend.kernels()

def loss(w):
    for _ in range(20_000):
        w = np.tanh(w)
    return w

def gradient(w):
    print("begun", flush=True)
    return np.ones(())

certify(loss, gradient, {"w": 0.5})
"""


@pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGINT for one process")
def test_ctrl_c_ends_a_call() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WAITING], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        for _ in range(9):  # the hand-written gradients are done, and the recordings begin
            assert child.stdout.readline() == "begun\n"
        child.send_signal(signal.SIGINT)
        start = time.monotonic()
        _, errors = child.communicate(timeout=60)
        assert "KeyboardInterrupt" in errors
        assert child.returncode in {1, 130, -signal.SIGINT}
        assert time.monotonic() - start < 20  # a second on a machine that does nothing else
