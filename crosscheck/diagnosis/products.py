"""Hypotheses on products and sums: a wrong operand, some of the rows, a sum over the wrong axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crosscheck.diagnosis.hypothesis import Hypothesis, on_edge
from crosscheck.diagnosis.paths import times, ways
from crosscheck.diagnosis.pullbacks import partial, pulled, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crosscheck.diagnosis.reverse import Array, Change, Run
    from crosscheck.diagnosis.steps import Step

    Operand = Callable[[Run, int, int], Array]  # run, node, the operand's number -> its value

OPERAND = "operand"
ROWS = "rows"
SUMMED = "summed over everything"
NOT_SUMMED = "not summed"
UPDATED = "weights updated already"
SHARED = "maximum"
UPSTREAM = "upstream"
PRODUCTS = {"matmul", "einsum", "multiply", "divide"}
ELEMENTWISE = {"add", "subtract", "multiply"}
SUMS = {*ELEMENTWISE, "matmul", "einsum"}


def operands(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a product that is differentiated with a wrong operand: turned over, left out."""
    for step, k, j in _pairs(run, steps):
        value = run.inputs(step.nodes[0])[j]
        shape = value.shape
        for detail, other in _turned(value).items():
            yield Hypothesis(
                OPERAND, step.nodes, _with(step.nodes, k, j, _turning(other)), detail=detail
            )
        if step.operation == "multiply" and shape:
            yield Hypothesis(OPERAND, step.nodes, _with(step.nodes, k, j, _ones), detail="left out")
    for step in steps:
        shape = run.values[step.nodes[0]].shape
        if step.operation in PRODUCTS and len(shape) > 1 and shape[-1] == shape[-2]:
            for k in ways(run, step):
                change = _upstream_transposed(step.nodes, k)
                yield Hypothesis(OPERAND, step.nodes, change, detail="upstream not transposed")


def exchanged(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a product that is differentiated with the value of another step as its operand."""
    for step, k, j in _pairs(run, steps):
        own = [run.nodes[n].inputs[j] for n in step.nodes]
        shape = run.values[own[0]].shape
        if not shape:
            continue
        for others in _values(run, steps, len(own)):
            if run.values[others[0]].shape == shape and others != own:
                table = dict(zip(step.nodes, others, strict=True))
                change = _with(step.nodes, k, j, lambda run, n, j, t=table: run.values[t[n]])
                yield Hypothesis(OPERAND, (*step.nodes[:1], others[0]), change, detail="exchanged")
        for shift in (1, -1) if len(set(own)) == len(own) > 1 else ():
            # what the pass beside it has; the pass at the end has none
            moved = own[shift:] if shift > 0 else own[:shift]
            passes = step.nodes[:-shift] if shift > 0 else step.nodes[-shift:]
            table = dict(zip(passes, moved, strict=True))
            change = _with(step.nodes, k, j, lambda run, n, j, t=table: _shifted(run, n, j, t))
            yield Hypothesis(OPERAND, step.nodes, change, detail="one step off")


def _shifted(run: Run, n: int, j: int, table: dict[int, int]) -> Array:
    """Return the operand of the pass beside this one; zero where there is none."""
    own = run.inputs(n)[j]
    return run.values[table[n]] if n in table else np.zeros_like(own)


def _values(run: Run, steps: Sequence[Step], count: int) -> Iterator[list[int]]:
    """Yield what else there is: values of other steps, of as many passes, and constants."""
    for step in steps:
        if len(step.nodes) == count:
            yield list(step.nodes)
    for n, node in enumerate(run.nodes):
        if count == 1 and (node.operation == "leaf" or node.operation == "constant"):
            yield [n]


def _pairs(run: Run, steps: Sequence[Step]) -> Iterator[tuple[Step, int, int]]:
    """Yield each product with an input that carries a gradient, and another operand."""
    for step in steps:
        if step.operation in PRODUCTS:
            first = step.nodes[0]
            for k in ways(run, step):
                for j in range(len(run.nodes[first].inputs)):
                    if j != k and not (step.operation == "divide" and k == 1):
                        yield step, k, j


def _turned(value: Array) -> dict[str, Callable[[Array], Array]]:
    """Return the ways to spoil an operand that keep its shape."""
    ways: dict[str, Callable[[Array], Array]] = {}
    if value.size > 1 and np.trunc(value).any():
        ways["cut to whole numbers"] = np.trunc
    shape = value.shape
    if len(shape) > 1 and shape[-1] == shape[-2]:
        ways["not transposed"] = lambda a: np.swapaxes(a, -1, -2)
    if len(shape) > 2:  # noqa: PLR2004
        ways["flipped"] = lambda a: a[..., ::-1, ::-1]
    return ways


def _turning(turn: Callable[[Array], Array]) -> Operand:
    return lambda run, n, j: turn(run.inputs(n)[j])


def _upstream_transposed(nodes: Sequence[int], k: int) -> Callable[[float], Change]:
    return lambda _: on_edge(
        nodes, k, lambda run, n, ybar: run.pull(n, k, np.swapaxes(ybar, -1, -2))
    )


def _ones(run: Run, n: int, j: int) -> Array:
    return np.ones_like(run.inputs(n)[j])


def _with(nodes: Sequence[int], k: int, j: int, operand: Operand) -> Callable[[float], Change]:
    """Return the change in which what goes to input k is computed with another operand j."""

    def spoil(run: Run, n: int, ybar: Array) -> Array:
        xs, node = run.inputs(n), run.nodes[n]
        xs[j] = operand(run, n, j)
        return pulled(node.operation, k, ybar, run.values[n], xs, node.static)

    return lambda _: on_edge(nodes, k, spoil)


def updated(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield weights that a step of descent has changed before the delta below is computed."""
    leaves = set(run.leaves.values())
    for step, k, j in _pairs(run, steps):
        behind = {_behind(run, run.nodes[n].inputs[j]) for n in step.nodes}
        if len(behind) == 1 and behind <= leaves and step.operation in {"matmul", "einsum"}:
            yield Hypothesis(UPDATED, step.nodes, _updating(step.nodes, k, j), sized=True)


def _behind(run: Run, n: int) -> int:
    """Return the leaf that node n is, but for its shape; n itself if it is none."""
    while run.nodes[n].operation in {"reshape", "transpose"}:
        n = run.nodes[n].inputs[0]
    return n


def _updating(nodes: tuple[int, ...], k: int, j: int) -> Callable[[float], Change]:
    def change(size: float) -> Change:
        def operand(run: Run, n: int, j: int) -> Array:
            weights = run.nodes[n].inputs[j]
            return run.values[weights] - times(_moved(run, weights), size)

        return _with(nodes, k, j, operand)(1.0)

    return change


def _moved(run: Run, n: int) -> Array:
    """Return the gradient of the weights at node n, in the shape in which they are read there."""
    node = run.nodes[n]
    if node.operation == "leaf":
        return run.bar(n)
    below = _moved(run, node.inputs[0])
    if node.operation == "transpose":
        return np.transpose(below, node.static[0])
    return below.reshape(node.static[0])


def rows(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a gradient that some rows of the cotangent are left out of, or that adds up wrongly."""
    subsets = {
        "only the first row counts (axis": slice(0, 1),
        "only the last row counts (axis": slice(-1, None),
        "the first row is left out (axis": slice(1, None),
    }
    for step in steps:
        first = step.nodes[0]
        shape = run.values[first].shape
        for k in ways(run, step):
            target = run.values[run.nodes[first].inputs[k]].shape
            if step.operation not in SUMS or (step.operation in ELEMENTWISE and target == shape):
                continue
            for axis in range(len(shape)):
                for detail, kept in list(subsets.items())[: shape[axis]] if shape[axis] > 1 else ():
                    change = _keeping(step.nodes, k, axis, kept)
                    yield Hypothesis(ROWS, step.nodes, change, detail=f"{detail} {axis})")
            if step.operation in {"add", "subtract", "multiply"} and target:
                spoils = {SUMMED: _everything(k)}
                if run.nodes[run.nodes[first].inputs[k]].operation == "leaf":
                    spoils[NOT_SUMMED] = _unsummed(k)
                for kind, spoil in spoils.items():
                    yield Hypothesis(
                        kind, step.nodes, lambda _, s=step, k=k, f=spoil: on_edge(s.nodes, k, f)
                    )


def _keeping(nodes: Sequence[int], k: int, axis: int, kept: slice) -> Callable[[float], Change]:
    def spoil(run: Run, n: int, ybar: Array) -> Array:
        some = np.zeros_like(ybar)
        index = (slice(None),) * axis + (kept,)
        some[index] = ybar[index]
        return run.pull(n, k, some)

    return lambda _: on_edge(nodes, k, spoil)


def _everything(k: int) -> Callable[[Run, int, Array], Array]:
    def spoil(run: Run, n: int, ybar: Array) -> Array:
        right = run.pull(n, k, ybar)
        return np.full_like(right, np.sum(right))

    return spoil


def _unsummed(k: int) -> Callable[[Run, int, Array], Array]:
    """Return the cotangent in the shape of the output, where the input was broadcast."""
    return lambda run, n, ybar: (
        ybar * partial(run.nodes[n].operation, k, run.values[n], run.inputs(n))
    )


def maxima(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a maximum over axes that is differentiated as a mean, or as the first entry."""
    for step in steps:
        if step.operation in {"max", "min"}:
            for detail, share in (("mean", _evenly), ("first", _first)):
                yield Hypothesis(
                    SHARED,
                    step.nodes,
                    lambda _, s=step, f=share: on_edge(s.nodes, 0, f),
                    detail=detail,
                )


def _evenly(run: Run, n: int, ybar: Array) -> Array:
    x, axes = run.inputs(n)[0], run.nodes[n].static[0]
    return spread(ybar, x, axes) / np.prod([x.shape[a] for a in axes], dtype=x.dtype)


def _first(run: Run, n: int, ybar: Array) -> Array:
    x, axes = run.inputs(n)[0], run.nodes[n].static[0]
    out = np.zeros_like(x)
    index = tuple(slice(0, 1) if a in axes else slice(None) for a in range(x.ndim))
    out[index] = spread(ybar, x, axes)[index]
    return out


def upstreams(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a step whose upstream gradient is that of another step."""
    for step in steps:
        for k in ways(run, step):
            for other in steps:
                shape = run.values[other.nodes[0]].shape
                same = shape == run.values[step.nodes[0]].shape and len(other.nodes) == len(
                    step.nodes
                )
                if same and shape and other is not step:
                    table = dict(zip(step.nodes, other.nodes, strict=True))
                    yield Hypothesis(
                        UPSTREAM,
                        (step.nodes[0], other.nodes[0]),
                        lambda _, s=step, k=k, t=table: on_edge(
                            s.nodes, k, lambda run, n, _y: run.pull(n, k, run.bar(t[n]))
                        ),
                    )
