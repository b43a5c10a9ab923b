"""Whether a function reads an array: another one in its place changes the result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.side_effects import attempt
from crosscheck.core.sampling import moved

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck.certification.swap import Swap


def reads(swap: Swap, forward: Callable[[], Any], out: Any, value: Any) -> bool:
    """Return whether the forward pass computes something else if a value is another one."""
    array = np.asarray(value)
    other = moved(array, np.random.default_rng(0)).astype(array.dtype)
    try:
        swap.enter({"": other})
        with np.errstate(all="ignore"):
            now, raised = attempt(forward)
    finally:
        swap.leave()
    return bool(raised) or not _equal(now, out)


def _equal(a: Any, b: Any) -> bool:
    """Return whether two results are the same, whatever they are made of."""
    if isinstance(a, tuple | list):
        return isinstance(b, type(a)) and len(a) == len(b) and all(map(_equal, a, b))
    return np.array_equal(a, b, equal_nan=np.asarray(a).dtype.kind == "f")
