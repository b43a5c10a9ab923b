"""Central differences beside the hand-written gradient: reported, never decisive.

Their error is theirs, not the gradient's, and the step explains how large it may be:

    truncation   h²/6·|f'''|, measured as |D(2h) − D(h)| / 3, for D(h) = f' + c·h² + O(h⁴)
    rounding     4·u·|f|/h in the two losses, and u·|x|·|f'|/h because x ± h is rounded, u = 2⁻⁵³
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crosscheck.core.norms import distance, norm
from crosscheck.core.verdict import U64
from crosscheck.results import Difference
from reference.numerical_gradient import H, central_difference

if TYPE_CHECKING:
    from crosscheck.core.types import Array, Point
    from reference.example import Example


def difference(example: Example, point: Point, name: str, grad: Array) -> Difference:
    """Return the central difference of the hand-written loss in one parameter, beside `grad`."""
    x = point.params[name]

    def loss(value: Array) -> Array:
        return np.asarray(example.forward(**{**point.params, name: value}, **point.data)[0])

    value = central_difference(loss, x)
    truncation = distance(central_difference(loss, x, 2 * H), value) / 3
    rounding = U64 * (4 * norm(loss(x)) + norm(x) * norm(value)) / H
    return Difference(value, distance(value, grad), truncation + rounding, H)
