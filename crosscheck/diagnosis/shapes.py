"""A gradient whose shape is not its parameter's: what that shape alone says of it."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crosscheck.diagnosis.backward import Array

    Shape = tuple[int, ...]
    Turn = Callable[[Array], Array]


@dataclass(frozen=True)
class Misshapen:
    """What gives a wrong shape.

    Attributes:
        kind: A key, as that of `Cause`.
        sentence: What it is, in words.
        fix: What to do.
        repair: Makes an array of the right shape of the wrong one; None where that is lost.
        spoil: Makes an array of the wrong shape of the right one.

    """

    kind: str
    sentence: str
    fix: str
    repair: Turn | None
    spoil: Turn | None = None


def misshapen(actual: Shape, expected: Shape) -> Iterator[Misshapen]:
    """Yield what explains a shape that is not the expected one, the likeliest first."""
    for kind, what, fix, *turns in _explained(actual, expected):
        yield Misshapen(kind, f"shape {actual} instead of {expected}: {what}", fix, *turns)


def _explained(actual: Shape, expected: Shape) -> Iterator[tuple[Any, ...]]:
    for order in permutations(range(len(actual))) if len(actual) == len(expected) else ():
        if tuple(actual[a] for a in order) == expected:
            turn = functools.partial(np.transpose, axes=order)
            yield "turned", "transposed", "transpose it", turn
    reshape = functools.partial(np.reshape, shape=expected)
    if _long(actual) == _long(expected):
        if len(actual) < len(expected):
            everything = "" if actual else "summed over everything, or "
            what = f"{everything}an axis of length 1 is missing (keepdims)"
            fix = "sum with keepdims=True, or reshape it"
        else:
            what = "an axis of length 1 too many (keepdims)"
            fix = "sum without keepdims, or reshape it"
        yield "reshaped", what, fix, reshape
    for axes in _dropped(actual, expected):
        fix = f"np.sum(…, axis={axes if len(axes) > 1 else axes[0]})"
        repair = functools.partial(np.sum, axis=axes)
        yield "not summed", f"not summed over {over(axes)}", fix, repair
    if math.prod(actual) == math.prod(expected):
        yield "reshaped", "as many entries, arranged otherwise", "reshape it", reshape
    for axes in _dropped(expected, actual):
        fix = "sum over the broadcast axes alone"
        spoil = functools.partial(np.sum, axis=axes)
        everything = "everything, over " if actual == () else ""
        what = f"summed over {everything}{over(axes)}, too"
        yield "summed over everything", what, fix, None, spoil


def _long(shape: Shape) -> list[int]:
    return [n for n in shape if n > 1]


def _dropped(larger: Shape, smaller: Shape) -> Iterator[tuple[int, ...]]:
    """Yield the axes without which a shape is another one."""
    axes = range(len(larger))
    for some in combinations(axes, max(len(larger) - len(smaller), 0)):
        if some and tuple(larger[a] for a in axes if a not in some) == smaller:
            yield some


def over(axes: Sequence[int]) -> str:
    """Return `axis 0`, or `axes 0 and 2`."""
    *others, last = map(str, axes)
    return f"axes {', '.join(others)} and {last}" if others else f"axis {last}"
