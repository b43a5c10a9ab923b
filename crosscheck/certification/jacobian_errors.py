"""Which entry of a Jacobian is wrong, and what the Jacobian is instead of the right one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.projection import as_matrix
from crosscheck.core.sampling import around
from crosscheck.core.types import Point, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck.certification.projection import Projection
    from crosscheck.core.types import Array

LARGEST = 256  # outputs: a reverse pass each
CLOSE = 1e-9  # relative to the largest entry; only ever of what is known to be wrong by more
POINTS = 2  # beside the given one at which a name must hold


def located(projection: Projection, key: str, seed: int, what: str) -> str:
    """Return what is wrong with a Jacobian that disagrees, in words; "" where that is unknown.

    Args:
        projection: the function and its Jacobian.
        key: the framework that is asked for the right one.
        seed: of the points.
        what: "Jacobian" or "Hessian".

    """
    found = projection.jacobian(projection.x)
    output, shape = projection.cotangent.shape, projection.x.shape
    if hasattr(found, "rmatvec"):
        return ""
    if as_matrix(found, output, shape) is None:
        wanted, got = (*output, *shape), np.shape(found)
        transposed = "; its transpose has that shape" if got[::-1] == wanted else ""
        return f"the {what}: expected shape {wanted}, got {got}{transposed}"
    if projection.cotangent.size > LARGEST:
        return ""
    given = Point({"x": projection.x}, {})
    points = [given, *(point for point, _ in zip(around(given, seed), range(POINTS), strict=False))]
    pairs = [_both(projection, key, point) for point in points]
    names = [name for name, instead in NAMES if all(_is(*pair, instead) for pair in pairs)]
    factor = _factor(pairs)
    if factor and not names:
        names = [f"the {what} is multiplied by {factor:.6g}"]
    if what == "Hessian" and not all(_is_symmetric(found) for found, _ in pairs):
        names = [*names[:1], "it is not symmetric"]
    return "; ".join([*names[:2], _worst(*pairs[0], output, shape, what)]).replace("%", what)


def _factor(pairs: list[tuple[Array, Array]]) -> float:
    """Return the one number by which the right Jacobian is multiplied at all points, else 0."""
    found, expected = (np.concatenate([each[k].reshape(-1) for each in pairs]) for k in (0, 1))
    factor = float(found @ expected / (expected @ expected)) if expected.any() else 0.0
    same = np.allclose(found, factor * expected, rtol=0, atol=CLOSE * np.max(np.abs(found)))
    return factor if same else 0.0


def _is_symmetric(matrix: Array) -> bool:
    return np.allclose(matrix, matrix.T, rtol=0, atol=CLOSE * np.max(np.abs(matrix), initial=0.0))


def _both(projection: Projection, key: str, point: Point) -> tuple[Array, Array]:
    """Return the hand-written Jacobian at a point, and the framework's, as matrices."""
    x = point.params["x"]
    found = as_matrix(projection.jacobian(x), projection.cotangent.shape, x.shape)
    dense = np.asarray(found.toarray() if hasattr(found, "toarray") else found, dtype=float)
    return dense, framework_jacobian(projection, key, point)


def framework_jacobian(projection: Projection, key: str, point: Point) -> Array:
    """Return the Jacobian by a framework, a row for each output; shape (outputs, inputs)."""
    rows = []
    for i in range(projection.cotangent.size):
        unit = np.zeros(projection.cotangent.size)
        unit[i] = 1.0
        row = projection.with_cotangent(unit.reshape(projection.cotangent.shape)).user_loss()
        (quantities,) = row.ask(key, [Request("row", (point,), "float64")])[0]
        rows.append(quantities["grad x"].reshape(-1))
    return np.array(rows)


def _is(found: Array, expected: Array, instead: Callable[[Array], Array | None]) -> bool:
    """Return whether the hand-written Jacobian is a variant of the right one."""
    variant = instead(expected)
    if variant is None or variant.shape != found.shape:
        return False
    size = float(np.max(np.abs(expected), initial=0.0))
    same = np.allclose(found, variant, rtol=0, atol=CLOSE * size)
    return same and not np.allclose(variant, expected, rtol=0, atol=CLOSE * size)


def _square(change: Callable[[Array], Array]) -> Callable[[Array], Array | None]:
    return lambda j: change(j) if j.shape[0] == j.shape[1] else None


NAMES: list[tuple[str, Callable[[Array], Array | None]]] = [
    ("the % is transposed", _square(np.transpose)),
    ("the sign of the % is wrong", np.negative),
    ("only the diagonal is filled in", _square(lambda j: np.diag(np.diag(j)))),
    ("only the lower triangle is filled in", _square(np.tril)),
    ("only the upper triangle is filled in", _square(np.triu)),
    ("the diagonal is missing", _square(lambda j: j - np.diag(np.diag(j)))),
    ("the diagonal is halved", _square(lambda j: j - np.diag(np.diag(j)) / 2)),
    ("the diagonal is doubled", _square(lambda j: j + np.diag(np.diag(j)))),
    ("the % is symmetrised", _square(lambda j: (j + j.T) / 2)),
    ("the % is zero", np.zeros_like),
]


def _worst(
    found: Array, expected: Array, output: tuple[int, ...], shape: tuple[int, ...], what: str
) -> str:
    """Return the worst entry in words, and how many are wrong."""
    rows = np.max(np.abs(expected), axis=1, keepdims=True, initial=0.0)
    off = np.abs(found - expected) / np.where(rows > 0, rows, 1.0)
    wrong = off > CLOSE
    if not wrong.any():
        return "at the given point it is right"
    i, j = (int(k) for k in np.unravel_index(np.argmax(off), off.shape))
    where = [int(k) for k in (*np.unravel_index(i, output), *np.unravel_index(j, shape))]
    numbers = f"actual {found[i, j] + 0.0:.6g}, expected {expected[i, j]:.6g}"
    count = f"{int(wrong.sum())} of {wrong.size} entries of the {what} differ"
    return f"{count}, most {where}: {numbers}{_pattern(found, wrong)}"


def _pattern(found: Array, wrong: np.ndarray[Any, Any]) -> str:
    """Return what the wrong entries have in common: zero, a rectangle."""
    rows, columns = np.flatnonzero(wrong.any(axis=1)), np.flatnonzero(wrong.any(axis=0))
    missing = not found[wrong].any()
    whole = wrong[np.ix_(rows, columns)].all() and wrong.sum() > 1 and not wrong.all()
    block = f" of rows {_range(rows)}, columns {_range(columns)}" if whole else ""
    if missing and whole:
        return f"; what differs is zero: the block{block} is missing"
    if missing:
        return "; what differs is zero"
    return f"; what differs is the block{block}" if whole else ""


def _range(indices: np.ndarray[Any, Any]) -> str:
    first, last = int(indices[0]), int(indices[-1])
    contiguous = last - first + 1 == len(indices)
    return f"{first} to {last}" if contiguous and last > first else ", ".join(map(str, indices))
