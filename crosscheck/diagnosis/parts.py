"""Whether a hypothesis gives a part of an actual gradient, so that another one gives the rest.

A part is one of two terms, some of the entries, or everything but a factor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crosscheck.core.norms import norm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosscheck.diagnosis.backward import Array


def sizes(correct: Array, once: Array, actual: Array, slack: float) -> Iterator[float]:
    """Yield the sizes at which a hypothesis gives a part, from its gradient at size 1."""
    effect = once - correct
    square = float(np.sum(effect * effect))
    if not square:
        return
    size = float(np.sum(effect * (actual - correct))) / square
    if is_part(correct, correct + size * effect, actual, slack):
        yield size
    rest = correct - effect
    if np.any(rest * effect):
        terms = np.stack([rest.reshape(-1), effect.reshape(-1)], axis=1)
        factors, *_ = np.linalg.lstsq(terms, actual.reshape(-1), rcond=None)
        if norm(terms @ factors - actual.reshape(-1)) <= slack:
            yield float(factors[1]) - 1


def is_part(correct: Array, got: Array, actual: Array, slack: float) -> bool:
    """Whether a gradient is a part of the actual one, to within `slack`, and the correct is not."""
    square = float(np.sum(got * got))
    factor = float(np.sum(got * actual)) / square if square else 0.0
    if factor and norm(factor * got - actual) <= slack:
        return True
    changed = got != correct
    right, wrong = (norm(each[changed] - actual[changed]) for each in (got, correct))
    return bool(changed.any()) and right <= slack < wrong
