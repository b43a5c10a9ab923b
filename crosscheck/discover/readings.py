"""What a pair of functions may be: by which argument, and which kind of derivative.

A reading is taken only if shapes allow it. Where several are, they are tried; what fits none of
several readings is ambiguous.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from crosscheck.discover.bound import ATTRIBUTE, Bound, floats, has_default, settable
from crosscheck.discover.names import is_first
from crosscheck.objects.pairs import named_alike

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crosscheck.core.types import Array

Order: TypeAlias = Literal["C", "F"]

# What is never differentiated: what a prediction is compared with.
TARGETS = frozenset("y t target targets label labels y_true true truth obs observed actual".split())
VECTORS = frozenset("v p vec vector direction d s tangent".split())
VECTOR = "the vector"  # under which a Hessian-vector product gets its vector
NOTES: Mapping[Order, str] = {"C": "", "F": "column by column"}
MOST = 200_000  # entries of a matrix that is looked at


@dataclass(frozen=True)
class Reading:
    """One way to read a pair: a function and a derivative of the same parameters.

    Attributes:
        kind: "gradient", "jacobian", "elementwise", "hessian" or "hessp".
        params: what is differentiated, by name.
        f: the function, called with the parameters by name; returns an array.
        g: the derivative, called with the same; a gradient by name, else an array.
        note: what is unusual about it.
        is_option: whether it is by an argument that has a default: one that is rarely meant.

    """

    kind: str
    params: Mapping[str, Array]
    f: Callable[..., Any]
    g: Callable[..., Any]
    note: str = ""
    is_option: bool = False

    def __str__(self) -> str:
        by = ", ".join(name.removeprefix(ATTRIBUTE) for name in self.params)
        return f"{self.kind} by {by}{f', {self.note}' if self.note else ''}"


def readings(f: Bound, g: Bound, kind: str) -> list[Reading]:
    """Return the readings that shapes allow of a function and its derivative."""
    value, derivative = f(), g()
    if isinstance(value, tuple) and value:
        f = replace(f, select=_first(f.select))
        value = value[0]
    out = np.asarray(value, dtype=np.float64)
    common = {n: x for n, x in floats(g.given).items() if n in f.given}
    derivative = getattr(derivative, "toarray", lambda: derivative)()  # SciPy's sparse matrices
    if isinstance(derivative, Mapping):
        found = _by_name(f, g, common, derivative)
    elif isinstance(derivative, tuple | list) and _are_arrays(derivative) and out.size == 1:
        found = [*_by_order(f, g, common, derivative)]
    else:
        found = [*_of_array(f, g, common, out, np.asarray(derivative), kind)]
        if not found and g.holder is not None:
            own = settable(g.holder)
            found = [*_of_array(f, g, own, out, np.asarray(derivative), kind)]
    named = [r for r in found if not TARGETS & set(r.params)] or found
    options = {p.name for p in inspect.signature(g.function).parameters.values() if has_default(p)}
    return [replace(r, is_option=bool(options & set(r.params))) for r in named]


def _of_array(  # noqa: PLR0913, PLR0917 - both functions, and what they return
    f: Bound, g: Bound, params: Mapping[str, Array], out: Array, derivative: Array, kind: str
) -> Iterator[Reading]:
    """Yield the readings of a derivative that is one array, by each parameter."""
    if derivative.dtype.kind not in "fiu" or not derivative.size:
        return
    for name, x in params.items():
        if not x.size:
            continue
        if kind == "second":
            yield from _second(f, g, name, x, out, derivative)
        elif out.size == 1 and derivative.size == x.size and _is_gradient(derivative, x):
            for order in _orders(x, derivative):
                yield _gradient(f, g, name, x, order)
        elif out.size > 1 or derivative.ndim > 1:
            yield from _jacobian(f, g, name, x, out, derivative)


def _jacobian(  # noqa: PLR0913, PLR0917 - both functions, and what they return
    f: Bound, g: Bound, name: str, x: Array, out: Array, derivative: Array
) -> Iterator[Reading]:
    shapes = {(*out.shape, *x.shape), (out.size, x.size)}
    if derivative.shape == out.shape == x.shape and _is_elementwise(f, name, x):
        yield _array("elementwise", f, g, name, x)
        if len(g.arguments) == 1:
            yield Reading(
                "elementwise",
                {name: x},
                lambda **p: _number(f, x, p),
                lambda **p: g(**{name: np.asarray(_number(f, x, p))}),
                "from the function's value",
            )
    elif derivative.shape in shapes and derivative.size <= MOST:
        yield from _matrices("jacobian", f, g, name, x, derivative)


def _second(  # noqa: PLR0913, PLR0917 - both functions, and what they return
    f: Bound, g: Bound, name: str, x: Array, out: Array, derivative: Array
) -> Iterator[Reading]:
    square = {(x.size, x.size), (*x.shape, *x.shape)}
    vectors = [v for v in floats(g.given) if v in VECTORS and v != name]
    if out.size == 1 and derivative.shape == x.shape and vectors and name not in VECTORS and x.ndim:
        yield Reading(
            "hessp",
            {name: x},
            lambda **p: _number(f, x, p),
            lambda **p: g(**{name: p[name], vectors[0]: p[VECTOR]}),
        )
    elif derivative.shape in square and x.ndim and derivative.size <= MOST:
        if out.size == 1:
            yield from _matrices("hessian", f, g, name, x, derivative)
        if out.shape == x.shape and is_first(getattr(f.function, "__name__", "")):
            yield _array("jacobian", f, g, name, x)
    elif out.shape == x.shape == derivative.shape and _is_elementwise(f, name, x):
        yield _array("curvature", f, g, name, x)


def _by_name(
    f: Bound, g: Bound, params: Mapping[str, Array], derivative: Mapping[Any, Any]
) -> list[Reading]:
    """Return the reading of gradients by name."""
    nested = {k: v for k, v in g.given.items() if isinstance(v, Mapping) and k in f.given}
    for name, tree in nested.items():  # loss(params, x), with one mapping of all parameters
        keys = named_alike(derivative, list(tree))
        if keys and all(np.shape(derivative[key]) == np.shape(tree[n]) for n, key in keys.items()):
            leaves = {n: np.asarray(tree[n], dtype=np.float64) for n in keys}
            return [
                Reading(
                    "gradient",
                    leaves,
                    lambda **p: f(**{name: {**tree, **p}}),  # noqa: B023 - returned at once
                    lambda **p: _named(g(**{name: {**tree, **p}}), keys),  # noqa: B023
                )
            ]
    keys = named_alike(derivative, list(params))
    fitting = {n: params[n] for n, k in keys.items() if np.shape(derivative[k]) == params[n].shape}
    if not fitting or len(fitting) < len(keys):
        return []
    return [Reading("gradient", fitting, f, lambda **p: _named(g(**p), keys))]


def _by_order(
    f: Bound, g: Bound, params: Mapping[str, Array], derivative: Any
) -> Iterator[Reading]:
    """Yield the readings of gradients in the order of the arguments."""
    shapes = [np.shape(part) for part in derivative]
    for names in combinations(params, len(shapes)):
        if [params[name].shape for name in names] == shapes:
            chosen = {name: params[name] for name in names}
            yield Reading(
                "gradient",
                chosen,
                f,
                lambda names=names, **p: dict(zip(names, g(**p), strict=True)),
            )


def _gradient(f: Bound, g: Bound, name: str, x: Array, order: Order) -> Reading:
    return Reading(
        "gradient",
        {name: x},
        lambda **p: _number(f, x, p),
        lambda **p: {name: np.reshape(np.asarray(_number(g, x, p)), x.shape, order)},
        NOTES[order],
    )


def _orders(x: Array, derivative: Array) -> tuple[Order, ...]:
    """Return the orders in which a derivative may have the entries of x, which is a matrix."""
    flat = x.ndim > 1 and derivative.shape[-x.ndim :] != x.shape
    return ("C", "F") if flat else ("C",)


def _columns(order: Order, x: Array, matrix: Any, *, both: bool) -> Any:
    """Return a matrix with its columns, or both, in the order of the entries of x."""
    if order == "C":
        return matrix
    places = np.arange(x.size).reshape(x.shape, order="F").reshape(-1)
    matrix = np.asarray(matrix)[:, places]
    return matrix[places] if both else matrix


def _matrices(  # noqa: PLR0913, PLR0917 - both functions, and what they return
    kind: str, f: Bound, g: Bound, name: str, x: Array, derivative: Array
) -> Iterator[Reading]:
    """Yield the readings of a matrix, by the orders in which it may have the entries of x."""
    for order in _orders(x, derivative):
        yield Reading(
            kind,
            {name: x},
            lambda **p: _number(f, x, p),
            lambda order=order, **p: _columns(order, x, _number(g, x, p), both=kind == "hessian"),
            NOTES[order],
        )


def _array(kind: str, f: Bound, g: Bound, name: str, x: Array) -> Reading:
    return Reading(kind, {name: x}, lambda **p: _number(f, x, p), lambda **p: _number(g, x, p))


def _number(f: Bound, x: Array, p: Mapping[str, Any]) -> Any:
    """Return what a function returns; one that was given a Python number gets one, or an array."""
    return f(**{name: _scalar(value) if not x.ndim else value for name, value in p.items()})


def _scalar(value: Any) -> Any:
    """Return an array of no dimension as a number; what is traced stays."""
    return value.item() if type(value) is np.ndarray and not value.ndim else value


def _is_gradient(derivative: Array, x: Array) -> bool:
    """Return whether an array is a gradient by its shape: that of x, or flat."""
    return derivative.shape == x.shape or derivative.ndim <= 1


def _is_elementwise(f: Bound, name: str, x: Array) -> bool:
    """Return whether each entry of the result depends on its own entry alone, by trying."""
    if x.size == 1:
        return True
    rng = np.random.default_rng(0)
    half = rng.random(x.shape) < 0.5  # noqa: PLR2004 - half of them
    half.flat[0], half.flat[-1] = True, False
    with np.errstate(all="ignore"):
        moved = x * (1 + 1e-3 * rng.random(x.shape)) + 1e-6
        before = np.asarray(f(**{name: x}))
        for kept in (half, ~half):  # each half moves once: a sum may run in one direction
            after = np.asarray(f(**{name: np.where(kept, x, moved)}))
            if not np.array_equal(before[kept], after[kept], equal_nan=True):
                return False
    return True


def _are_arrays(parts: Any) -> bool:
    return all(isinstance(part, np.ndarray | float | np.floating) for part in parts)


def _named(gradients: Mapping[Any, Any], keys: Mapping[str, Any]) -> dict[str, Any]:
    return {name: gradients[key] for name, key in keys.items()}


def _first(select: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda result: select(result)[0]
