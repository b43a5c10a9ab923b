"""Where parameters are meant to live: symmetric matrices, probabilities, orthogonal columns.

A gradient may be right there alone: inv(S) is the gradient of log det S for symmetric S, and its
transpose for any other. Points are general first, for a structure that the given point has by
chance must hide no mistake; where the gradient is wrong for those, points that keep the structure
are tried. Along a structure a gradient matters only by its part tangent to it, so this part is
compared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.core.norms import norm
from crosscheck.core.sampling import moved
from crosscheck.core.types import Point

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from crosscheck.core.evidence import Evidence
    from crosscheck.core.types import Array, Dtype, HandWritten, Oracle, Quantities, Request

    Check = Callable[[Array], bool]
    Sample = Callable[[Array, np.random.Generator], Array]
    Project = Callable[[Array, Array], Array]

CLOSE = 1e-9
READ = "read by one triangle"  # of any square matrix: only the sum of both triangles matters
STREAM = 4


@dataclass(frozen=True)
class Structure:
    """A set of arrays: whether one is in it, another near it, and a gradient's tangent part."""

    name: str
    holds: Check
    sample: Sample
    project: Project


def _transposed(a: Array) -> Array:
    return np.swapaxes(a, -1, -2)


def _is_square(a: Array) -> bool:
    return a.ndim >= 2 and a.shape[-1] == a.shape[-2] and a.shape[-1] > 1  # noqa: PLR2004


def _symmetric_part(_: Array, gradient: Array) -> Array:
    return (gradient + _transposed(gradient)) / 2


def _on_one_triangle(_: Array, gradient: Array) -> Array:
    both = np.tril(gradient) + _transposed(np.triu(gradient, 1))
    return np.asarray(both)


def _is_symmetric(a: Array) -> bool:
    return _is_square(a) and norm(a - _transposed(a)) <= CLOSE * norm(a)


def _is_definite(a: Array) -> bool:
    return _is_symmetric(a) and bool((np.linalg.eigvalsh(a) > 0).all())


def _symmetric_near(a: Array, rng: np.random.Generator) -> Array:
    return _symmetric_part(a, moved(a, rng))


def _definite_near(a: Array, rng: np.random.Generator) -> Array:
    factor = np.eye(a.shape[-1]) + 0.1 * rng.standard_normal(a.shape)
    return _symmetric_part(a, factor @ a @ _transposed(factor))


def _is_orthogonal(a: Array) -> bool:
    if a.ndim < 2 or a.shape[-1] < 2 or a.shape[-2] < a.shape[-1]:  # noqa: PLR2004
        return False
    return norm(_transposed(a) @ a - np.eye(a.shape[-1])) <= CLOSE


def _orthogonal_near(a: Array, rng: np.random.Generator) -> Array:
    q, r = np.linalg.qr(moved(a, rng, 0.3))
    signs = np.sign(np.diagonal(r, axis1=-2, axis2=-1))
    return np.asarray(q * signs[..., None, :])


def _along_orthogonal(a: Array, gradient: Array) -> Array:
    inner = _transposed(a) @ gradient
    return gradient - a @ ((inner + _transposed(inner)) / 2)


def _triangle(keep: Callable[..., Array]) -> tuple[Check, Sample, Project]:
    return (
        lambda a: _is_square(a) and bool(np.any(a)) and np.array_equal(keep(a), a),
        lambda a, rng: keep(moved(a, rng)),
        lambda _, gradient: keep(gradient),
    )


def _sums_to_one(a: Array) -> bool:
    if a.ndim < 1 or a.shape[-1] < 2 or not (a >= 0).all():  # noqa: PLR2004
        return False
    return bool(np.allclose(a.sum(axis=-1), 1, rtol=0, atol=CLOSE))


def _simplex_near(a: Array, rng: np.random.Generator) -> Array:
    other = rng.dirichlet(np.ones(a.shape[-1]), size=a.shape[:-1])
    return 0.7 * a + 0.3 * np.asarray(other)


def _unit_near(a: Array, rng: np.random.Generator) -> Array:
    odds = a / (1 - a) * np.exp(0.5 * rng.standard_normal(a.shape))
    return np.asarray(odds / (1 + odds))


def _positive_near(a: Array, rng: np.random.Generator) -> Array:
    return np.asarray(a * np.exp(0.3 * rng.standard_normal(a.shape)))


def _all(_: Array, gradient: Array) -> Array:
    return gradient


# The wider ones first: the widest that explains a gradient is named.
STRUCTURES = {
    structure.name: structure
    for structure in (
        Structure("positive", lambda a: bool((a > 0).all()), _positive_near, _all),
        Structure("between 0 and 1", lambda a: bool(((a > 0) & (a < 1)).all()), _unit_near, _all),
        Structure(
            "rows that sum to one",
            _sums_to_one,
            _simplex_near,
            lambda _, gradient: gradient - np.mean(gradient, axis=-1, keepdims=True),
        ),
        Structure("lower triangular", *_triangle(np.tril)),
        Structure("upper triangular", *_triangle(np.triu)),
        Structure("symmetric", _is_symmetric, _symmetric_near, _symmetric_part),
        Structure("positive definite", _is_definite, _definite_near, _symmetric_part),
        Structure(READ, _is_square, moved, _on_one_triangle),
        Structure("orthogonal", _is_orthogonal, _orthogonal_near, _along_orthogonal),
    )
}


def structures_of(array: Array) -> list[Structure]:
    """Return the structures that an array has, the widest first."""
    return [s for s in STRUCTURES.values() if s.name != READ and s.holds(array)]


def structured(given: Point, seed: int, structures: Mapping[str, Structure]) -> Iterator[Point]:
    """Yield points around a given one without end, in which some parameters keep a structure."""
    rng = np.random.default_rng([seed, STREAM])
    while True:
        params = {
            path: structures[path].sample(array, rng) if path in structures else moved(array, rng)
            for path, array in given.params.items()
        }
        yield Point(params, given.data)


def structured_ways(
    structures: Mapping[str, Structure], point: Point
) -> Iterator[dict[str, Array]]:
    """Yield directions without end, to other points of a structure and, as in a cone, along them.

    The last of three leads to the same numbers in another order. Most structures are convex;
    whether a point that is reached has one is to be asked.
    """
    ends, rng = structured(point, 0, structures), np.random.default_rng(0)
    while True:
        end = next(ends).params
        yield dict(end)
        yield {path: np.asarray(end[path] - a) for path, a in point.params.items()}
        yield {
            path: rng.permuted(a.ravel()).reshape(a.shape) - a for path, a in point.params.items()
        }


def have(structures: Mapping[str, Structure], point: Point) -> bool:
    """Return whether the parameters of a point have their structures."""
    return all(structure.holds(point.params[path]) for path, structure in structures.items())


def projected(evidence: Evidence, structures: Mapping[str, Structure]) -> Evidence:
    """Return the evidence of the gradients' parts that are tangent to the structures."""

    def tangent(quantities: Quantities, point: Point) -> Quantities:
        found = dict(quantities)
        for path, structure in structures.items():
            gradient = found.get(f"grad {path}")
            if gradient is not None and gradient.shape == point.params[path].shape:
                wide = gradient.astype(np.float64) if gradient.dtype.kind != "f" else gradient
                found[f"grad {path}"] = structure.project(point.params[path], wide)
        return found

    def everywhere(
        results: Mapping[str, Sequence[Quantities]], points: Sequence[Point]
    ) -> dict[str, list[Quantities]]:
        return {
            name: [tangent(one, point) for one, point in zip(found, points, strict=True)]
            for name, found in results.items()
        }

    def asking(oracle: Oracle) -> Oracle:
        def ask(requests: Sequence[Request]) -> list[list[Quantities]]:
            return [
                [tangent(one, at) for one, at in zip(results, request.points, strict=True)]
                for request, results in zip(requests, oracle(requests), strict=True)
            ]

        return ask

    def rerun(point: Point, dtype: Dtype) -> HandWritten:
        found = evidence.rerun(point, dtype)
        return found._replace(quantities=tangent(found.quantities, point))

    double, single = evidence.asked()
    return replace(
        evidence,
        actual=[
            found._replace(quantities=tangent(found.quantities, point))
            for found, point in zip(evidence.actual, evidence.points, strict=True)
        ],
        double=everywhere(evidence.double, double.points),
        single=everywhere(evidence.single, single.points),
        oracles={name: asking(oracle) for name, oracle in evidence.oracles.items()},
        rerun=rerun,
        parts={},
    )


def named(structures: Mapping[str, Structure]) -> str:
    """Return the structures in words: `symmetric S`."""
    return " and ".join(
        f"{path} {structure.name}" if structure.name == READ else f"{structure.name} {path}"
        for path, structure in structures.items()
    )


def declared(given: Point, structure: Mapping[str, str]) -> dict[str, Structure]:
    """Return the structures that a call declares.

    Raises:
        ValueError: no parameter of that name, no structure of that name, or the given value does
            not have it.

    """
    found: dict[str, Structure] = {}
    for path, name in structure.items():
        if path not in given.params:
            msg = f"structure names {path!r}; the parameters are {sorted(given.params)}"
            raise ValueError(msg)
        if name not in STRUCTURES:
            msg = (
                f"structure[{path!r}] is {name!r}; it is one of {', '.join(map(repr, STRUCTURES))}"
            )
            raise ValueError(msg)
        if not STRUCTURES[name].holds(given.params[path]):
            msg = f"structure[{path!r}] is {name!r}, and the given {path} is not; pass one that is"
            raise ValueError(msg)
        found[path] = STRUCTURES[name]
    return found


def suggestions(given: Point, *, triangles: bool = False) -> Iterator[dict[str, Structure]]:
    """Yield the structures that the given point has: one parameter's at a time, then all.

    Where the loss reads single `triangles` of matrices, at last that a matrix is read so.
    """
    each: dict[str, list[Any]] = {path: structures_of(a) for path, a in given.params.items()}
    for path, found in each.items():
        yield from ({path: structure} for structure in found)
    together = {path: found[-1] for path, found in each.items() if found}
    if len(together) > 1:
        yield together
    if triangles:
        read = STRUCTURES[READ]
        yield from ({path: read} for path, array in given.params.items() if read.holds(array))
