"""One check for tests and table: value against NumPy's run, gradient against differences."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from crosscheck.tracing import value_and_grad
from tests.tracing.differences import directional
from tests.tracing.inputs import inputs_of

DIRECTIONS = 3


def check(loss: Callable[..., Any], framework: str) -> float:
    """How far the slopes are from the differences, relative to the gradient.

    Raises:
        AssertionError: the value is not NumPy's, a slope is off by more than differences can be,
            or the gradient is zero, so that nothing is checked.

    """
    params, data = inputs_of(loss)
    expected = float(np.asarray(loss(**copy.deepcopy({**params, **data}))).reshape(()))
    value, gradients = value_and_grad(loss, framework)(params, data)
    assert value.dtype == np.float64
    assert abs(value - expected) <= 1e-12 * abs(expected) + 1e-13, (value, expected)
    size = sum(float(np.abs(gradient).sum()) for gradient in gradients.values())
    assert size > 0
    worst = 0.0
    for seed in range(DIRECTIONS):
        direction = signs(params, seed)
        slope, noise = directional(loss, params, data, direction)
        along = sum(float(np.sum(gradients[name] * direction[name])) for name in gradients)
        assert abs(along - slope) <= noise + 3e-9 * size, (along, slope)
        worst = max(worst, abs(along - slope) / size)
    return worst


def signs(params: dict[str, Any], seed: int) -> dict[str, Any]:
    """A random direction of ±1, which touches every entry."""
    rng = np.random.default_rng(seed)
    return {name: rng.choice([-1.0, 1.0], np.shape(value)) for name, value in params.items()}
