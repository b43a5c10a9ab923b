"""A loss that reads its parameters through comparisons: the oracles are no judges, and say so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from crosscheck import certify
from crosscheck.core.verdict import Verdict
from tests.conftest import flowing

RNG = np.random.default_rng(0)
PARAMS = {"z": RNG.standard_normal(5)}


def threshold(z: Any) -> float:
    """Return where Σ max(z − threshold, 0) is 1, found by bisection: z is only compared."""
    low, high = -10.0, 10.0
    for _ in range(100):
        middle = (low + high) / 2
        if np.maximum(z - middle, 0).sum() > 1:
            low = middle
        else:
            high = middle
    return low


def sparsemax(z: Any) -> Any:
    return np.sum(np.maximum(z - threshold(z), 0) ** 2)


def right(z: Any) -> Any:
    p = np.maximum(z - threshold(z), 0)
    return (2 * p - np.mean(2 * p[p > 0])) * (p > 0)


def lost(z: Any) -> Any:
    return 2 * np.maximum(z - threshold(z), 0)


def test_the_hand_has_a_point_where_both_oracles_agree_on_something_else() -> None:
    moved = {k: PARAMS["z"] + 1e-6 * np.eye(5)[k] for k in range(5)}
    back = {k: PARAMS["z"] - 1e-6 * np.eye(5)[k] for k in range(5)}
    differences = [(sparsemax(moved[k]) - sparsemax(back[k])) / 2e-6 for k in range(5)]
    np.testing.assert_allclose(differences, right(PARAMS["z"]), atol=1e-8)


@pytest.mark.parametrize("derived", [right, lost])
@pytest.mark.parametrize("oracles", [("torch", "jax"), ("jax",)])
def test_a_search_by_comparisons_certifies_and_blames_nobody(derived: Any, oracles: Any) -> None:
    certificate = certify(sparsemax, derived, PARAMS, oracles=oracles)
    verdicts = {f.quantity: f.verdict for f in certificate.findings}
    assert verdicts["loss"] is Verdict.AGREE
    assert verdicts["grad z"] is Verdict.INCONCLUSIVE
    assert "central differences of the loss contradict the oracles" in flowing(certificate)
    assert certificate.diagnosis is None


def test_what_is_handed_in_is_judged() -> None:
    def in_torch(z: Any) -> Any:
        p = torch.clamp(z - threshold(z.detach().numpy()), min=0)
        mean = z[p > 0].mean()  # the threshold moves with the mean of what is above it
        return torch.sum((p - (mean - mean.detach()) * (p > 0)) ** 2)

    kwargs: Any = {"oracles": ["torch"], "rebuilt": {"torch": in_torch}}
    assert certify(sparsemax, right, PARAMS, **kwargs).verdict is Verdict.AGREE
    assert certify(sparsemax, lost, PARAMS, **kwargs).verdict is Verdict.DISAGREE


def relu_network(W: Any, v: Any, X: Any) -> Any:
    return np.sum(np.maximum(X @ W, 0) @ v)


def steps(w: Any) -> Any:
    return np.sum(w**2) + np.floor(1e3 * np.abs(w)).sum()


@pytest.mark.parametrize(
    ("loss", "derived", "params", "data"),
    [
        (
            relu_network,
            lambda W, v, X: (
                X.T @ ((X @ W > 0) * v),
                np.maximum(X @ W, 0).sum(axis=0),
            ),
            {"W": RNG.standard_normal((20, 300)), "v": RNG.standard_normal(300)},
            {"X": RNG.standard_normal((50, 20))},
        ),
        (lambda w: 1e8 + np.sum(w**2), lambda w: 2 * w, {"w": np.ones(2)}, {}),
        (steps, lambda w: 2 * w, {"w": np.ones(3)}, {}),
    ],
    ids=["a kink beside every point", "a slope lost in the loss's rounding", "jumps"],
)
def test_kinks_rounding_and_jumps_contradict_nothing(
    loss: Any, derived: Any, params: Any, data: Any
) -> None:
    certificate = certify(loss, derived, params, data)
    assert "contradict" not in flowing(certificate)
    assert {f.verdict for f in certificate.findings if f.quantity[:4] == "grad"} == {Verdict.AGREE}
