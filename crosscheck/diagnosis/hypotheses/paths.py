"""Hypotheses on a path: it is cut, a factor is lost or added on it, a loop counts one iteration."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.diagnosis.backward import Change, total
from crosscheck.diagnosis.hypotheses.base import Hypothesis, Kind, always, on_cotangent, on_edge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crosscheck.diagnosis.backward import Array, Combine, Parts, Run
    from crosscheck.diagnosis.source_steps import Step

SCALED = Kind(
    "scaled",
    "{factor}",
    implies=frozenset(
        {
            "loss without",
            "loss with another count",
            "loss with a constant of the other sign",
            "upstream",
            "truncated",
            "overwritten",
        }
    ),
)
TRUNCATED = Kind(
    "truncated",
    "backward pass cut at one iteration of the loop",
    implies=frozenset({"overwritten", "upstream"}),
)
ONE_PASS = Kind(
    "one pass",
    "only the {detail} iteration of the loop is counted",
    "accumulate over the iterations: += instead of =",
    frozenset({"truncated"}),
)
OVERWRITTEN = Kind(
    "overwritten",
    "overlapping windows overwrite each other's gradients",
    "accumulate them: += instead of =, np.add.at where indices repeat",
)


def factors(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a factor on every edge, which may be 0 or −1; on a chain, one for all of it."""
    for step in steps:
        if not is_link(run, step.nodes[-1]):
            for k, n in active_inputs(run, step).items():
                if run.nodes[n].inputs.count(run.nodes[n].inputs[k]) > 1:
                    continue  # x·x with one edge cut is a factor of a half on both
                links = chain(run, run.nodes[n].inputs[k])
                # A branch is a better place than the node where it joins; a parameter, or a value
                # with other consumers, a worse one.
                far = run.nodes[links[0]].operation == "leaf" or len(run.consumers[links[0]]) > 1
                links = (n, *links) if far else (*links, n)
                yield Hypothesis(SCALED, links, _on_edge(step.nodes, k), sized=True)
        if len(run.consumers[step.nodes[0]]) > 1:
            yield Hypothesis(SCALED, step.nodes, _on_cotangent(step.nodes), sized=True)


def _on_edge(nodes: tuple[int, ...], k: int) -> Callable[[float], Change]:
    return lambda size: on_edge(nodes, k, lambda run, n, ybar: times(run.vjp(n, k, ybar), 1 + size))


def _on_cotangent(nodes: tuple[int, ...]) -> Callable[[float], Change]:
    return lambda size: on_cotangent(nodes, lambda run, n, ybar: times(ybar, 1 + size))


def times(array: Array, factor: float) -> Array:
    """Return the product in the array's own precision."""
    out: Array = array * np.asarray(factor, array.dtype)
    return out


def cuts(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a path of a loop that is cut at one iteration: a truncation."""
    for step in steps:
        for k in active_inputs(run, step) if len(step.nodes) > 1 else ():
            for n in step.nodes if not is_link(run, step.nodes[-1]) else ():
                yield Hypothesis(TRUNCATED, (n,), _cut([n], k))


def _cut(nodes: Sequence[int], k: int) -> Callable[[float], Change]:
    return always(on_edge(nodes, k, lambda run, n, ybar: run.zeros(run.nodes[n].inputs[k])))


def active_inputs(run: Run, step: Step) -> dict[int, int]:
    """Return the numbers of a step's inputs that carry a gradient, and a node where each does."""
    return {k: n for n in reversed(step.nodes) for k in inputs_of(run, n)}


def inputs_of(run: Run, n: int) -> list[int]:
    """Return the numbers of the inputs that carry a gradient."""
    return [k for k, i in enumerate(run.nodes[n].inputs) if run.tracked[i]]


def is_link(run: Run, n: int) -> bool:
    """Whether a node is a link of a chain: a factor on it is a factor on the link before."""
    return (
        len(inputs_of(run, n)) == 1
        and len(run.consumers[n]) == 1
        and run.nodes[run.consumers[n][0]].inputs.count(n) == 1
    )


def chain(run: Run, n: int) -> tuple[int, ...]:
    """Return the links of the chain that begins at node n and goes down, n included."""
    links = [n]
    while is_link(run, n):
        n = run.nodes[n].inputs[inputs_of(run, n)[0]]
        links.append(n)
    return tuple(links)


def iterations(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a value read at every iteration, of whose contributions one is kept: `=`."""
    for step in steps:
        for k in active_inputs(run, step) if len(step.nodes) > 1 else ():
            values = [run.nodes[n].inputs[k] for n in step.nodes]
            if len(set(values)) > 1:
                continue
            for kept, detail in ((step.nodes[0], "first"), (step.nodes[-1], "last")):
                gone = [n for n in step.nodes if n != kept]
                yield Hypothesis(ONE_PASS, step.nodes, _cut(gone, k), detail=detail)


def overlaps(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a value whose parts are read with overlaps, where the last one overwrites: `=`."""
    for step in steps:
        if step.operation == "gather" and _repeats(run, step.nodes[:1]):
            yield Hypothesis(OVERWRITTEN, step.nodes, always(on_edge(step.nodes, 0, _assigned)))
            for axis in range(run.values[step.nodes[0]].ndim):
                change = on_edge(step.nodes, 0, functools.partial(_assigned_by_slices, axis))
                yield Hypothesis(OVERWRITTEN, step.nodes, always(change))
    shared = {n: _gathers(run, n) for n in range(len(run.nodes)) if run.tracked[n]}
    shared = {n: c for n, c in shared.items() if len(c) > 1 and _repeats(run, c)}
    for order in (1, -1):
        # A helper that puts windows back is used wherever windows are taken.
        for some in [list(shared), *([n] for n in shared if len(shared) > 1)]:
            change = Change(combines=dict.fromkeys(some, _overwriting(order)))
            links = tuple(shared[n][0] for n in some)
            yield Hypothesis(OVERWRITTEN, links, always(change))


def _gathers(run: Run, n: int) -> list[int]:
    return [c for c in run.consumers[n] if run.nodes[c].operation == "gather"]


def _repeats(run: Run, readers: Sequence[int]) -> bool:
    read = np.concatenate([run.inputs(c)[1].reshape(-1) for c in readers])
    return bool(np.unique(read).size < read.size)


def _assigned(run: Run, n: int, ybar: Array) -> Array:
    """Return the cotangent of a gather whose entries are written, not added."""
    x, index = run.inputs(n)
    out = np.zeros(x.size, ybar.dtype)
    out[index.reshape(-1)] = ybar.reshape(-1)
    return out.reshape(x.shape)


def _assigned_by_slices(axis: int, run: Run, n: int, ybar: Array) -> Array:
    """Return the cotangent of a gather, added in a loop by `+=` with repeated indices."""
    x, index = run.inputs(n)
    out = np.zeros(x.size, ybar.dtype)
    for places, part in zip(np.moveaxis(index, axis, 0), np.moveaxis(ybar, axis, 0), strict=True):
        out[places] += part
    return out.reshape(x.shape)


def _overwriting(order: int) -> Combine:
    """Return how the readers of a value overwrite each other's contributions."""

    def combine(run: Run, n: int, parts: Parts) -> Array:
        readers = [(c, part) for c, part in parts if run.nodes[c].operation == "gather"]
        out = total(run, n, [(c, p) for c, p in parts if run.nodes[c].operation != "gather"]).copy()
        for c, part in readers[::order]:
            index = run.inputs(c)[1].reshape(-1)
            out.reshape(-1)[index] = part.reshape(-1)[index]
        return out

    return combine
