"""Which sides of its switches a loss took among the points, and points on the sides it did not.

A gradient is judged where it was evaluated, and nowhere else: a branch that no point takes may be
missing in it, and a threshold may be off by as much as no point comes near it. So the recorded
margins (left − right of every comparison, `maximum`, `clip` …) are looked at; where a side was
never taken, or never nearby, a point is sought along random directions: margins are evaluated by
NumPy alone, which costs as much as the loss. What cannot be reached is said.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from crosscheck.core.norms import norm
from crosscheck.core.types import Point
from crosscheck.ir.numpy_backend import kernels
from crosscheck.ir.program import evaluate
from crosscheck.ir.recording import ORDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from crosscheck.core.types import Array
    from crosscheck.ir.recording import Expression, Recording, Switch

    Way = dict[str, Array]  # by parameter

DIRECTIONS = 6
LENGTHS = (0.1, 1.0, 10.0, 100.0)  # relative to each parameter's size
NEAR = 0.004  # of what margins usually are
CLOSE = 0.001  # the same, of a point that is sought
HALVINGS = 20
MOST = 6  # points that are added
# What is to be said of a switch whose left operand was never larger, and never smaller.
SAYS = {
    "less": ("was always true", "was never true"),
    "less_equal": ("was always true", "was never true"),
    "greater": ("was never true", "was always true"),
    "greater_equal": ("was never true", "was always true"),
    "equal": ("was never exceeded", "was always exceeded"),
    "not_equal": ("was never exceeded", "was always exceeded"),
    "maximum": ("never took its first argument", "always took its first argument"),
    "fmax": ("never took its first argument", "always took its first argument"),
    "minimum": ("always took its first argument", "never took its first argument"),
    "fmin": ("always took its first argument", "never took its first argument"),
    "clip": ("was never above this bound", "was never below this bound"),
    "absolute": ("was never taken of a positive number", "was never taken of a negative number"),
    "sign": ("was never taken of a positive number", "was never taken of a negative number"),
    "heaviside": ("was never taken of a positive number", "was never taken of a negative number"),
    ORDER: ("chose the same entries at every point",),
}


COMPARED = frozenset({"less", "less_equal", "greater", "greater_equal", "equal", "not_equal"})


class Side(NamedTuple):
    """A switch of the source and one of its sides: +1 where the left operand is larger."""

    number: int  # of the switches of one place, as `clip` has several
    operation: str
    place: Expression
    sign: int


@dataclass(frozen=True)
class Coverage:
    """What the points cover.

    `added` are further points, and `reached` says of each which sides are taken there alone;
    `uncovered` says which sides no point takes.
    """

    added: tuple[Point, ...] = ()
    reached: tuple[tuple[str, ...], ...] = ()
    uncovered: tuple[str, ...] = ()


def cover(
    recordings: Sequence[tuple[Point, Recording]],
    record: Callable[[Point], Recording | None],
    ways: Callable[[Point], Iterator[Way]] | None = None,
) -> Coverage:
    """Return points on sides of switches that no given point takes, and what stays uncovered.

    Args:
        recordings: each point with the recording of the loss there.
        record: the recording at a point; None where the loss cannot be evaluated.
        ways: the directions in which points are sought; random ones by default.

    """
    seen = _Seen()
    for point, recording in recordings:
        seen.add(point, recording)
    added: list[Point] = []
    reached: list[tuple[str, ...]] = []
    tried: set[Side] = set()
    while len(added) < MOST and (left := seen.lacking(tried)):
        tried.add(side := left[0])
        point, recording = seen.known[side]
        found = _steered(side, point, recording, record, ways or random_ways)
        if found is not None:
            before = set(seen.taken)
            # Its own recording may know switches that no other point has come to.
            seen.add(*found)
            added.append(found[0])
            reached.append(_sentences(seen.taken - before))
    return Coverage(tuple(added), tuple(reached), _sentences(seen.known.keys() - seen.taken))


class _Seen:
    """The sides of switches at some points."""

    def __init__(self) -> None:
        self.known: dict[Side, tuple[Point, Recording]] = {}
        self.taken: set[Side] = set()
        self.near: set[Side] = set()  # taken, and near to the other side
        self._orders: dict[Expression, list[int]] = {}

    def add(self, point: Point, recording: Recording) -> None:
        """Note what a point takes, as it was recorded there."""
        found = _margins(recording, point)
        for side in found:
            self.known.setdefault(side, (point, recording))
        self.taken |= {side for side, value in found.items() if value.any_beyond}
        self.near |= {side for side, value in found.items() if value.any_near}
        for place, choices in _orders(recording).items():
            if self._orders.setdefault(place, choices) != choices:
                self.taken.add(Side(0, ORDER, place, 1))

    def lacking(self, tried: set[Side]) -> list[Side]:
        """Return the sides at which a point is to be sought, those without any first."""
        known = [side for side in self.known if side not in tried and side not in self.near]
        wanted = [side for side in known if side.operation != ORDER or side not in self.taken]
        return sorted(wanted, key=lambda side: side in self.taken)


def _orders(recording: Recording) -> dict[Expression, list[int]]:
    """Return what was chosen at each place, call by call."""
    chosen: dict[Expression, list[int]] = defaultdict(list)
    for place, choice in recording.orders:
        chosen[place].append(choice)
    return chosen


class Margin(NamedTuple):
    """The margins of one side at one point, and how large one is that counts as near."""

    values: Array
    scale: float

    @property
    def any_beyond(self) -> bool:
        """Whether some entry is on this side."""
        return bool((self.values > 0).any())

    @property
    def any_near(self) -> bool:
        """Whether some entry is on this side, and near to the other."""
        return bool(((self.values > 0) & (self.values <= NEAR * self.scale)).any())


def _margins(recording: Recording, point: Point) -> dict[Side, Margin]:
    """Return the margins of every side at a point; the recording may be another's nearby."""
    program = recording.margins
    if program is None:
        return {}
    leaves = list(point.params.values())
    with np.errstate(all="ignore"):
        values = evaluate(program.structure, leaves, program.constants, kernels())
    grouped: dict[tuple[int, Switch], list[Array]] = defaultdict(list)
    before: tuple[Switch | None, int] = None, 0
    for switch, value in zip(recording.switches, values, strict=True):
        # `clip` notes two switches one after the other: its bounds.
        number = before[1] + 1 if switch == before[0] and switch.operation == "clip" else 0
        number %= 2
        before = switch, number
        grouped[number, switch].append(np.ravel(value))
    found: dict[Side, Margin] = {}
    for (number, switch), parts in grouped.items():
        margin = np.concatenate(parts)
        margin = margin[np.isfinite(margin)]
        scale = float(np.median(np.abs(margin))) if margin.size else 0.0
        signs = (1,) if switch.operation == ORDER else (1, -1)
        for sign in signs if margin.size else ():
            side = Side(number, switch.operation, switch.place, sign)
            found[side] = Margin(sign * margin, scale)
    return found


def _steered(
    side: Side,
    point: Point,
    recording: Recording,
    record: Callable[[Point], Recording | None],
    ways: Callable[[Point], Iterator[Way]],
) -> tuple[Point, Recording] | None:
    """Return a point at which an entry has just changed to this side; None if none is found."""
    start = _margins(recording, point)[side]

    def values(at: Point) -> Array:
        """Return the margins at another point, none where they are not the same ones."""
        found = _margins(recording, at).get(side)
        return found.values if found and found.values.shape == start.values.shape else np.zeros(0)

    for way in islice(ways(point), DIRECTIONS):
        for length in LENGTHS:
            end = _moved(point, way, length)
            crossing = values(end) > 0
            crossing = crossing != (start.values > 0) if crossing.size else crossing
            if not crossing.any():
                continue
            nearest = int(np.argmin(np.where(crossing, np.abs(start.values), np.inf)))
            ends = (end, point) if start.values[nearest] > 0 else (point, end)
            just = _between(*ends, values, nearest, CLOSE * start.scale)
            for found in (just, ends[1]):
                recorded = record(found)
                if recorded is not None and _takes(side, found, recorded, recording):
                    return found, recorded
    return None


def _takes(side: Side, point: Point, recording: Recording, other: Recording) -> bool:
    """Return whether the loss comes to a switch at a point at all, and takes this side.

    `other` is a recording whose choice is to be another one.
    """
    if side.operation == ORDER:
        orders = _orders(recording)
        return side.place in orders and orders[side.place] != _orders(other)[side.place]
    margin = _margins(recording, point).get(side)
    return margin is not None and margin.any_beyond


def _between(
    start: Point, end: Point, values: Callable[[Point], Array], entry: int, near: float
) -> Point:
    """Return a point between two at which a margin is positive, as at the end, and `near` 0."""

    def margin(at: Point) -> float:
        found = values(at)
        return float(found[entry]) if found.size else -np.inf

    low, high = 0.0, 1.0
    at = functools.partial(_blend, start, end)
    for _ in range(HALVINGS):
        if margin(at(high)) <= near:
            break
        middle = (low + high) / 2
        low, high = (low, middle) if margin(at(middle)) > 0 else (middle, high)
    return at(high)


def _blend(start: Point, end: Point, t: float) -> Point:
    pairs = ((path, a, end.params[path]) for path, a in start.params.items())
    return Point({path: np.asarray(a + t * (b - a)) for path, a, b in pairs}, start.data)


def _moved(point: Point, way: Way, length: float) -> Point:
    moved = {path: np.asarray(a + length * way[path]) for path, a in point.params.items()}
    return Point(moved, point.data)


def random_ways(point: Point) -> Iterator[Way]:
    """Yield random directions without end, in units of each parameter's size."""
    rng = np.random.default_rng(0)
    while True:
        yield {
            path: (norm(a) or 1.0) * rng.standard_normal(a.shape)
            for path, a in point.params.items()
        }


def _sentences(sides: Iterable[Side]) -> tuple[str, ...]:
    return tuple(sorted(set(map(_sentence, sides))))


def _sentence(side: Side) -> str:
    """Return which side was never taken, and where."""
    place = side.place
    bound = ("lower bound", "upper bound")[side.number]
    if side.operation == "clip":
        what = f"never {'above' if side.sign > 0 else 'below'} its {bound}"
        return f"{place.file}:{place.line}: {place.text} was {what}"
    return f"{place.file}:{place.line}: {place.text} {SAYS[side.operation][side.sign < 0]}"
