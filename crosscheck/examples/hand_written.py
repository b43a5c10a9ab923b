"""The hand-written results: the examples of `reference`, asked for the same quantities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crosscheck.core.types import HandWritten, named

if TYPE_CHECKING:
    from crosscheck.core.types import Array, Dtype, Point, Quantities
    from reference.example import Example


def hand_written(example: Example, point: Point, dtype: Dtype = "float64") -> HandWritten:
    """Return the quantities as the hand-written example computes them, as far as it gets."""
    point = point.cast(dtype)
    done: Quantities = {}
    try:
        loss, residuals = example.forward(**point.params, **point.data)
        done |= named(loss, {}, {})
        done |= named(loss, example.backward(*residuals), {})
        done |= named(loss, {}, _trajectory(example, point))
    except Exception as error:  # noqa: BLE001 - a finding, not a crash
        return HandWritten(done, f"{type(error).__name__}: {error}")
    return HandWritten(done)


def _trajectory(example: Example, point: Point) -> dict[str, Array]:
    """Return each parameter after every step, shape (steps, *its own); empty if none is trained."""
    if hasattr(example, "descent"):
        after = [params for _, params in example.descent(point.params, point.data)]
    elif hasattr(example, "step"):
        after = [example.step(point.params, point.data)[1]]
    else:
        return {}
    return {
        name: np.array([params[name] for params in after]).reshape(len(after), *value.shape)
        for name, value in point.params.items()
    }
