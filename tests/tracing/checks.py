"""One check: the value against NumPy's run, the gradient against central differences."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from crosscheck.tracing import examples
from tests.tracing.inputs import inputs_of


def check(loss: Callable[..., Any], framework: str) -> None:
    """Compare a framework's value and gradient of a loss with NumPy's.

    Raises:
        AssertionError: the value is not NumPy's, a slope is off by more than differences can be,
            or the gradient is zero, so that nothing is checked.

    """
    params, data = inputs_of(loss)
    expected = float(np.asarray(loss(**copy.deepcopy({**params, **data}))).reshape(()))
    found = examples.measure(loss, params, data, framework)
    assert abs(found.value - expected) <= 1e-12 * abs(expected) + 1e-13, (found, expected)
    assert found.size > 0
    assert found.error <= found.rounding + 3e-9, found
