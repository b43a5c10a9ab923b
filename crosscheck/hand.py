"""The hand-written author: the examples of `reference`, asked for the same quantities."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from crosscheck.quantities import named

if TYPE_CHECKING:
    from crosscheck.quantities import Dtype, Point, Quantities
    from reference.example import Array, Example


class Hand(NamedTuple):
    """What the hand-written code computed at a point, and what it raised before the rest."""

    quantities: Quantities
    raised: str = ""


def by_hand(example: Example, point: Point, dtype: Dtype = "float64") -> Hand:
    """Return the quantities as the hand-written example computes them, as far as it gets."""
    point = point.cast(dtype)
    done: Quantities = {}
    try:
        loss, residuals = example.forward(**point.params, **point.data)
        done |= named(loss, {}, {})
        done |= named(loss, example.backward(*residuals), {})
        done |= named(loss, {}, _trajectory(example, point))
    except Exception as error:  # noqa: BLE001 - a finding, not a crash
        return Hand(done, f"{type(error).__name__}: {error}")
    return Hand(done)


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
