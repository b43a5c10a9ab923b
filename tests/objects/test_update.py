"""Hand-written optimisers beside torch.optim: right in every style, and with a mistake."""

# mypy: ignore-errors

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from crosscheck import OracleUnavailableError, certify_update
from crosscheck.core.verdict import Verdict
from crosscheck.frameworks import FRAMEWORKS

AGREE, DISAGREE, INCONCLUSIVE = Verdict.AGREE, Verdict.DISAGREE, Verdict.INCONCLUSIVE
N = np.random.default_rng(5).standard_normal
ONE, SLOPE = N((3, 2)), N((3, 2))
PARAMS, SLOPES = {"W": N((3, 2)), "b": N(2)}, {"W": N((3, 2)), "b": N(2)}


def sgd(w, dw, config):
    return w - config["learning_rate"] * dw, config


def sgd_momentum(w, dw, config):
    v = config.get("velocity", np.zeros_like(w))
    v = config["momentum"] * v - config["learning_rate"] * dw
    config["velocity"] = v if not config.get("slip") else 0 * v
    return w + v, config


def nesterov(w, dw, config):
    before = config.get("velocity", np.zeros_like(w))
    v = config["momentum"] * before - config["learning_rate"] * dw
    config["velocity"] = v
    if config.get("slip"):
        return w + v, config
    return w - config["momentum"] * before + (1 + config["momentum"]) * v, config


def adagrad(w, dw, config):
    config["cache"] = config.get("cache", 0) + (dw if config.get("slip") else dw**2)
    return w - config["lr"] * dw / (np.sqrt(np.abs(config["cache"])) + config["eps"]), config


def rmsprop(w, dw, config):
    rate = config["decay_rate"]
    new = 1.0 if config.get("slip") else 1 - rate
    config["cache"] = rate * config.get("cache", np.zeros_like(w)) + new * dw**2
    return w - config["learning_rate"] * dw / (np.sqrt(config["cache"]) + config["epsilon"]), config


def adam(w, dw, config):
    config.setdefault("beta1", 0.9)
    config.setdefault("beta2", 0.999)
    config.setdefault("epsilon", 1e-8)
    config["t"] = t = config.get("t", 0) + 1
    config["m"] = config["beta1"] * config.get("m", 0) + (1 - config["beta1"]) * dw
    config["v"] = config["beta2"] * config.get("v", 0) + (1 - config["beta2"]) * dw**2
    m, v = config["m"] / (1 - config["beta1"] ** t), config["v"] / (1 - config["beta2"] ** t)
    if config.get("slip"):
        m = config["m"]
    return w - config["learning_rate"] * m / (np.sqrt(v) + config["epsilon"]), config


def adamw(w, dw, config):
    decay = config["learning_rate"] * config["weight_decay"] * w
    new, config = adam(w, dw, config)
    return new - (0 if config.get("slip") else decay), config


RATE = {"learning_rate": 0.01}
STYLES: dict[str, tuple[Any, dict[str, float]]] = {
    "momentum": (sgd_momentum, {**RATE, "momentum": 0.8}),
    "nesterov": (nesterov, {**RATE, "momentum": 0.8}),
    "adagrad": (adagrad, {"lr": 0.1, "eps": 1e-7}),
    "rmsprop": (rmsprop, {**RATE, "decay_rate": 0.95, "epsilon": 1e-8}),
    "adam": (adam, RATE),
    "adamw": (adamw, {**RATE, "weight_decay": 0.1}),
}


@pytest.mark.parametrize("like", STYLES)
def test_a_function_of_a_config_is_certified(like: str) -> None:
    step, config = STYLES[like]
    right = certify_update(step, ONE, SLOPE, like=like, config=config)
    assert right.verdict is AGREE, str(right)
    assert [finding.quantity for finding in right.findings] == ["step w"]
    wrong = certify_update(step, ONE, SLOPE, like=like, config={**config, "slip": 1})
    assert wrong.verdict is DISAGREE
    assert certify_update(step, PARAMS, SLOPES, like=like, config=config).verdict is AGREE
    assert certify_update(sgd, ONE, SLOPE, like="sgd", config=RATE).verdict is AGREE
    assert certify_update(sgd, ONE, SLOPE, like="sgd", config=RATE, lr=0.02).verdict is DISAGREE


class Adam:
    """In place, with ε added before the bias of the second moment is corrected."""

    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999):
        self.lr, self.beta1, self.beta2 = lr, beta1, beta2
        self.iter, self.m, self.v = 0, None, None

    def update(self, params, grads):
        if self.m is None:
            self.m = {key: np.zeros_like(value) for key, value in params.items()}
            self.v = {key: np.zeros_like(value) for key, value in params.items()}
        self.iter += 1
        rate = self.lr * np.sqrt(1 - self.beta2**self.iter) / (1 - self.beta1**self.iter)
        for key in params:
            self.m[key] += (1 - self.beta1) * (grads[key] - self.m[key])
            self.v[key] += (1 - self.beta2) * (grads[key] ** 2 - self.v[key])
            params[key] -= rate * self.m[key] / (np.sqrt(self.v[key]) + 1e-7)


def test_an_object_that_updates_in_place_is_certified() -> None:
    optimiser = Adam()
    given = {key: value.copy() for key, value in PARAMS.items()}
    certificate = certify_update(optimiser, given, SLOPES, like="adam", eps=1e-7)
    assert certificate.verdict is AGREE
    assert "ε added before" in certificate.subject
    assert "beta1=0.9 (from beta1)" in certificate.subject
    assert vars(optimiser) == vars(Adam())
    assert all(np.array_equal(given[key], PARAMS[key]) for key in PARAMS)
    assert certify_update(optimiser, given, SLOPES, like="adam", eps=1e-5).verdict is DISAGREE


def test_a_setting_that_nothing_tells_is_no_ground_for_blame() -> None:
    certificate = certify_update(Adam(), PARAMS, SLOPES, like="adam")
    assert certificate.verdict is INCONCLUSIVE
    assert "no eps that could be read; pass eps=" in str(certificate).splitlines()[0]


def test_functions_of_arrays_and_lists() -> None:
    def step(w, dw):
        return w - 0.5 * dw

    def each(params, grads):
        for param, grad in zip(params, grads, strict=True):
            param -= 0.5 * grad

    assert certify_update(step, ONE, SLOPE, like="sgd", lr=0.5).verdict is AGREE
    assert certify_update(each, [ONE], [SLOPE], like="sgd", lr=0.5).verdict is AGREE
    assert certify_update(each, [ONE], [SLOPE], like="sgd", lr=0.5000001).verdict is DISAGREE
    zero = certify_update(step, 0 * ONE, SLOPE, like="sgd", lr=0.5)
    assert zero.verdict is AGREE


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"like": "lion"}, ValueError, "like is 'lion'; it is one of 'sgd', 'momentum'"),
        ({"like": "sgd", "steps": 1}, ValueError, "steps is 1; pass 2 or more"),
        ({"like": "sgd"}, ValueError, "no learning rate is found; pass lr="),
        ({"like": "sgd", "lr": 1.0, "eps": 1.0}, ValueError, "settings: eps; sgd has lr, weight_d"),
        ({"like": "sgd", "step": 3}, TypeError, "step is int with .*; update="),
        ({"like": "sgd", "params": np.array([np.nan])}, ValueError, "params: w is"),
        ({"like": "sgd", "params": {"W": np.array([1])}}, ValueError, "params: W is"),
        ({"like": "sgd", "grads": np.ones(4)}, ValueError, "other names or shapes than params"),
    ],
)
def test_what_cannot_be_compared_is_refused(options: Any, error: Any, says: str) -> None:
    given = {"step": lambda w, dw: w - dw, "params": ONE, "grads": SLOPE} | options
    with pytest.raises(error, match=says):
        certify_update(given.pop("step"), given.pop("params"), given.pop("grads"), **given)


def test_without_the_framework_there_is_no_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(FRAMEWORKS["torch"]), "is_installed", False)
    with pytest.raises(OracleUnavailableError, match="PyTorch is not installed"):
        certify_update(lambda w, dw: w - dw, ONE, SLOPE, like="sgd", lr=1.0)
