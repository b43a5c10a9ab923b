"""Hypotheses on an activation: its derivative missing, applied twice, or at another value."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.diagnosis.backward import Change
from crosscheck.diagnosis.hypotheses.base import Hypothesis, Kind, always, on_edge, results_first
from crosscheck.diagnosis.regions import Region, regions, sides_of, slope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from crosscheck.diagnosis.backward import Array, Run
    from crosscheck.diagnosis.source_steps import Step

    At = Callable[[Run, Region], int]  # the node at which a derivative is evaluated
    Slope = Callable[[Run, Region, Array], Array]  # in place of dy/dz; the last is ȳ

OTHER = "derivative of another output"
WEAKER = {"upstream", "upstream gradient unused", "wrong derivative", OTHER}
LEFT_OUT = Kind(
    "derivative left out",
    "derivative missing",
    "multiply the upstream gradient by the derivative of this function",
    frozenset(
        {"derivative at the output", "derivative at another value", "loss without", "operand"}
        | WEAKER
    ),
)
AT_OUTPUT = Kind(
    "derivative at the output",
    "derivative evaluated at the output instead of the input",
    "evaluate the derivative at the input, or rewrite it in terms of the output",
    frozenset({"derivative at another value", *WEAKER}),
)
TWICE = Kind(
    "differentiated twice",
    "derivative applied twice",
    "multiply the upstream gradient by the derivative once",
    frozenset(WEAKER),
)
ELSEWHERE = Kind(
    "derivative at another value",
    "derivative evaluated at {other}",
    "evaluate the derivative at the input of this function",
    frozenset({OTHER}),
)
BARE = replace(
    ELSEWHERE,
    sentence="derivative evaluated at {other}: the constant {detail} that is added is left out",
)
ASSIGNED = Kind(
    "assignment left out",
    "gradient not set to zero where entries are overwritten",
    "set the upstream gradient to zero at the entries that are overwritten",
    frozenset({"derivative left out", *WEAKER}),
)
STALE = replace(ELSEWHERE, sentence="derivative evaluated at the value of the last iteration")
LINEAR = {"add", "subtract", "multiply", "negative", "positive", "cast"}  # in one of two operands
CONSTANT = 1e-12  # a slope that varies by less is that of a line


def activations(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield an elementwise function whose derivative is left out, or is that at another value."""
    for step in steps:
        for unrolled in zip(*(regions_of(run, step, n) for n in step.nodes), strict=False):
            if all(is_line(run, region) for region in unrolled):
                continue
            kinds = {LEFT_OUT: _one, AT_OUTPUT: _at(lambda run, r: r.y)}
            if not all(_is_flat(run, region) for region in unrolled):
                kinds[TWICE] = _squared
            for kind, instead in kinds.items():
                yield of_function(run, kind, unrolled, instead)


def of_function(
    run: Run, kind: Kind, unrolled: Sequence[Region], instead: Slope, detail: str = ""
) -> Hypothesis:
    """Return a mistake of a function's derivative, in all iterations of a loop."""
    first = unrolled[0]
    links = (first.y, *reversed(first.inner[:-1]))
    of = tuple(run.nodes[n].operation for n in first.inner)
    return Hypothesis(kind, links, replacing(unrolled, instead), detail=detail, of=of)


def regions_of(run: Run, step: Step, n: int) -> list[Region]:
    """Return the functions that leave at a node of a step, within one iteration of its loop."""
    others = set(step.nodes) - {n}
    return [region for region in regions(run, n) if not others.intersection(region.inner)]


def _one(run: Run, region: Region, ybar: Array) -> Array:
    return np.ones_like(ybar)


def _squared(run: Run, region: Region, ybar: Array) -> Array:
    return slope(run, region) ** 2


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
    ordered = results_first(steps)
    for step in steps:
        each = [regions_of(run, step, n) for n in step.nodes]
        ends = {size: tuple(e[size] for e in each) for size in (-1, 0)} if all(each) else {}
        for unrolled in dict.fromkeys(ends.values()):
            if is_line(run, unrolled[0]):
                continue
            if len(unrolled) > 1:
                stale = replacing(unrolled, _at(_fixed(unrolled[-1].z)))
                yield Hypothesis(STALE, step.nodes[:1], stale)
            for other in ordered:
                taken = _paired(run, unrolled, other)
                if taken:
                    links = (step.nodes[0], other.nodes[0])
                    missing = _added(run, unrolled[0].z, other.nodes[0])
                    kind, detail = (BARE, f"{missing:.6g}") if missing else (ELSEWHERE, "")
                    change = replacing(unrolled, _at(taken))
                    yield Hypothesis(kind, links, change, detail=detail)


def _added(run: Run, n: int, other: int) -> float:
    """Return the constant by which a value is greater than another one; 0 if there is none."""
    added = run.values[n] - run.values[other]
    size = CONSTANT * np.max(np.abs(run.values[n]), initial=1.0)
    mean = float(np.mean(added))
    return mean if np.ptp(added) <= size < abs(mean) else 0.0


def _fixed(n: int) -> Callable[[Run, Region], int]:
    return lambda run, region: n


def _paired(
    run: Run, unrolled: Sequence[Region], other: Step
) -> Callable[[Run, Region], int] | None:
    """Return which node of another step belongs to each region; None if they do not fit."""
    own = unrolled[0]
    fits = run.values[other.nodes[0]].shape == run.values[own.y].shape
    if not fits or len(other.nodes) != len(unrolled) or other.nodes[0] in {own.z, own.y}:
        return None
    table = {region.y: n for region, n in zip(unrolled, other.nodes, strict=True)}
    return lambda run, region: table[region.y]


def is_line(run: Run, region: Region) -> bool:
    """Whether the derivative is the same everywhere: then it is a factor, or an operand."""
    if bool(np.ptp(slopes := _slopes(run, region)) <= CONSTANT * np.max(np.abs(slopes), initial=0)):
        return True
    z = region.read(run)
    read = (run.values[i] for n in region.inner for i in run.nodes[n].inputs)
    return all(run.nodes[n].operation in LINEAR for n in region.inner) and not any(
        sides_of(constant, z) for constant in read
    )


def is_mask(run: Run, region: Region) -> bool:
    """Whether some entries are overwritten, whatever the value is: not those below zero."""
    slopes = _slopes(run, region)
    apart = np.max(np.ptp(slopes, axis=0), initial=0)
    is_same = bool(apart <= CONSTANT * np.max(np.abs(slopes), initial=0))
    return is_same and sides_of(slopes[0], region.read(run)) is None


def _slopes(run: Run, region: Region) -> Array:
    """Return the derivative at a value and at two others."""
    z = region.read(run)
    return np.array([slope(run, region, at) for at in (None, -z, 2 * z + 1)])


def _is_flat(run: Run, region: Region) -> bool:
    """Whether the derivative is 0 or one other number: then twice is a factor."""
    slopes = slope(run, region)
    other = slopes[slopes != 0]
    return other.size == 0 or bool(np.ptp(other) <= CONSTANT * np.max(np.abs(other)))


def replacing(unrolled: Sequence[Region], instead: Slope) -> Callable[[float], Change]:
    """Return the change in which each region's VJP has another slope."""

    def node_vjp(region: Region) -> Callable[[Run, Array], Mapping[int, Array]]:
        return lambda run, ybar: {region.z: region.put(run, ybar * instead(run, region, ybar))}

    change = Change(vjps={region.y: node_vjp(region) for region in unrolled})
    return always(change)


def _at(node: At) -> Slope:
    return lambda run, region, ybar: slope(run, region, run.values[node(run, region)])
