"""Whether parameters can be exchanged: no view of them is kept, and no reference is hidden."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.side_effects import attempt
from crosscheck.core.sampling import moved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from crosscheck.certification.swap import Swap

CLOSE = 1e-6  # of the largest number: the same numbers in another memory layout


def refuse_views(
    swap: Swap, exchanged: Callable[[Mapping[str, Any]], Any], as_is: Callable[[], Any]
) -> None:
    """Raise where functions use a parameter in a way that an exchange of it does not reach.

    An exchanged parameter and one that is written into must do the same: a view of it, such as a
    kept `W.T`, follows what is written, and not what is exchanged.

    Args:
        swap: the parameters.
        exchanged: returns everything that is computed, with parameters exchanged for values.
        as_is: returns the same of what is in the user's objects.

    Raises:
        ValueError: they do not do the same.

    """
    rng = np.random.default_rng(0)
    own = (*swap.arrays.values(), *swap.zeroed)
    if not swap.arrays or not all(array.flags.writeable for array in own):
        return
    values = {name: moved(array, rng).astype(array.dtype) for name, array in swap.arrays.items()}
    values |= {name: place.kept.before[place.key] for name, place in swap.numbers.items()}
    with np.errstate(all="ignore"):
        by_exchange, raised = attempt(lambda: copy.deepcopy(exchanged(copy.deepcopy(values))))
    swap.leave()
    if raised:  # it is for others to say
        return
    before = [array.copy() for array in own]
    try:
        for name, array in swap.arrays.items():
            array[...] = values[name]
        for array in swap.zeroed:
            array[...] = 0
        with np.errstate(all="ignore"):
            by_writing, raised = attempt(lambda: copy.deepcopy(as_is()))
    finally:
        for array, was in zip(own, before, strict=True):
            array[...] = was
        swap.leave()
    if not raised and not _close(by_exchange, by_writing):
        views = [
            f"{found.name} of {name}"
            for name, array in swap.arrays.items()
            for found in swap.state.found
            if isinstance(found.thing, np.ndarray)
            and found.thing is not array
            and np.may_share_memory(found.thing, array)
        ]
        kept = f"a view is kept: {', '.join(views)}" if views else "a reference is hidden somewhere"
        msg = (
            f"the parameters {', '.join(swap.arrays)} cannot be exchanged, since {kept}; keep the "
            "array itself, and make views of it where they are used"
        )
        raise ValueError(msg)


def _close(a: Iterable[Any], b: Iterable[Any]) -> bool:
    """Return whether two lists of numbers are the same up to rounding."""
    for x, y in zip(a, b, strict=True):
        if x is None or y is None:
            continue
        size = float(np.max(np.abs(x), initial=0.0))
        if np.shape(x) != np.shape(y) or not np.allclose(x, y, CLOSE, CLOSE * size, equal_nan=True):
            return False
    return True
