"""What a wrong gradient of a kernel is, as far as numbers alone can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Array = np.ndarray[Any, Any]
    Pairs = Sequence[tuple[Array, Array]]  # actual and expected, at each point


def what_it_is(
    pairs: Pairs, noise: float, others: Mapping[str, Sequence[Array]], digits: int
) -> str:
    """Return what a gradient is instead of the right one, in words; "" if nothing fits.

    Args:
        pairs: the actual and the expected gradient at each point, of one shape.
        noise: the tolerance of an entry.
        others: the expected gradients of other inputs at each point.
        digits: with how many a factor is written.

    """
    for name, instead in VARIANTS:
        if all(_near(actual, instead(expected), noise) for actual, expected in pairs):
            return name
    for name, gradients in others.items():
        same = (_near(a, other, noise) for (a, _), other in zip(pairs, gradients, strict=True))
        if all(same):
            return f"it is the gradient of {name}"
    found, right = (np.concatenate([pair[k].reshape(-1) for pair in pairs]) for k in (0, 1))
    factor = float(found @ right / (right @ right)) if right.any() else 0.0
    if factor and _near(found, factor * right, max(abs(factor), 1.0) * noise):
        return f"multiplied by {factor:.{digits}g}"
    return ""


VARIANTS: list[tuple[str, Callable[[Array], Array]]] = [
    ("it is zero", np.zeros_like),
    ("its sign is wrong", np.negative),
    ("it is transposed", lambda g: np.swapaxes(g, -1, -2) if g.ndim > 1 else g),
]


def _near(actual: Array, variant: Array, noise: float) -> bool:
    """Return whether two gradients are the same up to rounding."""
    if actual.shape != variant.shape:
        return False
    return bool(np.sqrt(np.mean(np.square(actual - variant))) <= noise)
