"""The independent witness: finite differences of the plain NumPy run."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

STEP = 7e-4


def directional(
    loss: Callable[..., Any],
    params: dict[str, Any],
    data: dict[str, Any],
    direction: dict[str, Any],
) -> tuple[float, float]:
    """Fourth-order slope of the loss along a direction, and how far rounding may have moved it."""

    def at(step: float) -> float:
        moved = {name: value + step * direction[name] for name, value in params.items()}
        return float(np.asarray(loss(**moved, **copy.deepcopy(data))).reshape(()))

    f = {k: at(k * STEP) for k in (-2, -1, 1, 2)}
    slope = (8 * (f[1] - f[-1]) - (f[2] - f[-2])) / (12 * STEP)
    return slope, 1e-14 * max(map(abs, f.values())) / STEP
