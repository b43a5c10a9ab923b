"""Gradient descent: one step, and many.

params ← params − learning_rate · grads
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reference.example import Array, Data, Grads, Params


def step(
    params: Params, grads: Grads, learning_rate: float, updated: tuple[str, ...]
) -> dict[str, Array]:
    """Return the parameters after one step; those not in `updated` stay as they are.

    Nothing is written in place. Raises ValueError where a gradient is missing or has another
    shape than its parameter, which broadcasting would turn into another parameter.

    >>> step({"w": np.array([1.0, 2.0])}, {"w": np.array([10.0, 0.0])}, 0.1, ("w",))
    {'w': array([0., 2.])}
    """
    for name in updated:
        if name not in grads:
            msg = f"grads has no {name!r}, only {sorted(grads)}; backward must return every one"
            raise ValueError(msg)
        if np.shape(grads[name]) != np.shape(params[name]):
            msg = (
                f"grads[{name!r}] has shape {np.shape(grads[name])} and its parameter "
                f"{np.shape(params[name])}; a gradient has the shape of its parameter"
            )
            raise ValueError(msg)
    return {
        name: value - learning_rate * grads[name] if name in updated else value
        for name, value in params.items()
    }


def descent(
    step: Callable[[Params, Data], tuple[Array, Params]], params: Params, data: Data, steps: int
) -> Iterator[tuple[Array, Params]]:
    """Yield, for each of `steps` steps, the loss before it and the parameters after it."""
    if steps < 0:
        msg = f"steps is {steps}; a descent takes 0 steps or more"
        raise ValueError(msg)
    for _ in range(steps):
        loss, params = step(params, data)
        yield loss, params
