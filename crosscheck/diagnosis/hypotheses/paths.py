"""Hypotheses on a path: it is cut, a factor is lost or added on it, a loop counts one iteration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crosscheck.diagnosis.backward import Change
from crosscheck.diagnosis.hypotheses.base import Hypothesis, Kind, always, on_cotangent, on_edge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crosscheck.diagnosis.backward import Array, EdgeVjp, Run
    from crosscheck.diagnosis.source_steps import Step

SCALED = Kind(
    "scaled",
    "{factor}",
    implies=frozenset(
        {
            "loss without",
            "loss with another count",
            "loss with a constant of the other sign",
            "wrong derivative",
            "upstream",
            "truncated",
            "overwritten",
            "upstream gradient unused",
            "derivative of another output",
        }
    ),
)
ONE_PASS = Kind(
    "one pass",
    "only the {detail} iteration of the loop is counted",
    "accumulate over the iterations: += instead of =",
    frozenset({"truncated", "derivative of another output"}),
)


ONE_USE = Kind(
    "one use",
    "of the gradients that arrive here from several uses only one is kept",
    "add up the gradients of all uses: += instead of =",
    frozenset({"operand", "upstream", "derivative at another value"}),
)
UNUSED = Kind(
    "upstream gradient unused",
    "upstream gradient ignored",
    "multiply the derivative by the gradient that arrives",
    frozenset({"upstream", "operand", "loss without"}),
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


def cut(nodes: Sequence[int], k: int) -> Callable[[float], Change]:
    """Return the change in which nothing goes from the nodes to their input k."""
    return always(on_edge(nodes, k, _nothing(k)))


def _nothing(k: int) -> EdgeVjp:
    return lambda run, n, ybar: run.zeros(run.nodes[n].inputs[k])


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


def uses(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a value that several steps read, of whose gradients one is kept: `=`."""
    owners = {n: step for step in steps for n in step.nodes}
    for m in range(len(run.nodes)):
        readers = dict.fromkeys(owners[n] for n in run.consumers[m] if n in owners)
        # of two uses, to keep one is to cut the path to the other
        for kept in readers if run.tracked[m] and len(readers) > 2 else ():  # noqa: PLR2004
            gone = [n for n in run.consumers[m] if n not in kept.nodes]
            edges = {(n, k) for n in gone for k in inputs_of(run, n) if run.nodes[n].inputs[k] == m}
            change = Change(edges={(n, k): _nothing(k) for n, k in edges})
            links = tuple(step.nodes[0] for step in (kept, *readers))
            yield Hypothesis(ONE_USE, links, always(change))


def unused(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a step whose backward pass does not multiply by the gradient that arrives."""
    for step in steps:
        if all(np.ptp(run.cotangent(n)) for n in step.nodes):  # else that is a factor
            inputs = active_inputs(run, step)
            for k in inputs if len(inputs) > 1 else ():
                yield Hypothesis(UNUSED, step.nodes, always(on_edge(step.nodes, k, _unused(k))))
            change = on_cotangent(step.nodes, lambda run, n, ybar: np.ones_like(ybar))
            yield Hypothesis(UNUSED, step.nodes, always(change))


def _unused(k: int) -> EdgeVjp:
    return lambda run, n, ybar: run.vjp(n, k, np.ones_like(ybar))


def iterations(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a value read at every iteration, of whose contributions one is kept: `=`."""
    for step in steps:
        for k in active_inputs(run, step) if len(step.nodes) > 1 else ():
            values = [run.nodes[n].inputs[k] for n in step.nodes]
            if len(set(values)) > 1:
                continue
            for kept, detail in ((step.nodes[0], "first"), (step.nodes[-1], "last")):
                gone = [n for n in step.nodes if n != kept]
                yield Hypothesis(ONE_PASS, step.nodes, cut(gone, k), detail=detail)
