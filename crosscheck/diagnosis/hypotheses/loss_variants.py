"""Hypotheses on the loss: the gradient is that of another one, without a step, a constant, an ε."""

from __future__ import annotations

import functools
from collections import defaultdict
from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.diagnosis.backward import is_elementwise
from crosscheck.diagnosis.hypotheses.base import NEVER, Hypothesis, Kind, always, on_cotangent
from crosscheck.diagnosis.hypotheses.normalisation import closed_form, correct_vjp
from crosscheck.diagnosis.normalised import normalisations
from crosscheck.ir.program import Node, Program, Structure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from crosscheck.diagnosis.backward import Array, Change, Run
    from crosscheck.diagnosis.source_steps import Step

    Mutation = Callable[[Program], Program]

WITHOUT = Kind(
    "loss without",
    "gradient of a loss without this step",
    implies=frozenset({"wrong derivative"}),
)
NEGATED = Kind(
    "loss with a constant of the other sign", "gradient of a loss with the opposite sign here"
)
COUNTED = Kind("loss with another count", "gradient of a loss with {detail} here")
NO_EPS = Kind(
    "loss without ε",
    "gradient of a loss without ε, {detail}, at all of its places",
    "differentiate the loss as it is, with ε, or leave ε out of it",
    frozenset({"loss without"}),
)
SHIFTED = Kind("loss with shifted data", "gradient of a loss with this array {detail}")
ROUNDED = Kind(
    "rounded to float32 on the way",
    "rounded to float32 here",
    "look for astype, dtype= or an array created in float32",
)
OUTSIDE = Kind(
    "loss with ε outside the root",
    "gradient of a loss with ε added outside the square root",
    "differentiate √(v + ε), not √v + ε",
)


LARGEST_EPS = 0.01
BESIDE = {"add", "subtract", "multiply"}  # an array that is read so is a target, or a weight


def variants(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield the gradients of losses without one of the steps, or with another constant."""
    for step in steps:
        if is_elementwise(step.operation):
            yield from _without(run, step)
    # Hand-written, a normalisation has a formula of its own, whatever it divides by.
    formulas = [closed_form(found, correct_vjp) for found in normalisations(run)]
    constants = _constants(run, steps)
    yield from _without_eps(run, constants)
    for nodes, links in constants.items():
        value = run.values[nodes[0]]
        is_target = all(run.nodes[c].operation in BESIDE for n in nodes for c in run.consumers[n])
        for axis in range(min(value.ndim, 2) if is_target else 0):
            for by in (1, -1) if value.shape[axis] > 1 and len(np.unique(value)) > 1 else ():
                detail = f"shifted by {by} along axis {axis}"
                mutated = _with_constants(nodes, functools.partial(np.roll, shift=by, axis=axis))
                yield Hypothesis(SHIFTED, links, mutated=mutated, detail=detail)
        yield Hypothesis(NEGATED, links, mutated=_with_constants(nodes, np.negative))
        for by in (-1, 1) if all(_is_count(run.values[n]) for n in nodes) else ():
            count = value.flat[0]
            detail = f"{count + by:g} instead of {count:g}"
            mutated = _with_constants(nodes, functools.partial(np.add, by))
            for change in (NEVER, *formulas):
                yield Hypothesis(COUNTED, links, change, mutated=mutated, detail=detail)
    yield from _outside(run, formulas)


def _without_eps(
    run: Run, constants: Mapping[tuple[int, ...], tuple[int, ...]]
) -> Iterator[Hypothesis]:
    """Yield a loss without an ε that it has at several places: of log p and of log (1 − p)."""
    alike: dict[float, list[tuple[int, ...]]] = defaultdict(list)
    for nodes in constants:
        value = run.values[nodes[0]]
        if value.size == 1 and 0 < abs(value.item()) <= LARGEST_EPS:
            alike[value.item()].append(nodes)
    for eps, groups in alike.items():
        if len(groups) > 1:
            nodes = tuple(n for group in groups for n in group)
            links = tuple(n for group in groups for n in constants[group])
            mutated = _with_constants(nodes, np.zeros_like)
            yield Hypothesis(NO_EPS, links, mutated=mutated, detail=f"{eps:g}")


def _constants(run: Run, steps: Sequence[Step]) -> dict[tuple[int, ...], tuple[int, ...]]:
    """Return the float constants, those of a loop as one, with the nodes that read them."""
    found: dict[tuple[int, ...], tuple[int, ...]] = {}
    readers = {n: k for k, step in enumerate(steps) for n in step.nodes}
    groups: dict[object, list[int]] = defaultdict(list)
    for n, node in enumerate(run.nodes):
        if node.operation == "constant" and run.values[n].dtype.kind == "f":
            read = run.consumers[n][:1]
            slots = [(readers.get(c, -c), run.nodes[c].inputs.index(n)) for c in read]
            groups[tuple(slots), run.values[n].shape].append(n)
    for nodes in groups.values():
        found[tuple(nodes)] = (*nodes, *run.consumers[nodes[0]][:1])
    return found


def _without(run: Run, step: Step) -> Iterator[Hypothesis]:
    first = run.nodes[step.nodes[0]]
    for k, i in enumerate(first.inputs):
        if run.tracked[i] and run.values[i].shape == run.values[step.nodes[0]].shape:
            table = {n: Node("positive", (run.nodes[n].inputs[k],)) for n in step.nodes}
            yield Hypothesis(WITHOUT, step.nodes, mutated=_replacing(table))


def rounded(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield the gradients that are rounded to float32 at one step, forward or backward."""
    for step in steps:
        yield Hypothesis(ROUNDED, step.nodes, mutated=_rounding(step.nodes))
        yield Hypothesis(ROUNDED, step.nodes, always(on_cotangent(step.nodes, _single)))


def _single(run: Run, n: int, cotangent: Array) -> Array:
    return cotangent.astype(np.float32).astype(cotangent.dtype)


def _rounding(nodes: Sequence[int]) -> Mutation:

    def mutate(program: Program) -> Program:
        numbers: dict[int, int] = {}
        out: list[Node] = []
        for n, node in enumerate(program.structure.nodes):
            out.append(replace(node, inputs=tuple(numbers[i] for i in node.inputs)))
            if n in nodes:
                out.append(Node("rounded", (len(out) - 1,)))
            numbers[n] = len(out) - 1
        outputs = tuple(numbers[n] for n in program.structure.outputs)
        return replace(program, structure=Structure(tuple(out), outputs))

    return mutate


def _is_count(array: Array) -> bool:
    """Whether a constant may be a number of things that were counted."""
    return array.size > 0 and bool(
        np.all(array == array.flat[0]) and array.flat[0] > 1 and array.flat[0] % 1 == 0
    )


def _replacing(table: Mapping[int, Node]) -> Mutation:

    def mutate(program: Program) -> Program:
        nodes = tuple(table.get(n, node) for n, node in enumerate(program.structure.nodes))
        return replace(program, structure=replace(program.structure, nodes=nodes))

    return mutate


def _with_constants(nodes: Sequence[int], turn: Callable[[Array], Array]) -> Mutation:

    def mutate(program: Program) -> Program:
        constants = list(program.constants)
        for n in nodes:
            number = program.structure.nodes[n].static[0]
            constants[number] = turn(constants[number]).astype(constants[number].dtype)
        return replace(program, constants=tuple(constants))

    return mutate


def _outside(run: Run, formulas: Sequence[Callable[[float], Change]]) -> Iterator[Hypothesis]:
    """Yield √v + ε instead of √(v + ε), with a normalisation's formula where it is one."""
    for n, node in enumerate(run.nodes):
        if node.operation != "sqrt" or run.nodes[node.inputs[0]].operation != "add":
            continue
        inside = node.inputs[0]
        for v, eps in permutations(run.nodes[inside].inputs):
            if not run.tracked[v] or run.tracked[eps]:
                continue
            # the same two nodes, exchanged
            mutated = _replacing({inside: Node("sqrt", (v,)), n: Node("add", (inside, eps))})
            for change in (NEVER, *formulas):
                yield Hypothesis(OUTSIDE, (n,), change, mutated=mutated)
