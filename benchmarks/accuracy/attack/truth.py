"""The true derivative of a case: differences of 8th order, in extended precision.

    f'(x) = Σ c_k (f(x + kh) − f(x − kh)) / h,   c = 4/5, −1/5, 4/105, −1/280

with an error of h⁸ and of the rounding over h. The step is halved until two derivatives differ
least; that difference is the error that is stated. (Fornberg, Math. Comp. 51, 1988, table 1.)
"""

from __future__ import annotations

import copy
import warnings
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from benchmarks.accuracy.attack.case import Case

WEIGHTS = tuple(np.longdouble(p) / q for p, q in ((4, 5), (-1, 5), (4, 105), (-1, 280)))
HALVINGS, PATIENCE, POINTS, LINES, NEARBY = 18, 5, 3, 60, 60
STEADY = 1e-11  # a step that crosses a kink is never as steady


@dataclass(frozen=True)
class Truth:
    """How far a gradient is from the derivative, relative to its largest entry: path -> error.

    `doubt` is the error of the differences themselves.
    """

    errors: dict[str, float]
    doubt: float

    @property
    def error(self) -> float:
        """The largest error."""
        return max(self.errors.values())


def truth(case: Case) -> Truth:
    """Return the errors of a gradient over the points of its case."""
    errors: dict[str, float] = {}
    doubt = 0.0
    loss, gradient = _as_layer(case) if case.is_layer else (case.exact or case.loss, case.gradient)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        if case.is_kink:
            errors["kink"] = at_kink(case)
        for params in _points(case):
            given = copy.deepcopy(params)
            actual = _by_name(gradient(**given, **copy.deepcopy(dict(case.data))), params)
            for path, derivative, unsure in derivatives(loss, params, case.data, case.scale):
                error, size = _error(actual[path], derivative)
                errors[path] = max(errors.get(path, 0.0), error)
                doubt = max(doubt, unsure / size if size else unsure)
    return Truth(errors, doubt)


def derivatives(
    loss: Callable[..., Any], params: Any, data: Mapping[str, Any], scale: float | None
) -> Iterator[tuple[str, Any, float]]:
    """Yield for each array its path, its derivative, and how much of that is in doubt."""
    wide = copy.deepcopy(dict(params))
    for name in wide:
        wide[name] = _widened(wide[name])
    data = copy.deepcopy(dict(data))
    for path, leaf in leaves(wide):
        result, doubt = np.zeros(leaf.shape, np.longdouble), 0.0
        for index in np.ndindex(leaf.shape):
            kept = leaf[index]

            def value(x: Any, leaf: Any = leaf, index: Any = index) -> Any:
                leaf[index] = x
                return np.longdouble(np.asarray(loss(**_copied(wide), **data)).item())

            size = scale or max(abs(float(kept)), float(np.max(np.abs(leaf))) / 8, 1e-3)
            result[index], unsure = _difference(value, kept, np.longdouble(size))
            doubt = max(doubt, unsure)
            leaf[index] = kept
        yield path, result, doubt


def _difference(value: Callable[[Any], Any], x: Any, size: Any) -> tuple[Any, float]:
    """Return the derivative of a function of one number, and its doubt."""
    best, doubt, before, worse = np.longdouble("nan"), np.inf, None, 0
    for i in range(HALVINGS):
        h = np.longdouble(2.0 ** np.floor(np.log2(float(size)))) / 2 ** (i + 3)
        now = sum(c * (value(x + k * h) - value(x - k * h)) for k, c in enumerate(WEIGHTS, 1)) / h
        apart = np.inf if before is None else abs(now - before)
        if np.isfinite(apart) and apart < doubt:
            best, doubt, worse = now, float(apart), 0
        elif np.isfinite(doubt):
            worse += 1
        if doubt == 0 or (worse >= PATIENCE and doubt <= STEADY * abs(best)):
            break
        before = now
    return best, doubt


def at_kink(case: Case) -> float:
    """Return by how much a gradient leaves what is allowed at the given point, a kink.

    It is in Clarke's set if along every line v the slope g·v is at most the limit of the slopes
    nearby: their largest over points close to the kink. Lines are random, and each axis.
    """
    params = {name: np.array(value, np.float64) for name, value in case.params.items()}
    gradient = _by_name(case.gradient(**copy.deepcopy(params), **case.data), params)
    sizes = [array.size for array in params.values()]
    rng = np.random.default_rng(999)
    lines = [rng.standard_normal(sum(sizes)) for _ in range(LINES)]
    flat = np.concatenate([np.ravel(gradient[name]) for name in params]).astype(float)
    nearby = [1e-4 * rng.standard_normal(sum(sizes)) for _ in range(NEARBY)]
    ends = np.cumsum([0, *sizes])
    for first, last in pairwise(ends):
        block = (np.arange(ends[-1]) >= first) & (np.arange(ends[-1]) < last)
        nearby += [1e-4 * block, -1e-4 * block]
    excess = 0.0
    for line in [*lines, *np.eye(sum(sizes)), *-np.eye(sum(sizes))]:
        slopes = [_slope(case, params, start, line) for start in (0 * line, *nearby)]
        excess = max(excess, float(flat @ line - max(slopes)) / (1 + max(map(abs, slopes))))
    return excess


def _slope(case: Case, params: Any, start: Any, line: Any) -> float:
    """Return the one-sided slope of the loss at a start, along a line."""
    step = 2.0**-30
    values = []
    for moved in (start, start + step * line):
        ends = np.cumsum([array.size for array in params.values()])[:-1]
        parts = np.split(np.asarray(moved, np.longdouble), ends)
        point = {
            name: array + part.reshape(array.shape)
            for (name, array), part in zip(params.items(), parts, strict=True)
        }
        values.append(np.longdouble(case.loss(**point, **case.data)))
    return float((values[1] - values[0]) / step)


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the arrays of nested parameters, each with its path."""
    if isinstance(tree, dict):
        for name, value in tree.items():
            yield from leaves(value, f"{path}.{name}" if path else str(name))
    elif isinstance(tree, (list, tuple)):
        for i, value in enumerate(tree):
            yield from leaves(value, f"{path}[{i}]")
    else:
        yield path, tree


def _copied(tree: Any) -> Any:
    """Return nested parameters whose arrays a function may overwrite."""
    if isinstance(tree, dict):
        return {name: _copied(value) for name, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)([_copied(value) for value in tree])
    return tree.copy()


def _widened(tree: Any) -> Any:
    """Return nested parameters in extended precision."""
    if isinstance(tree, dict):
        return {name: _widened(value) for name, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)([_widened(value) for value in tree])
    return np.array(tree, np.longdouble)


def _points(case: Case) -> Iterator[Any]:
    """Yield the given point, points around it, and those of the case."""
    if not case.is_kink:
        yield case.params
    rng = np.random.default_rng(12345)
    for _ in range(POINTS if case.around else 0):
        params = copy.deepcopy(dict(case.params))
        moved = {name: _moved(value, case.around, rng) for name, value in params.items()}
        yield moved
    yield from case.at


def _moved(tree: Any, around: float, rng: np.random.Generator) -> Any:
    """Return nested parameters, each moved by a part of its largest entry."""
    if isinstance(tree, dict):
        return {name: _moved(value, around, rng) for name, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)([_moved(value, around, rng) for value in tree])
    array = np.asarray(tree)
    size = float(np.max(np.abs(array))) or 1.0
    return np.asarray(array + around * size * rng.standard_normal(array.shape)).astype(array.dtype)


def _by_name(gradient: Any, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return a gradient's arrays by the paths of their parameters."""
    if isinstance(gradient, dict):
        tree: Any = {name: gradient[name] for name in params}
    elif isinstance(gradient, (tuple, list)):
        tree = dict(zip(params, gradient, strict=True))
    else:
        tree = {next(iter(params)): gradient}
    return dict(leaves(tree))


def _error(actual: Any, derivative: Any) -> tuple[float, float]:
    """Return the error of an array relative to its derivative's largest entry, and that entry."""
    actual = np.asarray(actual)
    if actual.shape != derivative.shape:
        return np.inf, 1.0
    size = float(np.max(np.abs(derivative), initial=0))
    error = float(np.max(np.abs(actual.astype(np.longdouble) - derivative), initial=0))
    return (error / size if size else error), size


def _as_layer(case: Case) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return a layer as a loss and its gradient: its output times a fixed upstream gradient."""
    out, _ = case.loss(**copy.deepcopy(dict(case.params)), **case.data)
    upstream = np.random.default_rng(54321).standard_normal(np.shape(out))

    def loss(**given: Any) -> Any:
        return np.sum((case.exact or case.loss)(**given)[0] * upstream)

    def gradient(**given: Any) -> Any:
        _, cache = case.loss(**given)
        return case.gradient(upstream.copy(), cache)

    return loss, gradient
