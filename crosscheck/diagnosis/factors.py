"""What a factor of a gradient means: which constants of the program it is, or which length.

A constant is a reason only where the gradient passes it, and in its own direction. Where there is
no reason, what the factor would have the effect of is said to be equivalent, and no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import isclose, prod
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.diagnosis.shapes import over
from crosscheck.ir.unbroadcast import broadcast_axes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from crosscheck.diagnosis.backward import Run

    Lengths = Mapping[int, Sequence[str]]  # a length -> all axes that have it, the batch first

CLOSE = 1e-8  # of a factor: it is fitted
LEARNING_RATES = (0.1, 0.01, 0.001, 0.0001)
SCALING = {"multiply", "divide", "power"}
SHAPES = {"reshape", "transpose", "broadcast"}
MEANS = {"mean", "average", "var", "std"}
UPSTREAM = "dout"  # what a layer's upstream gradient is called among its data


@dataclass(frozen=True)
class Constant:
    """A constant of a node: the factor that a gradient without it has, and how to say that."""

    node: int
    factor: float
    missing: str
    twice: str


@dataclass(frozen=True)
class Reason:
    """What explains a factor, and the nodes that it is at."""

    text: str
    nodes: tuple[int, ...]


def described(
    factor: float, reasons: Sequence[Reason], others: Sequence[str], nodes: Sequence[int]
) -> str:
    """Return a factor and the reasons for it, or what it is equivalent to: `others`, too.

    A product of two constants may be chance, and so may be one that is not at the factor's `nodes`.
    """
    if factor == 0:
        return "gradient is zero: nothing is propagated"
    if factor == -1:
        return "sign flipped"
    here = [r for r in reasons if len(r.nodes) == 1 and r.nodes[0] in nodes]
    said = [*dict.fromkeys(r.text for r in here)]
    like = [*dict.fromkeys((*others, *(r.text for r in reasons)))]
    text = f"multiplied by {factor:.6g}"
    if said:
        return f"{text}: {', or '.join(said)}"
    colon = ":" if reasons else ""
    return f"{text}, equivalent to{colon} {', or '.join(like)}" if like else text


def equivalent(factor: float, nodes: Sequence[int], run: Run, lengths: Lengths) -> list[str]:
    """Return what a factor would have the effect of."""
    number = round(max(abs(factor), 1 / abs(factor)))
    own = [axis for n in sorted(nodes) for axis, length in _own(run, n) if length == number]
    axes = [f"the summed axis {axis}" for axis in own]
    axes = [*dict.fromkeys((*axes, *lengths.get(number, ())))] if number > 1 else []
    if axes and _close(factor, number):
        return [f"a multiplication by {_axes(axes)}"]
    if axes and _close(factor, 1 / number):
        return [f"a division by {number}, {_axes(axes)}"]
    rates = [rate for rate in LEARNING_RATES if _close(factor, rate)]
    return [f"a learning rate of {rate:g} inside the gradient" for rate in rates]


def scales(run: Run, n: int) -> bool:
    """Whether a node has a factor: a constant, the 2 of a square, the length of a sum."""
    node = run.nodes[n]
    # what a number is divided by is no factor
    inputs = {"multiply": node.inputs, "divide": node.inputs[1:]}.get(node.operation, ())
    by_number = any(run.values[i].ndim == 0 and not run.tracked[i] for i in inputs)
    return by_number or node.operation in {"square", "power", "sum"}


@dataclass(frozen=True)
class Factors:
    """The constants of a program.

    `names` are those of the parameters; `text_of` says what a node is called in the source: "" if
    there is none, None for a node that is not the user's.
    """

    run: Run
    lengths: Lengths
    names: Sequence[str]
    text_of: Callable[[int], str | None]

    def reasons(self, factor: float, nodes: Sequence[int], leaves: Collection[int]) -> list[Reason]:
        """Return all reasons for a factor of some leaves' gradients, that may be at any node."""
        if factor in {0, -1, 1}:
            return []
        path = [*nodes, *self.run.passed_from(max(nodes))]
        constants = list(self._constants(path))
        missing = [c for c in constants if _close(factor, c.factor)]
        found = [Reason(c.missing, (c.node,)) for c in missing]
        found += self._averages(factor, nodes, leaves)
        found += [Reason(c.twice, (c.node,)) for c in constants if _close(factor, 1 / c.factor)]
        return found or [
            Reason(f"{a.missing} and {b.missing}", (a.node, b.node))
            for a, b in combinations(constants, 2)
            if _close(factor, a.factor * b.factor)
        ]

    def _constants(self, nodes: Sequence[int]) -> Iterator[Constant]:
        """Yield the constants that the nodes multiply or divide by, or their derivatives do."""
        run = self.run
        for n in sorted(set(nodes)):
            node = run.nodes[n]
            if self.text_of(n) is None:  # ours: the upstream gradient that is drawn at random
                continue
            if _is_square(run, n):
                square = "the 2 of the derivative of the square"
                yield Constant(n, 0.5, f"{square} is left out", f"{square} is applied twice")
            for k, i in enumerate(node.inputs) if node.operation in SCALING else ():
                number = None if run.tracked[i] else _number(run, i)
                if number is None or number == 1 or _is_square(run, n):
                    continue
                # a sign of its own is a mistake of its own
                number = abs(number)
                if node.operation == "divide" and k == 1:
                    yield from self._divisors(n, number)
                elif node.operation != "power" and self._is_length(1 / number):
                    yield from self._divisors(n, round(1 / number))
                elif node.operation != "power" or k == 1:
                    what = "exponent" if node.operation == "power" else "constant"
                    said = f"the {what} {number:.6g} is"
                    yield Constant(n, 1 / number, f"{said} left out", f"{said} applied twice")

    def _divisors(self, n: int, number: float) -> Iterator[Constant]:
        """Yield what a node divides by: a number, and of a mean each of its axes."""
        summed = [
            axis
            for i in self.run.nodes[n].inputs
            if self.run.tracked[i]
            for axis in _summed(self.run, i)
        ]
        if not summed or not isclose(number, prod(length for _, length in summed)):
            batch = self._batch(number)
            named = f"the batch size ({batch})" if batch else self._lengths(number)
            yield _divisor(n, number, named)
            return
        function = (self.text_of(n) or "").rpartition(".")[2]
        mean = f"np.{function} over " if function in MEANS else ""
        longer = [(axis, length) for axis, length in summed if length > 1]
        for some in (s for count in range(len(longer)) for s in combinations(longer, count + 1)):
            axes, length = [axis for axis, _ in some], prod(length for _, length in some)
            batch = self._batch(length) if axes == [0] else ""
            if batch:
                yield _divisor(n, length, f"the batch size ({mean}{batch})")
            else:
                known = self._lengths(length) if len(axes) == 1 else ""
                named = f"the n of {mean or 'the sum over '}{over(axes)}"
                yield _divisor(n, length, f"{named} ({known})" if known else named)

    def _batch(self, number: float) -> str:
        """Return `axis 0 of X` where a length is that of the first axes alone, and of data."""
        axes = self.lengths.get(int(number), ()) if number % 1 == 0 else ()
        arrays = [axis.removeprefix("axis 0 of ") for axis in axes]
        data = [name for name in arrays if name not in self.names]
        if not data or any(f"axis 0 of {name}" not in axes for name in arrays):
            return ""
        return f"axis 0 of {min(arrays, key=lambda name: name.startswith(UPSTREAM))}"

    def _is_length(self, number: float) -> bool:
        """Whether a number is that of the entries along an axis; ½ is a factor of its own."""
        return number > 2 and _close(number, round(number)) and round(number) in self.lengths  # noqa: PLR2004

    def _lengths(self, number: float) -> str:
        axes = self.lengths.get(int(number), ()) if number % 1 == 0 else ()
        return _axes(axes) if axes else ""

    def _averages(
        self, factor: float, nodes: Sequence[int], leaves: Collection[int]
    ) -> Iterator[Reason]:
        """Yield the broadcasts whose gradients, averaged instead of summed, have this factor."""
        run = self.run
        found: dict[int, str] = {}
        averaged: set[int] = set()
        for n in sorted({c for i in nodes for c in (i, *run.consumers[i])}):
            shape = run.values[n].shape
            for i in run.nodes[n].inputs if run.nodes[n].operation in {"add", "subtract"} else ():
                axes = broadcast_axes(run.values[i].shape, shape) if i in nodes else ()
                if axes and _close(factor, 1 / prod(shape[a] for a in axes)):
                    found[n] = f"averaged, not summed, over {over(axes)}"
                    averaged |= run.below[i]
        if averaged.issuperset(leaves):
            yield from (Reason(text, (n,)) for n, text in found.items())


def _divisor(n: int, number: float, named: str) -> Constant:
    said = f"{number:.6g}, {named}" if named else f"{number:.6g}"
    return Constant(n, number, f"not divided by {said}", f"divided twice by {said}")


def _is_square(run: Run, n: int) -> bool:
    node = run.nodes[n]
    if node.operation == "power" and not run.tracked[node.inputs[1]]:
        return _number(run, node.inputs[1]) == 2  # noqa: PLR2004
    return node.operation == "square" or (
        node.operation == "multiply" and node.inputs[0] == node.inputs[1]
    )


def _number(run: Run, n: int) -> float | None:
    """Return the number that a constant is, but for zeros: a mask has one, too."""
    value = run.values[n]
    entries = np.unique(value[value != 0])
    return float(entries[0]) if entries.size == 1 else None


def _summed(run: Run, n: int) -> list[tuple[int, int]]:
    """Return the axes and lengths that a value was just summed over."""
    while run.nodes[n].operation in SHAPES:
        n = run.nodes[n].inputs[0]
    return _own(run, n)


def _own(run: Run, n: int) -> list[tuple[int, int]]:
    """Return the axes and lengths that a node sums over."""
    node = run.nodes[n]
    shape = run.values[node.inputs[0]].shape if node.operation == "sum" else ()
    return [(axis, shape[axis]) for axis in (node.static[0] if shape else ())]


def _axes(axes: Sequence[str]) -> str:
    *others, last = axes
    return f"the length of {', '.join(others)} and {last}" if others else f"the length of {last}"


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= CLOSE * abs(b)
