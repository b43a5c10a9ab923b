"""One run of somebody's function: the program, where each node comes from, what left it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from crosscheck.ir.program import Array, Program


@dataclass(frozen=True)
class Site:
    """A line of the user's source."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}".rstrip(": ")


@dataclass(frozen=True)
class Expression:
    """A piece of the user's source: `text` begins on `line` of `file`, at `column` (in bytes)."""

    file: str
    line: int
    column: int
    text: str


@dataclass(frozen=True)
class Origin:
    """Which of the user's expressions are being computed, the outermost function's first.

    `call` numbers the calls that reach NumPy: what one call records has one number.
    """

    stack: tuple[Expression, ...]
    call: int


@dataclass(frozen=True)
class Escape:
    """A number that depends on a parameter and was handed out plain."""

    site: Site
    how: str


# Primitives that compute one thing or another, by which of their operands is larger.
BRANCHING = frozenset("maximum minimum fmax fmin clip".split())
ORDER = "order"  # the switch of a choice among entries: another one where left > right


@dataclass(frozen=True)
class Switch:
    """A comparison of two operands, or a primitive that computes one thing on either side of it."""

    operation: str
    place: Expression


@dataclass(frozen=True)
class Note:
    """What a place of the source does that no point can tell, or by which convention."""

    place: Expression
    text: str
    is_convention: bool = False

    def __str__(self) -> str:
        return f"{self.place.file}:{self.place.line}: {self.place.text} {self.text}"


@dataclass(frozen=True)
class Recording:
    """One run: the program, the parameters' values, NumPy's own loss, what escaped.

    `origins`: where each node of the program comes from; empty unless it was asked for. `is_near`:
    the run was one at a point very near to these leaves, and the loss is that one's. `margins`
    computes left − right of every one of the `switches`; None where there is none. `orders`: where
    entries were chosen by their order, and a hash of which. `notes`: what no point can tell.
    `decides`: whether a number became something without a gradient, such as a truth value.
    """

    program: Program
    leaves: tuple[Array, ...]
    value: Array
    escapes: tuple[Escape, ...]
    origins: tuple[Origin, ...] = ()
    is_near: bool = False
    switches: tuple[Switch, ...] = ()
    margins: Program | None = None
    orders: tuple[tuple[Expression, int], ...] = ()
    notes: tuple[Note, ...] = ()
    decides: bool = False

    @property
    def is_straight(self) -> bool:
        """Whether the run did nothing by the numbers' size that its program does not do itself."""
        inside = all(s.operation in BRANCHING | {"absolute"} for s in self.switches)
        chosen = self.decides or self.orders or self.notes or self.program.masks
        return inside and not (self.escapes or chosen)


def same_value(value: Any, exact: Array, eps: float = 2.0**-52) -> bool:
    """Whether two computations of one value differ by no more than rounding, of unit `eps`."""
    loose = max(eps, float(np.finfo(exact.dtype).eps)) ** 0.5
    return bool(np.allclose(value, exact, rtol=loose, atol=loose, equal_nan=True))
