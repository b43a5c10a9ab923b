"""Parts of the program that are one function to the user: an activation, a softmax, a norm.

An activation is a piece in which everything is elementwise and depends on one value alone, such as
1/(1 + exp(−z)). Softmax and normalisation are recognised by their values, however they are written.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.diagnosis.backward import is_elementwise
from crosscheck.ir.numpy_backend import kernels
from crosscheck.ir.partials import partial

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosscheck.diagnosis.backward import Run

    Array = np.ndarray[Any, Any]

CLOSE = 1e-9  # values that recognise a function agree to about half of float64's digits


@dataclass(frozen=True)
class Region:
    """An elementwise function of one value: it enters at node z and leaves at node y."""

    z: int
    y: int
    inner: tuple[int, ...]  # everything after z, up to y


def regions(run: Run, y: int) -> Iterator[Region]:
    """Yield the elementwise functions of one value that leave at y, the smallest first."""
    frontier, inner = {y}, set[int]()
    while True:
        last = max(frontier)
        if not is_elementwise(run.nodes[last].operation) or (
            last != y and run.values[last].shape not in {run.values[y].shape, ()}
        ):
            return
        frontier.remove(last)
        inner.add(last)
        frontier.update(i for i in run.nodes[last].inputs if run.tracked[i])
        if len(frontier) == 1:
            (z,) = frontier
            if run.values[z].shape == run.values[y].shape:
                yield Region(z, y, tuple(sorted(inner)))


def slope(run: Run, region: Region, at: Array | None = None) -> Array:
    """Return dy/dz of a region, entry by entry, at z's own value or at another."""
    values: dict[int, Array] = {region.z: run.values[region.z] if at is None else at}
    for n in region.inner:
        node = run.nodes[n]
        if at is None:
            values[n] = run.values[n]
        else:
            inputs = (_seen(run, region, values, i) for i in node.inputs)
            values[n] = np.asarray(kernels()[node.operation](*inputs, *node.static))
    slopes: dict[int, Any] = defaultdict(float, {region.y: np.ones_like(run.values[region.y])})
    for n in reversed(region.inner):
        node = run.nodes[n]
        inputs_of = [_seen(run, region, values, i) for i in node.inputs]
        for k, i in enumerate(node.inputs):
            if i in values:
                part = slopes[n] * partial(node.operation, k, values[n], inputs_of)
                slopes[i] = slopes[i] + part
    return np.broadcast_to(slopes[region.z], run.values[region.y].shape)


def _seen(run: Run, region: Region, values: dict[int, Array], i: int) -> Array:
    """Return what an inner node reads; a mask that was z > 0 is that of the other value, too."""
    if i in values:
        return values[i]
    own, z = run.values[i], run.values[region.z]
    if own.shape == z.shape and own.shape and values[region.z] is not z:
        for compare in (np.greater, np.less):
            if np.array_equal(own, compare(z, 0)):
                return compare(values[region.z], 0).astype(own.dtype)
    return own


def sigmoids(run: Run) -> Iterator[tuple[int, int]]:
    """Yield the nodes of z and p = 1/(1 + e⁻ᶻ) where p goes into a logarithm and into 1 − p."""
    for p in range(len(run.nodes)):
        readers = sorted({run.nodes[c].operation for c in run.consumers[p]})
        if run.tracked[p] and readers == ["log", "subtract"]:
            for region in regions(run, p):
                if _same(run.values[p], 1 / (1 + np.exp(-run.values[region.z]))):
                    yield region.z, p


@dataclass(frozen=True)
class Softmax:
    """A softmax along `axis`: from the logits at node z to p, or to log p, at node y."""

    z: int
    y: int
    axis: int
    is_log: bool


def softmaxes(run: Run) -> Iterator[Softmax]:
    """Yield every softmax of the program."""
    for n, node in enumerate(run.nodes):
        if node.operation != "sum" or not run.tracked[n] or len(node.static[0]) != 1:
            continue
        (e,), axis = node.inputs, node.static[0][0]
        if run.nodes[e].operation != "exp" or run.values[e].shape[axis] < 2:  # noqa: PLR2004
            continue
        shifted = run.nodes[e].inputs[0]
        z = _furthest(run, shifted, axis)
        for y in range(n + 1, len(run.nodes)):
            is_log = _is_softmax(run, y, shifted, axis)
            if is_log is not None:
                yield Softmax(z, y, axis, is_log)
                break


def softmax(z: Array, axis: int) -> Array:
    """Return e^z / Σ e^z along an axis."""
    e = np.exp(z - np.max(z, axis=axis, keepdims=True))
    out: Array = e / np.sum(e, axis=axis, keepdims=True)
    return out


def _is_softmax(run: Run, m: int, z: int, axis: int) -> bool | None:
    """Return whether node m is log softmax (True) or softmax (False) of z; None if neither."""
    value, logits = run.values[m], run.values[z]
    if not run.tracked[m] or value.shape != logits.shape:
        return None
    p = softmax(logits, axis)
    if _same(value, p):
        return False
    return True if _same(value, np.log(p)) else None


def _furthest(run: Run, n: int, axis: int) -> int:
    """Return the value furthest back that differs from node n by a constant along the axis."""
    while True:
        back = [
            i
            for i in run.nodes[n].inputs
            if run.nodes[n].operation in {"add", "subtract", "reshape"}
            and run.tracked[i]
            and run.values[i].shape == run.values[n].shape
            and _is_shifted(run.values[n], run.values[i], axis)
        ]
        if not back:
            return n
        n = back[0]


def _is_shifted(a: Array, b: Array, axis: int) -> bool:
    """Return whether two values differ by a constant along an axis; masks may be very negative."""
    rounding = 1e-14 * max(np.max(np.abs(a)), np.max(np.abs(b)))
    return bool(np.all(np.ptp(a - b, axis=axis) <= CLOSE + rounding))


@dataclass(frozen=True)
class Normalised:
    """A normalisation (z − mean)/√(var + ε) along `axes`: z and the result at nodes."""

    z: int
    y: int
    axes: tuple[int, ...]


def normalisations(run: Run) -> Iterator[Normalised]:
    """Yield every normalisation of the program, from each of the values that it is one of.

    Shifting z changes nothing, so that there are several: with a bias and without it.
    """
    for y, node in enumerate(run.nodes):
        if node.operation not in {"divide", "multiply"} or not run.tracked[y]:
            continue
        known = {z: _normalised_along(run, z, y) for z in _ancestors(run, y, 12)}
        known = {z: axes for z, axes in known.items() if axes}
        # The formula begins at what is not yet centred.
        for z, axes in known.items():
            if z < max(known) and (z == min(known) or not _is_centred(run.values[z], axes)):
                yield Normalised(z, y, axes)


def _is_centred(value: Array, axes: tuple[int, ...]) -> bool:
    return bool(np.max(np.abs(np.mean(value, axis=axes))) <= CLOSE * np.max(np.abs(value)))


def _ancestors(run: Run, n: int, depth: int) -> list[int]:
    found, edge = {n}, {n}
    for _ in range(depth):
        edge = {i for m in edge for i in run.nodes[m].inputs if run.tracked[i]} - found
        found |= edge
    return sorted(found - {n})


def _normalised_along(run: Run, z: int, y: int) -> tuple[int, ...]:
    """Return the axes along which y is z normalised, () if it is not."""
    value, x = run.values[y], run.values[z]
    if value.shape != x.shape or x.ndim == 0:
        return ()
    choices: list[tuple[int, ...]] = [(axis,) for axis in range(x.ndim)]
    choices += [tuple(a for a in range(x.ndim) if a != left) for left in range(x.ndim)]
    choices += [tuple(range(x.ndim))]
    for axes in choices:
        if not axes or np.prod([x.shape[a] for a in axes]) < 2:  # noqa: PLR2004
            continue
        centred = x - np.mean(x, axis=axes, keepdims=True)
        square = np.sum(centred * centred, axis=axes, keepdims=True)
        scale = np.sum(value * centred, axis=axes, keepdims=True) / np.where(square, square, 1)
        if not (scale > 0).all() or not _same(value, centred * scale):
            continue
        # 1/scale² = var + ε with one ε for all: else it is a product that looks like one
        eps = 1 / scale**2 - square / np.prod([x.shape[a] for a in axes])
        if np.ptp(eps) <= CLOSE * np.max(1 / scale**2) and np.min(eps) >= -CLOSE:
            return axes
    return ()


def _same(a: Array, b: Any) -> bool:
    size = max(1.0, float(np.max(np.abs(a), initial=0.0)))
    return bool(np.all(np.abs(a - b) <= CLOSE * size))
