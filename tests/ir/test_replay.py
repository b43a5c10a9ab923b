"""A recorded program stands for another point only where nothing can be different there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import crosscheck
from crosscheck.certification.user_loss import UserLoss
from crosscheck.core.types import Point
from crosscheck.ir.replay import replay

if TYPE_CHECKING:
    from collections.abc import Callable

x = np.array([0.3, -1.2, 2.0])


def branches(x: Any) -> Any:
    return np.sum(x**2) if float(x[0]) > 0 else np.sum(x**3)


def masks(x: Any) -> Any:
    return np.sum(x[x > 0] ** 2)


def chooses(x: Any) -> Any:
    return np.max(x) + np.sum(x**2)


def rounds(x: Any) -> Any:
    return np.sum(x * np.rint(x))


def compares(x: Any) -> Any:
    return np.sum(x**2 * (x > 0))


def is_in(x: Any) -> Any:
    return np.sum(x**2) if 5.0 in x else np.sum(x**2) * 1.0


def as_integers(x: Any) -> Any:
    return np.sum(x**2) + 0 * np.sum(x.astype(int)) + 0 * int(x[0]) + 0 * round(x[0])


def hashes(x: Any) -> Any:
    return np.sum(x**2) * {hash(x[0]): 1.0}.get(hash(x[0]), 2.0)


def is_true(x: Any) -> Any:
    return np.sum(x**2) if x[0] and np.logical_or.reduce(x > 5) + 1 else np.sum(x**3)


def unique(x: Any) -> Any:
    return np.sum(np.unique(x) ** 2)


def straight(x: Any) -> Any:
    return np.sum(np.maximum(np.tanh(x), 0.1) ** 2) + np.abs(x[1])


LOSSES = [branches, masks, chooses, rounds, compares, straight]
DECIDING = [is_in, as_integers, hashes, is_true, unique]


@pytest.mark.parametrize("loss", LOSSES + DECIDING)
def test_only_what_is_the_same_everywhere_is_not_recorded_again(loss: Callable[..., Any]) -> None:
    user_loss = UserLoss(loss, lambda x: {"x": x}, {"x": x}, {})
    given, other = user_loss.given, Point({"x": -1.7 * x}, {})
    first, there = user_loss.recorded(given), user_loss.record(other)
    again = replay(first, (other.params["x"],), user_loss.loss_at(other))
    assert (again is not None) == (loss is straight)
    if again is not None:
        assert again.program.same_as(there.program)
        assert again.value == there.value
        assert again.switches == there.switches
    assert replay(first, (other.params["x"],), user_loss.loss_at(other) + 1e-15) is None
    assert replay(None, (x,), np.zeros(())) is None


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("factor", [1.0, 1.0001])
def test_the_verdict_is_that_of_the_branch_at_each_point(
    loss: Callable[..., Any], factor: float
) -> None:
    def gradient(x: Any) -> Any:
        if loss is branches:
            return factor * (2 * x if x[0] > 0 else 3 * x**2)
        if loss is chooses:
            return factor * (2 * x + (np.arange(3) == np.argmax(x)))
        if loss is rounds:
            return factor * np.rint(x)
        if loss is straight:
            t = np.tanh(x)
            return factor * (2 * t * (t > 0.1) * (1 - t**2) + np.sign(x) * (np.arange(3) == 1))
        return factor * 2 * x * (x > 0)

    verdict = str(crosscheck.certify(loss, gradient, {"x": x}, oracles=["torch"]).verdict)
    assert verdict == ("AGREE" if factor == 1 else "DISAGREE")
