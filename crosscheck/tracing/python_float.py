"""A Python float of the user's run, in NumPy's clothes: a traced value has a dtype."""

from __future__ import annotations

from typing import Any

import numpy as np


class PythonFloat(np.float64):
    """What `x.item()`, `float(x)` and `math.exp(x)` give."""

    __slots__ = ()

    def __repr__(self) -> str:
        """As a Python float has it."""
        return float.__repr__(self)

    def __str__(self) -> str:
        """As a Python float has it."""
        return float.__str__(self)


def shown(primal: Any) -> Any:
    """The very value that the user's own run has."""
    return float(primal) if type(primal) is PythonFloat else primal
