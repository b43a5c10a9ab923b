"""Hypotheses on an activation that is differentiated as another function, or by a wrong formula.

Every formula is a function of the input or of the output, entry by entry: what is written is nearly
always one of a few, 1 − a² for 1 − tanh(z)², and a mistake in it is another of them.
"""

from __future__ import annotations

import functools
from math import pi, sqrt
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.diagnosis.hypotheses.activations import (
    OTHER,
    is_line,
    is_mask,
    of_function,
    regions_of,
    replacing,
)
from crosscheck.diagnosis.hypotheses.base import Hypothesis, Kind, results_first
from crosscheck.diagnosis.regions import slope
from crosscheck.ir.partials import PARTIALS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from crosscheck.diagnosis.backward import Array, Run
    from crosscheck.diagnosis.regions import Region
    from crosscheck.diagnosis.source_steps import Step

    Formula = Callable[[Array], Array]

WRONG = Kind(
    "wrong derivative",
    "{detail} used as the derivative",
    "multiply the upstream gradient by the derivative of this function",
    frozenset({"upstream", "derivative at another value", OTHER}),
)
OF_UPSTREAM, OF_OTHER, BEFORE, AFTER = (
    Kind(
        OTHER,
        f"derivative computed from {other} instead of the output",
        "compute the derivative from what this function returned",
    )
    for other in (
        "the upstream gradient",
        "{other}",
        "the output of the iteration before",
        "the output of the iteration after",
    )
)
CLOSE = 1e-9  # slopes that agree to half of float64's digits are one


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def _gelu_tanh(x: Array) -> Array:
    """Return the derivative of x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))."""
    t = np.tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))
    inner = sqrt(2 / pi) * (1 + 3 * 0.044715 * x * x)
    return np.asarray(0.5 * (1 + t) + 0.5 * x * (1 - t * t) * inner)


def _gelu(x: Array) -> Array:
    """Return the derivative of x Φ(x)."""
    (density,) = PARTIALS["ndtr"]
    return np.asarray((1 + _erf(x / sqrt(2))) / 2 + x * density(x, x))


def _gelu_sigmoid(x: Array) -> Array:
    """Return the derivative of x σ(1.702 x)."""
    s = _sigmoid(1.702 * x)
    return np.asarray(s + 1.702 * x * s * (1 - s))


def _swish(x: Array) -> Array:
    return np.asarray(_sigmoid(x) * (1 + x * (1 - _sigmoid(x))))


def _erf(x: Array) -> Array:
    from scipy import special

    return np.asarray(special.erf(x))


# Of the input z or of the output a, with x for either.
FORMULAS: dict[str, Formula] = {
    "{x}": lambda x: x,
    "1 - {x}": lambda x: 1 - x,
    "{x} * (1 - {x})": lambda x: x * (1 - x),
    "1 - {x}**2": lambda x: 1 - x * x,
    "1 + {x}": lambda x: 1 + x,
    "{x}**2": lambda x: x * x,
    "({x} > 0)": lambda x: (x > 0) * 1.0,
    "the sigmoid of {x}": _sigmoid,
    "the derivative of the sigmoid at {x}": lambda x: _sigmoid(x) * (1 - _sigmoid(x)),
    "the derivative of tanh at {x}": lambda x: 1 - np.tanh(x) ** 2,
    "exp({x})": np.exp,
    "1 / {x}": lambda x: 1 / x,
    "where({x} > 0, 1, {x})": lambda x: np.where(x > 0, 1, x),
    "where({x} > 0, 1, exp({x}))": lambda x: np.where(x > 0, 1, np.exp(np.minimum(x, 0))),
    "where({x} > 0, 1, 1 + {x})": lambda x: np.where(x > 0, 1, 1 + x),
    "the derivative of GELU's tanh approximation at {x}": _gelu_tanh,
    "the derivative of GELU at {x}": _gelu,
    "the derivative of GELU's sigmoid approximation at {x}": _gelu_sigmoid,
    "the derivative of swish at {x}": _swish,
}
WHERE = {"a": ", with a the output of this function,", "z": ", with z its input,"}


def slopes(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield an elementwise function of which another formula is taken for the derivative."""
    lines = {n: (p.file, p.line) for step in steps for p in step.place[:1] for n in step.nodes}
    for step in steps:
        each = [_whole(regions_of(run, step, n), n, lines) for n in step.nodes]
        for unrolled in zip(*each, strict=False):
            if is_line(run, unrolled[0]) or is_mask(run, unrolled[0]):
                continue
            for detail, formula in _wrong(run, unrolled[0]):
                yield of_function(run, WRONG, unrolled, formula, detail)


def elsewhere(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield a function whose derivative, a formula of the output, is that of another value."""
    ordered = results_first(steps)
    for step in steps:
        each = [regions_of(run, step, n)[-1:] for n in step.nodes]
        unrolled = [region for (region,) in each] if all(each) else []
        if not unrolled or is_line(run, unrolled[0]) or is_mask(run, unrolled[0]):
            continue
        a, correct = run.values[step.nodes[0]], slope(run, unrolled[0])
        formulas = [f for f in FORMULAS.values() if _same(np.asarray(f(a)), correct)]
        for formula in formulas[:1]:
            links = (step.nodes[0], *reversed(unrolled[0].inner[:-1]))
            upstream = replacing(unrolled, functools.partial(_of_upstream, formula))
            yield Hypothesis(OF_UPSTREAM, links, upstream)
            for kind, others in _others(run, step, ordered):
                table = dict(zip(step.nodes, others, strict=True))
                change = replacing(unrolled, functools.partial(_of_other, formula, table))
                nodes = (step.nodes[0], others[-1])
                yield Hypothesis(kind, nodes if kind == OF_OTHER else links, change)


def _others(run: Run, step: Step, steps: Sequence[Step]) -> Iterator[tuple[Kind, tuple[int, ...]]]:
    """Yield which values may be taken for the outputs of a step: of another one, or iteration."""
    own = step.nodes
    shape = run.values[own[0]].shape
    for other in steps:
        found = run.values[other.nodes[0]].shape
        if other is not step and len(other.nodes) == len(own) and _broadcasts(found, shape):
            yield OF_OTHER, other.nodes
    if len(own) > 1:
        starts = [n for n in run.leaves.values() if run.values[n].shape == shape]
        for before in (own[-1], *starts):
            yield BEFORE, (before, *own[:-1])
        yield AFTER, (*own[1:], own[0])


def _broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Whether an array of a shape, that is no number, stands for one of another shape."""
    ends = zip(shape[::-1], to[::-1], strict=False)
    return 0 < len(shape) <= len(to) and all(n in {1, m} for n, m in ends)


def _of_other(
    formula: Formula, table: Mapping[int, int], run: Run, region: Region, ybar: Array
) -> Array:
    return np.asarray(formula(run.values[table[region.y]])).astype(ybar.dtype)


def _of_upstream(formula: Formula, run: Run, region: Region, ybar: Array) -> Array:
    return np.asarray(formula(ybar)).astype(ybar.dtype)


def _whole(found: list[Region], n: int, lines: dict[int, tuple[str, int]]) -> list[Region]:
    """Return the functions that leave at a node, without the parts of a single expression."""
    apart = [region for region in found[:-1] if lines.get(region.z) != lines.get(n)]
    return [*apart, *found[-1:]]


def _wrong(run: Run, region: Region) -> Iterator[tuple[str, Callable[[Run, Region, Array], Array]]]:
    """Yield the formulas that are not the derivative, nor a mistake of another kind."""
    z, a = region.read(run), run.values[region.y]
    correct = slope(run, region)
    known = [np.ones_like(correct), correct**2, slope(run, region, a)]
    for letter, x in {"a": a, "z": z}.items():
        for text, formula in FORMULAS.items():
            found = np.asarray(formula(x))
            if not np.isfinite(found).all() or _is_multiple(found, correct):
                continue
            if not any(_same(found, other) for other in known):
                known.append(found)
                yield (
                    text.format(x=letter) + WHERE[letter],
                    functools.partial(_of, formula, letter),
                )
    if np.unique(correct).size == 2:  # noqa: PLR2004
        yield "the sign of the upstream gradient, not of the input,", _by_upstream
        yield "the slope of the other side", lambda run, r, ybar: _other_side(slope(run, r))


def _by_upstream(run: Run, region: Region, ybar: Array) -> Array:
    slopes = slope(run, region)
    return np.asarray(np.where(ybar > 0, slopes.max(), slopes.min()))


def _of(formula: Formula, letter: str, run: Run, region: Region, ybar: Array) -> Array:
    x = run.values[region.y] if letter == "a" else region.read(run)
    return np.asarray(formula(x)).astype(x.dtype)


def _other_side(slopes: Array) -> Array:
    return np.asarray(np.where(slopes == slopes.max(), slopes.min(), slopes.max()))


def _is_multiple(found: Array, correct: Array) -> bool:
    """Whether a slope is the correct one but for a factor, which may be 0."""
    square = float(np.sum(correct * correct))
    return _same(found, correct * (float(np.sum(found * correct)) / square if square else 0.0))


def _same(a: Array, b: Array) -> bool:
    return bool(np.all(np.abs(a - b) <= CLOSE * max(1.0, float(np.max(np.abs(b), initial=0.0)))))
