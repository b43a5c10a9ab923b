"""Hypotheses on a loop: what it carries from one iteration to the next, and the gates of a cell.

A value is carried where a step reads, at every iteration but the first, the value that another step
had so many iterations before. The gradient goes the same way back, or does not.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import combinations, permutations
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.diagnosis.backward import Change, total
from crosscheck.diagnosis.hypotheses.base import Hypothesis, Kind, always
from crosscheck.diagnosis.hypotheses.paths import active_inputs, cut, inputs_of, is_link
from crosscheck.diagnosis.regions import Region, regions, slope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from crosscheck.diagnosis.backward import Array, Parts, Run
    from crosscheck.diagnosis.source_steps import Step

SAME = frozenset({"truncated", "upstream", "loss without"})
NEVER = Kind(
    "never carried",
    "gradient not carried{detail} from one iteration of the loop to the one before",
    "add the gradient that comes back from the next iteration to that of this one",
    SAME | {"scaled", "operand", "truncated in chunks"},
)
CHUNKS = Kind(
    "truncated in chunks",
    "backward pass cut every {detail} iterations of the loop",
    "carry the gradient through all iterations",
    SAME,
)
TRUNCATED = Kind(
    "truncated",
    "backward pass cut at one iteration of the loop{detail}",
    "carry the gradient through all iterations",
    frozenset({"overwritten", "upstream"}),
)
GATES = Kind(
    "gates exchanged",
    "gradients of the slices that are read here put back in another order{detail}",
    "put the gradients together in the order in which the forward pass takes them apart",
    frozenset({"upstream"}),
)
STALE = Kind(
    "another iteration's values",
    "backward pass of each iteration uses what another one computed: {detail}",
    "keep what each iteration computes, and use its own",
    frozenset({"operand", "upstream", "derivative at another value"}),
)
MOST_GATES = 4
PLACING = {"gather", "put", "join", "reshape", "broadcast"}  # each iteration has its own place


@dataclass(frozen=True)
class Carried:
    """A value that a loop hands on: the edges that read it, by the iteration that does."""

    source: Step
    edges: Mapping[int, tuple[tuple[int, int], ...]]  # iteration -> (node, number of its input)


def carried(run: Run, steps: Sequence[Step]) -> list[Carried]:
    """Return what the loops of a program hand on, the values that are read first, first."""
    at = {n: (step, t) for step in steps if len(step.nodes) > 1 for t, n in enumerate(step.nodes)}
    found: dict[Step, dict[int, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    for step in steps:
        for k in inputs_of(run, step.nodes[-1]) if len(step.nodes) > 1 else ():
            read = [at.get(run.nodes[n].inputs[k]) for n in step.nodes]
            count = len(step.nodes)
            lags = {
                (source, t + len(source.nodes) - count - s)
                for t, (source, s) in ((t, r) for t, r in enumerate(read) if r)
            }
            if len(lags) == 1 and min(lags, key=lambda lag: lag[1])[1] > 0:
                ((source, _),) = lags
                for t, n in enumerate(step.nodes):
                    if read[t]:
                        found[source][t].append((n, k))
    return [
        Carried(source, {t: tuple(e) for t, e in edges.items()})
        for source, edges in found.items()
        # what a loop only adds up, or writes into one array, it does not hand on
        if any(n not in source.nodes for e in edges.values() for n, _ in e)
    ]


def recurrences(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a loop whose gradient is not carried back, or not through all iterations."""
    found = carried(run, steps)
    every = [tuple(found)] if len(found) > 1 else []
    for some in [*((one,) for one in found), *every]:
        times = sorted({t for one in some for t in one.edges})
        nodes = tuple(one.edges[max(one.edges)][-1][0] for one in some)
        detail = ", by any value," if len(some) > 1 else ""
        yield Hypothesis(NEVER, nodes, _cut(some, times), detail=detail)
        for t in times[:-1] and times:
            after = len(some[0].source.nodes) - t
            detail = f", that {after} before the last"
            yield Hypothesis(TRUNCATED, nodes, _cut(some, [t]), detail=detail)
        for every_ in range(2, len(times)):
            for start in (times[-1] + 1, times[0] - 1):
                at = [t for t in times if (start - t) % every_ == 0]
                if 1 < len(at) < len(times):
                    change = _cut(some, at)
                    yield Hypothesis(CHUNKS, nodes, change, detail=str(every_))
    for one in found:  # read by several steps, of which one is forgotten but at the first iteration
        edges = {(n, k): t for t, e in one.edges.items() for n, k in e}
        for step in steps:
            mine = [edge for edge in edges if edge[0] in step.nodes]
            for k in sorted({k for _, k in mine}) if len(mine) < len(edges) else ():
                read = tuple(n for n, own in mine if own == k)
                yield Hypothesis(NEVER, read, cut(read, k))


def stale(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a loop of which every backward step uses what another iteration computed."""
    loops: dict[int, list[Step]] = defaultdict(list)
    for step in steps:
        loops[len(step.nodes)].append(step)
    for count, own in loops.items():
        for detail, shift in SHIFTS.items() if count > 1 else ():
            edges = {
                (n, k): functools.partial(_stale, step.nodes[shift(t, count)], k)
                for step in own
                if step.operation not in PLACING
                for t, n in enumerate(step.nodes)
                for k in inputs_of(run, n)
            }
            places = tuple(step.nodes[0] for step in own)
            yield Hypothesis(STALE, places, always(Change(edges=edges)), detail=detail)


SHIFTS: dict[str, Callable[[int, int], int]] = {
    "the one before": lambda t, count: t - 1,
    "the one after": lambda t, count: (t + 1) % count,
    "the last one": lambda t, count: -1,
    "the one at the other end of the loop": lambda t, count: count - 1 - t,
}


def _stale(other: int, k: int, run: Run, n: int, ybar: Array) -> Array:
    own = run.inputs(n)[k]
    return np.asarray(run.vjp(other, k, ybar).reshape(own.shape))


def cuts(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a path of a loop that is cut at one iteration, and that the loop does not hand on."""
    known = {edge for one in carried(run, steps) for e in one.edges.values() for edge in e}
    for step in steps:
        for k in active_inputs(run, step) if len(step.nodes) > 1 else ():
            for n in step.nodes if not is_link(run, step.nodes[-1]) else ():
                if (n, k) not in known:
                    yield Hypothesis(TRUNCATED, (n,), cut([n], k))


def _cut(some: Sequence[Carried], times: Sequence[int]) -> Callable[[float], Change]:
    change = Change()
    for one in some:
        for t in times:
            for n, k in one.edges.get(t, ()):
                change |= cut([n], k)(1.0)
    return always(change)


def gates(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield slices of a value whose gradients are put back in another order."""
    owners = {n: step for step in steps for n in step.nodes}
    for step in steps:
        sliced = _slices(run, step.nodes[-1])
        count = len(sliced)
        if not 2 <= count <= MOST_GATES or any(len(_slices(run, n)) != count for n in step.nodes):  # noqa: PLR2004
            continue
        links = tuple(c for c in (*sliced, *step.nodes[:1]) if c in owners)
        for order in list(permutations(range(count)))[1:]:
            change = Change(combines=dict.fromkeys(step.nodes, functools.partial(_permuted, order)))
            yield Hypothesis(GATES, links, always(change), detail=f" {order}")


def gates_of_a_function(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield gates, functions of slices of one value, whose gradients are put in another order."""
    for gated in _gated(run, steps):
        for order in list(permutations(range(len(gated))))[1:]:
            vjps = {
                region.y: functools.partial(_gate, region, replace(region, slots=into.slots))
                for slot, other in enumerate(order)
                for region, into in zip(gated[other], gated[slot], strict=True)
            }
            sliced = (
                n for one in gated for n in one[0].inner if run.nodes[n].operation == "gather"
            )
            links = tuple(dict.fromkeys((*sliced, *(one[0].y for one in gated))))
            yield Hypothesis(GATES, links, always(Change(vjps=vjps)), detail=f" {order}")


def _gated(run: Run, steps: Sequence[Step]) -> Iterator[list[list[Region]]]:
    """Yield the functions of slices that make up a value, in order, each in all iterations."""
    found: dict[tuple[int, ...], dict[bytes, list[Region]]] = defaultdict(dict)
    for step in steps:
        each = [[r for r in regions(run, n) if r.slots is not None][-1:] for n in step.nodes]
        if all(each):
            unrolled = [region for (region,) in each]
            key = np.sort(np.asarray(unrolled[0].slots)).tobytes()
            found[tuple(region.z for region in unrolled)][key] = unrolled
    for zs, by_slots in found.items():
        for count in range(2, MOST_GATES + 1):
            size = run.values[zs[0]].size / count
            gated = [one for one in by_slots.values() if np.asarray(one[0].slots).size == size]
            known = [slot for one in gated for slot in np.asarray(one[0].slots)]
            if len(gated) == count and len(set(known)) == len(known):
                yield sorted(gated, key=lambda one: int(np.min(np.asarray(one[0].slots))))


def _gate(region: Region, moved: Region, run: Run, ybar: Array) -> Mapping[int, Array]:
    return {region.z: moved.put(run, ybar * slope(run, region))}


def _slices(run: Run, n: int) -> list[int]:
    """Return the readers of disjoint parts of a value, of one size, in order; or none."""
    readers = [c for c in run.consumers[n] if run.nodes[c].operation == "gather"]
    indices = [run.inputs(c)[1] for c in readers]
    if len({index.size for index in indices}) != 1:
        return []
    for one, other in combinations(indices, 2):
        if np.intersect1d(one, other).size:
            return []
    return sorted(readers, key=lambda c: int(run.inputs(c)[1].min()))


def _permuted(order: Sequence[int], run: Run, n: int, parts: Parts) -> Array:
    """Return the cotangent of a value whose slices have each other's contributions."""
    sliced = _slices(run, n)
    given = dict(parts)
    rest = [(c, part) for c, part in parts if c not in sliced]
    out = total(run, n, rest).copy()
    for slot, other in enumerate(order):
        # in order, for one of them may be read transposed
        mine, others = (np.sort(run.inputs(sliced[s])[1], axis=None) for s in (slot, other))
        out.reshape(-1)[mine] += given[sliced[other]].reshape(-1)[others]
    return out
