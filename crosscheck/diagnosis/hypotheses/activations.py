"""Hypotheses on what is one function to the user: an activation, a softmax, a normalisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crosscheck.diagnosis.backward import Change
from crosscheck.diagnosis.hypotheses.base import Hypothesis, always
from crosscheck.diagnosis.hypotheses.products import LAST
from crosscheck.diagnosis.patterns import (
    Normalised,
    Region,
    Softmax,
    normalisations,
    regions,
    sigmoids,
    slope,
    softmax,
    softmaxes,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from crosscheck.diagnosis.backward import Array, Parts, Run
    from crosscheck.diagnosis.source_steps import Step

    Closed = Callable[..., Array]

LEFT_OUT = "derivative left out"
AT_OUTPUT = "derivative at the output"
ELSEWHERE = "derivative at another value"
TWICE = "differentiated twice"
SUMMED_OVER = "softmax, summed over the wrong axis"
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
        for passes in zip(*each, strict=False):
            if all(_is_line(run, region) for region in passes):
                continue
            links = (step.nodes[0], *reversed(passes[0].inner[:-1]))
            yield Hypothesis(LEFT_OUT, links, _replacing(passes, lambda run, r: None))
            yield Hypothesis(AT_OUTPUT, links, _replacing(passes, lambda run, r: r.y))
            if not all(_is_mask(run, region) for region in passes):
                yield Hypothesis(TWICE, links, _again(passes))


def elsewhere(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield an elementwise function whose derivative is taken at a value of another step."""
    for step in steps:
        each = [list(regions(run, n)) for n in step.nodes]
        for passes in [tuple(e[-1] for e in each)] if all(each) else []:
            if _is_line(run, passes[0]):
                continue
            if len(passes) > 1:
                stale = _replacing(passes, _fixed(passes[-1].z))
                yield Hypothesis(ELSEWHERE, step.nodes[:1], stale, detail=LAST)
            for other in steps:
                taken = _paired(run, passes, other)
                if taken:
                    links = (step.nodes[0], other.nodes[0])
                    yield Hypothesis(ELSEWHERE, links, _replacing(passes, taken))


def _fixed(n: int) -> Callable[[Run, Region], int]:
    """Return the node at which all passes take their derivative."""
    return lambda run, region: n


def _paired(run: Run, passes: Sequence[Region], other: Step) -> Callable[[Run, Region], int] | None:
    """Return which node of another step belongs to each pass; None if they do not fit."""
    own = passes[0]
    fits = run.values[other.nodes[0]].shape == run.values[own.z].shape
    if not fits or len(other.nodes) != len(passes) or other.nodes[0] in {own.z, own.y}:
        return None
    table = {region.y: n for region, n in zip(passes, other.nodes, strict=True)}
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


def _replacing(
    passes: Sequence[Region], at: Callable[[Run, Region], int | None]
) -> Callable[[float], Change]:
    """Return the change in which each region hands on ȳ times its slope at a node, or times 1."""

    def pull(region: Region) -> Callable[[Run, Array], Mapping[int, Array]]:
        def handed(run: Run, ybar: Array) -> Mapping[int, Array]:
            n = at(run, region)
            return {region.z: ybar if n is None else ybar * slope(run, region, run.values[n])}

        return handed

    change = Change(pulls={region.y: pull(region) for region in passes})
    return always(change)


def _again(passes: Sequence[Region]) -> Callable[[float], Change]:
    """Return the change in which each region's slope is there twice."""

    def handed(region: Region) -> Callable[[Run, Array], Mapping[int, Array]]:
        return lambda run, ybar: {region.z: ybar * slope(run, region) ** 2}

    change = Change(pulls={region.y: handed(region) for region in passes})
    return always(change)


# The cotangent of the logits, from that of log p (u), that of p (v), the logits (z), p and an axis;
# `over` is another axis. The right one is u − p Σ u.
SOFTMAX: dict[str, Closed] = {
    "softmax, diagonal of its Jacobian only": lambda u, v, z, p, axis, over: u * (1 - p),
    "softmax, its Jacobian left out": lambda u, v, z, p, axis, over: v,
    "softmax, differentiated twice": lambda u, v, z, p, axis, over: _jacobian(
        u - p * _sum(u, axis), p, axis
    ),
    "softmax, differentiated again as a sigmoid": lambda u, v, z, p, axis, over: (
        (u - p * _sum(u, axis)) * p * (1 - p)
    ),
    SUMMED_OVER: lambda u, v, z, p, axis, over: u - p * _sum(u, over),
    "softmax, over the wrong axis": lambda u, v, z, p, axis, over: (
        u - softmax(z, over) * _sum(u, axis)
    ),
    "softmax, forgotten": lambda u, v, z, p, axis, over: u - z * _sum(u, axis),
    "softmax, the sign of its target": lambda u, v, z, p, axis, over: -u - p * _sum(u, axis),
    "softmax, the target left out": lambda u, v, z, p, axis, over: -p * _sum(u, axis),
}


def _sum(array: Array, axis: int) -> Array:
    return np.asarray(np.sum(array, axis=axis, keepdims=True))


def _jacobian(dp: Array, p: Array, axis: int) -> Array:
    return np.asarray(p * (dp - _sum(dp * p, axis)))


def closed_softmax(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield the mistakes in a softmax's own formula, alone or with its cross-entropy."""
    for found in softmaxes(run):
        for kind, closed in SOFTMAX.items():
            shape = run.values[found.z].shape
            others = [a for a, n in enumerate(shape) if a != found.axis]
            if kind == SUMMED_OVER:  # over an axis of length one it is the diagonal only
                others = [a for a in others if shape[a] > 1]
            for over in others if "wrong axis" in kind else (found.axis,):
                yield Hypothesis(kind, (found.y, found.z), _softmax(found, closed, over))


def _softmax(found: Softmax, closed: Closed, over: int) -> Callable[[float], Change]:
    def handed(run: Run, ybar: Array) -> Mapping[int, Array]:
        z = run.values[found.z]
        p = softmax(z, found.axis)
        u, v = (ybar, ybar / p) if found.is_log else (p * ybar, ybar)  # p may be 0
        return {found.z: closed(u, v, z, p, found.axis, over)}

    change = Change(pulls={found.y: handed})
    return always(change)


# The cotangent of the logits z of a binary cross-entropy, from the weighted targets w y (t) and
# w (1 − y) (f), z and p. The right one is w (p − y) = f p − t (1 − p).
BINARY: dict[str, Closed] = {
    "sigmoid, forgotten": lambda t, f, z, p: (t + f) * z - t,
    "sigmoid, the sign of its target": lambda t, f, z, p: (t + f) * p + t,
    "sigmoid, the target left out": lambda t, f, z, p: (t + f) * p,
}


def closed_sigmoid(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield the mistakes in the formula of a sigmoid with its binary cross-entropy."""
    for z, p in sigmoids(run):
        for kind, closed in BINARY.items():
            yield Hypothesis(kind, (p, z), _binary(z, p, closed))


def _binary(z: int, p: int, closed: Closed) -> Callable[[float], Change]:
    def combine(run: Run, _: int, parts: Parts) -> Array:
        true = [part for c, part in parts if run.nodes[c].operation == "log"]
        false = [part for c, part in parts if run.nodes[c].operation != "log"]
        value = run.values[p]
        t, f = -value * sum(true), (1 - value) * sum(false)
        return np.asarray(closed(t, f, run.values[z], value))

    change = Change(pulls={p: lambda run, ybar: {z: ybar}}, combines={p: combine})
    return always(change)


def normal_pull(g: Array, n: Array, s: Array, c: Array, m: Closed, o: Closed) -> Array:
    """Return the right cotangent of what is normalised; the letters stand above NORMALISED."""
    return np.asarray(s * (g - m(g) - n * m(g * n)))


# The cotangent of what is normalised, from that of the result (g), the result (n), the inverse
# deviation (s), what is centred (c) and a mean. The right one is s (g − m(g) − n m(g n)).
NORMALISED: dict[str, Closed] = {
    "normalisation, its inverse deviation left out": lambda g, n, s, c, m, o: (
        g - m(g) - n * m(g * n)
    ),
    "normalisation, mean path left out": lambda g, n, s, c, m, o: s * (g - n * m(g * n)),
    "normalisation, variance path left out": lambda g, n, s, c, m, o: s * (g - m(g)),
    "normalisation, both paths left out": lambda g, n, s, c, m, o: s * g,
    "normalisation, mean path over the wrong axis": lambda g, n, s, c, m, o: (
        s * (g - o(g) - n * m(g * n))
    ),
    "normalisation, variance path over the wrong axis": lambda g, n, s, c, m, o: (
        s * (g - m(g) - n * o(g * n))
    ),
    "normalisation, variance path with what is centred": lambda g, n, s, c, m, o: (
        s * (g - m(g) - c * m(g * c))
    ),
}


def closed_normalisation(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield the mistakes in a normalisation's own formula."""
    for found in normalisations(run):
        for kind, closed in NORMALISED.items():
            yield Hypothesis(kind, (found.y, found.z), closed_form(found, closed))


def closed_form(found: Normalised, closed: Closed) -> Callable[[float], Change]:
    """Return the change in which a normalisation is differentiated by a formula of its own."""

    def handed(run: Run, ybar: Array) -> Mapping[int, Array]:
        z, n = run.values[found.z], run.values[found.y]
        others = tuple(a for a in range(z.ndim) if a not in found.axes) or found.axes

        def over(axes: tuple[int, ...]) -> Callable[[Array], Array]:
            return lambda array: np.mean(array, axis=axes, keepdims=True)

        mean = over(found.axes)
        centred = z - mean(z)
        inverse = np.sqrt(mean(n * n) / mean(centred * centred))
        return {found.z: closed(ybar, n, inverse, centred, mean, over(others))}

    change = Change(pulls={found.y: handed})
    return always(change)
