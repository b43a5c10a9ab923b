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


def sizes(correct: Array, once: Array, actual: Array) -> Iterator[float]:
    """Yield the sizes at which a hypothesis may give a part, from its gradient at size 1."""
    effect = once - correct
    square = float(np.sum(effect * effect))
    if not square:
        return
    yield float(np.sum(effect * (actual - correct))) / square
    terms = np.stack([(correct - effect).reshape(-1), effect.reshape(-1)], axis=1)
    (own, other), *_ = np.linalg.lstsq(terms, actual.reshape(-1), rcond=None)
    if own:
        yield float(other / own) - 1


def is_part(correct: Array, got: Array, actual: Array, slack: float) -> bool:
    """Whether a gradient is a part of the actual one, to within `slack`, and the correct is not."""
    square = float(np.sum(got * got))
    factor = float(np.sum(got * actual)) / square if square else 0.0
    if factor and norm(factor * got - actual) <= slack:
        return True
    changed = got != correct
    right, wrong = (norm(each[changed] - actual[changed]) for each in (got, correct))
    return bool(changed.any()) and right <= slack < wrong
