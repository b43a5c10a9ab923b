"""Normalisations of the program, recognised by their values, however they are written.

All are c/d, with c the centred value (or, of a root mean square, the value itself) and d a
deviation: √(Σc²/n + ε) or √(Σc²/n) + ε, where n may be n − 1, or 1 for a norm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crosscheck.diagnosis.backward import Run

    Array = np.ndarray[Any, Any]

CLOSE = 1e-9  # values that recognise a function agree to about half of float64's digits
DEPTH = 12  # primitives between what is normalised and the result


@dataclass(frozen=True)
class Normalised:
    """A normalisation along `axes`: from z to the result, at nodes.

    `lost`: what is subtracted from n in the divisor of the variance, n − 1 for a norm.
    `is_outside`: ε is added to the root, not under it.
    """

    z: int
    y: int
    axes: tuple[int, ...]
    is_centred: bool = True
    lost: int = 0
    is_outside: bool = False

    def mean(self, array: Array) -> Array:
        """Return the mean over the axes, kept."""
        return np.asarray(np.mean(array, axis=self.axes, keepdims=True))


@dataclass(frozen=True)
class Terms:
    """What the derivative of a normalisation is made of, from the values and a cotangent g.

    `n`: the result. `s`: 1/d. `c`: the centred value. `bare`: 1/d without ε. `outside`: 1/d with ε
    outside of the root. `count`: how many entries are averaged. `m`: a mean over its axes. `path`:
    that of the path through the mean, 0 where there is none. `w`: that of the path through the
    variance. `o`: a mean over the other axes.
    """

    g: Array
    n: Array
    s: Array
    c: Array
    bare: Array
    outside: Array
    count: int
    m: Callable[[Array], Array]
    path: Callable[[Array], Array]
    w: Callable[[Array], Array]
    o: Callable[[Array], Array]


def terms(run: Run, found: Normalised, g: Array) -> Terms:
    """Return the terms of a normalisation, in the precision of a run."""
    z, n = run.values[found.z], run.values[found.y]
    axes, mean = found.axes, found.mean
    others = tuple(a for a in range(z.ndim) if a not in axes) or axes
    count = int(np.prod([z.shape[a] for a in axes]))
    c = z - mean(z) if found.is_centred else z
    s = np.sqrt(mean(n * n) / mean(c * c))
    variance = mean(c * c) * np.asarray(count / (count - found.lost), z.dtype)
    bare = 1 / np.sqrt(variance)
    ratio = np.asarray(count / (count - found.lost), z.dtype)
    if found.is_outside:
        ratio = ratio * bare / s
    return Terms(
        g=g,
        n=n,
        s=s,
        c=c,
        bare=bare,
        outside=1 / (1 / bare + (1 / s**2 - variance)),
        count=count,
        m=mean,
        path=mean if found.is_centred else lambda array: 0 * mean(array),
        w=lambda array: mean(array) * ratio,
        o=lambda array: np.asarray(np.mean(array, axis=others, keepdims=True)),
    )


def normalisations(run: Run) -> Iterator[Normalised]:
    """Yield every normalisation of the program, from each of the values that it is one of.

    Shifting z changes nothing, so that there are several: with a bias and without it.
    """
    for y, node in enumerate(run.nodes):
        if node.operation not in {"divide", "multiply", "einsum"} or not run.tracked[y]:
            continue
        found = [_normalised(run, z, y) for z in _ancestors(run, y, DEPTH)]
        known = {one.z: one for one in found if one}
        # The formula begins at what is not yet centred.
        for z, one in known.items():
            if not one.is_centred or (
                z < max(known) and (z == min(known) or not _is_centred(run.values[z], one.axes))
            ):
                yield one


def _is_centred(value: Array, axes: tuple[int, ...]) -> bool:
    return bool(np.max(np.abs(np.mean(value, axis=axes))) <= CLOSE * np.max(np.abs(value)))


def _ancestors(run: Run, n: int, depth: int) -> list[int]:
    found, edge = {n}, {n}
    for _ in range(depth):
        edge = {i for m in edge for i in run.nodes[m].inputs if run.tracked[i]} - found
        found |= edge
    return sorted(found - {n})


def _normalised(run: Run, z: int, y: int) -> Normalised | None:
    """Return which normalisation of node z node y is; None if it is none."""
    value, x = run.values[y], run.values[z]
    if value.shape != x.shape or x.ndim == 0:
        return None
    choices: list[tuple[int, ...]] = [(axis,) for axis in range(x.ndim)]
    choices += [tuple(a for a in range(x.ndim) if a != left) for left in range(x.ndim)]
    choices += [tuple(range(x.ndim))]
    for is_centred in (True, False):
        for axes in dict.fromkeys(choices):
            found = Normalised(z, y, axes, is_centred)
            count = int(np.prod([x.shape[a] for a in axes]))
            # of one group alone, any multiple looks like it
            if count < 2 or not (is_centred or count < x.size):  # noqa: PLR2004
                continue
            form = _form(found, value, x, count)
            if form:
                return Normalised(z, y, axes, is_centred, *form)
    return None


def _form(found: Normalised, value: Array, x: Array, count: int) -> tuple[int, bool] | None:
    """Return the divisor of the variance, and where ε is, if a value is x normalised."""
    c = x - found.mean(x) if found.is_centred else x
    square = count * found.mean(c * c)
    scale = count * found.mean(value * c) / np.where(square, square, 1)
    if not (scale > 0).all() or np.any(
        np.abs(value - c * scale) > CLOSE * max(1.0, np.max(np.abs(value)))
    ):
        return None
    for lost in (0, 1, count - 1):
        variance = square / (count - lost)
        for is_outside, eps in (
            (False, 1 / scale**2 - variance),
            (True, 1 / scale - np.sqrt(variance)),
        ):
            size = np.max(1 / scale**2)
            if np.ptp(eps) <= CLOSE * size and np.min(eps) >= -CLOSE * size:
                return lost, is_outside
    return None
