"""Central differences beside the hand-written gradient: reported, never decisive.

Their error is theirs, not the gradient's, and the step explains how large it may be:

    truncation   h²/6·|f'''|, measured as |D(2h) − D(h)| / 3, for D(h) = f' + c·h² + O(h⁴)
    rounding     4·u·|f|/h in the two losses, and u·|x|·|f'|/h because x ± h is rounded, u = 2⁻⁵³
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.distance import distance
from crosscheck.verdict import U64, norm
from reference.numerical_gradient import H, central_difference

if TYPE_CHECKING:
    from crosscheck.quantities import Point
    from reference.example import Array, Example


@dataclass(frozen=True)
class Difference:
    """A central difference: its value, how far from the hand gradient, how far its step explains.

    `error` and `explained` are absolute, the largest over the entries.
    """

    value: Array
    error: float
    explained: float

    @property
    def is_explained(self) -> bool:
        """Whether the step accounts for the whole distance."""
        return self.error <= self.explained


def difference(example: Example, point: Point, name: str, grad: Array) -> Difference:
    """Return the central difference of the hand-written loss in one parameter, beside `grad`."""
    x = point.params[name]

    def loss(value: Array) -> Array:
        return np.asarray(example.forward(**{**point.params, name: value}, **point.data)[0])

    value = central_difference(loss, x)
    truncation = distance(central_difference(loss, x, 2 * H), value) / 3
    rounding = U64 * (4 * norm(loss(x)) + norm(x) * norm(value)) / H
    return Difference(value, distance(value, grad), truncation + rounding)
