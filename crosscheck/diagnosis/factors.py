"""What a factor of a gradient means: which constants of the program it is, or which length.

A constant is a reason only where the gradient passes it, and in its own direction.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import isclose, prod
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.ir.unbroadcast import broadcast_axes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from crosscheck.diagnosis.backward import Run

    Lengths = Mapping[int, Sequence[str]]  # a length -> all axes that have it

CLOSE = 1e-8  # of a factor: it is fitted
LEARNING_RATES = (0.1, 0.01, 0.001, 0.0001)
SCALING = {"multiply", "divide", "power"}
SHAPES = {"reshape", "transpose", "broadcast"}


@dataclass(frozen=True)
class Constant:
    """A constant of the program: the factor that a gradient without it has, and how to say that."""

    factor: float
    missing: str
    twice: str


def described(factor: float, nodes: Sequence[int], run: Run, lengths: Lengths) -> str:
    """Return a factor and all reasons for it at some nodes of the program."""
    if factor == 0:
        return "gradient is zero: nothing is propagated"
    if factor == -1:
        return "sign flipped"
    text = f"multiplied by {factor:.6g}"
    reasons = [*dict.fromkeys(_reasons(factor, nodes, run, lengths))]
    return f"{text}: {', or '.join(reasons)}" if reasons else text + _equivalent(factor, lengths)


def _equivalent(factor: float, lengths: Lengths) -> str:
    """Return what a factor without a reason would have the effect of."""
    number = round(max(factor, 1 / factor))
    if number in lengths and _close(factor, number):
        return f", {_axes(number, lengths)}"
    if number in lengths and _close(factor, 1 / number):
        return f", equivalent to a division by {number}, {_axes(number, lengths)}"
    if any(_close(factor, rate) for rate in LEARNING_RATES):
        return f", equivalent to a learning rate of {factor:g} inside the gradient"
    return ""


def is_explained(factor: float, nodes: Sequence[int], run: Run) -> bool:
    """Return whether a constant at one of the nodes explains a factor."""
    return any(_close(factor, constant.factor) for constant in _constants(nodes, run, {}))


def _reasons(factor: float, nodes: Sequence[int], run: Run, lengths: Lengths) -> Iterator[str]:
    path = [*nodes, *run.passed_from(max(nodes))]
    constants = [*dict.fromkeys(_constants(path, run, lengths))]
    missing = [c.missing for c in constants if _close(factor, c.factor)]
    found = [*missing, *_averages(factor, nodes, run)]
    found = found or [c.twice for c in constants if _close(factor, 1 / c.factor)]
    yield from found
    for a, b in combinations(constants, 2) if not found else ():
        if _close(factor, a.factor * b.factor):
            yield f"{a.missing} and {b.missing}"


def _constants(nodes: Sequence[int], run: Run, lengths: Lengths) -> Iterator[Constant]:
    """Yield the constants that the nodes multiply or divide by, or that their derivatives do."""
    for n in sorted(set(nodes)):
        node = run.nodes[n]
        if node.operation == "square" or (
            node.operation == "multiply" and node.inputs[0] == node.inputs[1]
        ):
            square = "the 2 of the derivative of the square"
            yield Constant(0.5, f"{square} is left out", f"{square} is applied twice")
        for k, i in enumerate(node.inputs) if node.operation in SCALING else ():
            number = None if run.tracked[i] else _number(run, i)
            if number is None or number == 1:
                continue
            if node.operation == "divide" and k == 1:
                named = _divisor(run, n, number, lengths)
                yield Constant(number, f"not divided by {named}", f"divided twice by {named}")
            elif node.operation != "power" or k == 1:
                said = f"the constant {number:.6g} is"
                yield Constant(1 / number, f"{said} left out", f"{said} applied twice")


def _number(run: Run, n: int) -> float | None:
    """Return the number that a constant is, but for zeros: a mask has one, too."""
    value = run.values[n]
    entries = np.unique(value[value != 0])
    return float(entries[0]) if entries.size == 1 else None


def _divisor(run: Run, n: int, number: float, lengths: Lengths) -> str:
    averaged = _summed(run, run.nodes[n].inputs[0])
    if averaged and isclose(number, prod(length for _, length in averaged)):
        return f"{number:.6g}, the n of the mean over axis {', '.join(str(a) for a, _ in averaged)}"
    known = number % 1 == 0 and int(number) in lengths
    return f"{number:.6g}, {_axes(int(number), lengths)}" if known else f"{number:.6g}"


def _summed(run: Run, n: int) -> list[tuple[int, int]]:
    """Return the axes and lengths that a value was just summed over."""
    while run.nodes[n].operation in SHAPES:
        n = run.nodes[n].inputs[0]
    node = run.nodes[n]
    shape = run.values[node.inputs[0]].shape if node.operation == "sum" else ()
    return [(axis, shape[axis]) for axis in (node.static[0] if shape else ())]


def _averages(factor: float, nodes: Sequence[int], run: Run) -> Iterator[str]:
    """Yield the broadcasts whose gradients, averaged instead of summed, have this factor."""
    for n in sorted(set(nodes)):
        shape = run.values[n].shape
        for i in run.nodes[n].inputs if run.nodes[n].operation in {"add", "subtract"} else ():
            axes = broadcast_axes(run.values[i].shape, shape) if i in nodes else ()
            if axes and _close(factor, 1 / prod(shape[a] for a in axes)):
                yield f"averaged, not summed, over axis {', '.join(map(str, axes))}"


def _axes(number: int, lengths: Lengths) -> str:
    *others, last = lengths[number]
    return f"the length of {', '.join(others)} and {last}" if others else f"the length of {last}"


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= CLOSE * abs(b)
