"""The hand-written author: the examples of `reference`, asked for the same quantities."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.quantities import named
from reference.example import value_and_grad

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosscheck.quantities import Point, Quantities
    from reference.example import Example, Params


def by_hand(example: Example, point: Point) -> Quantities:
    """Return the quantities as the hand-written example computes them."""
    loss, grads = value_and_grad(example, point.data)(point.params)
    after: Sequence[Params] = ()
    if hasattr(example, "descent"):
        after = [params for _, params in example.descent(point.params, point.data)]
    elif hasattr(example, "step"):
        after = [example.step(point.params, point.data)[1]]
    trajectory = {name: np.stack([params[name] for params in after]) for name in chain(*after[:1])}
    return named(loss, grads, trajectory)
