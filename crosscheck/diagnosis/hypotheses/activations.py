"""Hypotheses on an activation: its derivative missing, applied twice, or at another value."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.diagnosis.backward import Change
from crosscheck.diagnosis.hypotheses.base import Hypothesis, Kind, always, on_edge
from crosscheck.diagnosis.patterns import Region, regions, slope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from crosscheck.diagnosis.backward import Array, Run
    from crosscheck.diagnosis.source_steps import Step

    At = Callable[[Run, Region], int | None]  # the node at which a derivative is evaluated

LEFT_OUT = Kind(
    "derivative left out",
    "derivative missing",
    "multiply the upstream gradient by the derivative of this function",
    frozenset({"derivative at another value", "upstream", "loss without"}),
)
AT_OUTPUT = Kind(
    "derivative at the output",
    "derivative evaluated at the output instead of the input",
    "evaluate the derivative at the input, or rewrite it in terms of the output",
    frozenset({"derivative at another value"}),
)
TWICE = Kind(
    "differentiated twice",
    "derivative applied twice",
    "multiply the upstream gradient by the derivative once",
    frozenset({"upstream"}),
)
ELSEWHERE = Kind(
    "derivative at another value",
    "derivative evaluated at {other}",
    "evaluate the derivative at the input of this function",
)
ASSIGNED = Kind(
    "assignment left out",
    "gradient not set to zero where entries are overwritten",
    "set the upstream gradient to zero at the entries that are overwritten",
    frozenset({"upstream"}),
)
STALE = replace(ELSEWHERE, sentence="derivative evaluated at the value of the last iteration")
LINEAR = {"add", "subtract", "multiply", "negative", "positive", "cast"}  # in one of two operands
CONSTANT = 1e-12  # a slope that varies by less is that of a line


def activations(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield an elementwise function whose derivative is left out, or is that at another value."""
    found = [
        (step, [list(regions(run, n)) for n in step.nodes])
        for step in steps
        if run.values[step.nodes[0]].ndim or len(step.nodes) > 1
    ]
    for step, each in found:
        for unrolled in zip(*each, strict=False):
            if all(_is_line(run, region) for region in unrolled):
                continue
            links = (step.nodes[0], *reversed(unrolled[0].inner[:-1]))
            yield Hypothesis(LEFT_OUT, links, _replacing(unrolled, lambda run, r: None))
            yield Hypothesis(AT_OUTPUT, links, _replacing(unrolled, lambda run, r: r.y))
            if not all(_is_mask(run, region) for region in unrolled):
                yield Hypothesis(TWICE, links, _again(unrolled))


def assignments(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield an assignment to some entries, `x[x < 0] = 0`, that the gradient does not know of."""
    for step in steps:
        if step.operation == "put" and all(run.tracked[run.nodes[n].inputs[0]] for n in step.nodes):
            change = on_edge(
                step.nodes, 0, lambda run, n, ybar: ybar.reshape(run.inputs(n)[0].shape)
            )
            yield Hypothesis(ASSIGNED, step.nodes, always(change))


def elsewhere(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield an elementwise function whose derivative is taken at a value of another step."""
    for step in steps:
        each = [list(regions(run, n)) for n in step.nodes]
        for unrolled in [tuple(e[-1] for e in each)] if all(each) else []:
            if _is_line(run, unrolled[0]):
                continue
            if len(unrolled) > 1:
                stale = _replacing(unrolled, _fixed(unrolled[-1].z))
                yield Hypothesis(STALE, step.nodes[:1], stale)
            for other in steps:
                taken = _paired(run, unrolled, other)
                if taken:
                    links = (step.nodes[0], other.nodes[0])
                    yield Hypothesis(ELSEWHERE, links, _replacing(unrolled, taken))


def _fixed(n: int) -> Callable[[Run, Region], int]:
    return lambda run, region: n


def _paired(
    run: Run, unrolled: Sequence[Region], other: Step
) -> Callable[[Run, Region], int] | None:
    """Return which node of another step belongs to each region; None if they do not fit."""
    own = unrolled[0]
    fits = run.values[other.nodes[0]].shape == run.values[own.z].shape
    if not fits or len(other.nodes) != len(unrolled) or other.nodes[0] in {own.z, own.y}:
        return None
    table = {region.y: n for region, n in zip(unrolled, other.nodes, strict=True)}
    return lambda run, region: table[region.y]


def _is_line(run: Run, region: Region) -> bool:
    """Whether the derivative is the same everywhere: then it is a factor, or an operand."""
    z = run.values[region.z]
    slopes = np.array([slope(run, region, at) for at in (None, -z, 2 * z + 1)])
    same = bool(np.ptp(slopes) <= CONSTANT * np.max(np.abs(slopes), initial=0.0))
    return same or all(run.nodes[n].operation in LINEAR for n in region.inner)


def _is_mask(run: Run, region: Region) -> bool:
    """Whether the derivative is 0 or one other number: then twice is a factor."""
    slopes = slope(run, region)
    other = slopes[slopes != 0]
    return other.size == 0 or bool(np.ptp(other) <= CONSTANT * np.max(np.abs(other)))


def _replacing(unrolled: Sequence[Region], at: At) -> Callable[[float], Change]:
    """Return the change in which each region's VJP has its slope at a node, or slope 1."""

    def node_vjp(region: Region) -> Callable[[Run, Array], Mapping[int, Array]]:
        def contributions(run: Run, ybar: Array) -> Mapping[int, Array]:
            n = at(run, region)
            return {region.z: ybar if n is None else ybar * slope(run, region, run.values[n])}

        return contributions

    change = Change(vjps={region.y: node_vjp(region) for region in unrolled})
    return always(change)


def _again(unrolled: Sequence[Region]) -> Callable[[float], Change]:

    def node_vjp(region: Region) -> Callable[[Run, Array], Mapping[int, Array]]:
        return lambda run, ybar: {region.z: ybar * slope(run, region) ** 2}

    change = Change(vjps={region.y: node_vjp(region) for region in unrolled})
    return always(change)
