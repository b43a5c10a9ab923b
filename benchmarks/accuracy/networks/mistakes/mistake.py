"""What a planted mistake is: a piece of source, and what stands there instead."""

from __future__ import annotations

from math import nan
from typing import NamedTuple


class Mistake(NamedTuple):
    """`right` is replaced by `wrong` wherever it stands in a module of the zoo.

    `cost` is the one cost for which that is a mistake of this kind; empty for any. `lines` are
    pieces of the loss's source: each stands on a line whose derivative is then treated wrongly.
    `size` is the number that belongs to the mistake, such as a learning rate.
    """

    kind: str
    right: str
    wrong: str
    cost: str = ""
    lines: tuple[str, ...] = ()
    size: float = nan
