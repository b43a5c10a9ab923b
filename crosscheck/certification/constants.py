"""How large the numbers in the program of a loss are, as far as they have an effect."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.core.norms import norm

if TYPE_CHECKING:
    from crosscheck.certification.user_loss import UserLoss
    from crosscheck.core.types import Point

LOOKED_AT = 8  # of the largest constants of a program
CHANGE = 2.0**-10  # relative, of a constant that may have no effect


def constants(user_loss: UserLoss, framework: str, point: Point) -> float:
    """Return the largest number in the program that changes the gradient at a point, 1 or more.

    The −1e9 of a mask changes nothing: its exponential is zero.
    """
    from crosscheck.ir.run import backend

    recording = user_loss.recorded(point)
    program, leaves = recording.program.in_precision("float64"), list(recording.leaves)
    run = backend(framework).run
    _, gradients = run(program, leaves)
    sizes = {k: norm(c) for k, c in enumerate(program.constants) if c.dtype.kind == "f"}
    large = sorted((k for k, size in sizes.items() if 1 < size < np.inf), key=sizes.__getitem__)
    for k in large[: -LOOKED_AT - 1 : -1]:
        changed = list(program.constants)
        changed[k] = np.asarray(changed[k] * (1 + CHANGE))
        _, others = run(replace(program, constants=tuple(changed)), leaves)
        if any(not np.array_equal(*pair) for pair in zip(gradients, others, strict=True)):
            return sizes[k]
    return 1.0
