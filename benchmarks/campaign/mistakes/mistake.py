"""What a planted mistake is: a piece of source, and what stands there instead."""

from __future__ import annotations

from typing import NamedTuple


class Mistake(NamedTuple):
    """`right` is replaced by `wrong` wherever it stands in a module of the zoo.

    `cost` is the one cost for which that is a mistake of this kind; empty for any.
    """

    kind: str
    right: str
    wrong: str
    cost: str = ""
