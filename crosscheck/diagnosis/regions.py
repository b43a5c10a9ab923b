"""Elementwise functions of one value, however they are written: the activations of the program.

A region is a piece of the program in which every entry of the result depends on the same entry of
one value alone, such as 1/(1 + exp(−z)). It may go through masks: `out[out < 0] = 0`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.diagnosis.backward import is_elementwise
from crosscheck.ir.numpy_backend import kernels
from crosscheck.ir.vjp_rules import vjp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosscheck.diagnosis.backward import Run

    Array = np.ndarray[Any, Any]

INDEXING = {"gather", "put", "reshape"}  # with these a mask is read and written
LONGEST = 40  # nodes of a region: what is longer is a loop, not an activation
CONSTANT, CONFLICT = -1, -2  # where an entry depends on none of z's, or on several


@dataclass(frozen=True, eq=False)
class Region:
    """An elementwise function of one value: it enters at node z and leaves at node y.

    `inner`: everything after z, up to y. `slots`: which entries of z those of y are functions of,
    where z is a larger array: the gates of a cell are slices of one.
    """

    z: int
    y: int
    inner: tuple[int, ...]
    slots: Array | None = None

    def read(self, run: Run) -> Array:
        """Return what the function is of, in y's shape."""
        z, shape = run.values[self.z], run.values[self.y].shape
        return z if self.slots is None else z.reshape(-1)[self.slots].reshape(shape)

    def put(self, run: Run, values: Array) -> Array:
        """Return an array of y's shape in the place of what the function is of, among zeros."""
        if self.slots is None:
            return np.asarray(values)
        out = run.zeros(self.z)
        out.reshape(-1)[self.slots] = values.reshape(-1)
        return out


def regions(run: Run, y: int) -> Iterator[Region]:
    """Yield the elementwise functions of one value that leave at y, the smallest first."""
    frontier, inner = {y}, set[int]()
    is_indexed = False
    while len(inner) < LONGEST:
        last = max(frontier)
        operation = run.nodes[last].operation
        is_indexed |= operation in INDEXING
        if not is_indexed and run.values[last].shape not in {run.values[y].shape, ()}:
            return
        if not (is_elementwise(operation) or operation in INDEXING):
            return
        frontier.remove(last)
        inner.add(last)
        frontier.update(i for i in run.nodes[last].inputs if run.tracked[i])
        if len(frontier) == 1:
            (z,) = frontier
            found = Region(z, y, tuple(sorted(inner)))
            if run.values[z].shape == run.values[y].shape:
                if _is_uniform(run, found) and (not is_indexed or _is_entrywise(run, found)):
                    yield found
            elif is_indexed and (sliced := _sliced(run, found)):
                yield sliced


def _is_uniform(run: Run, region: Region) -> bool:
    """Return whether the function is the same at every entry: it reads no arrays but masks of z."""
    for n in region.inner:
        node = run.nodes[n]
        for k, i in enumerate(node.inputs):
            value = run.values[i]
            if run.tracked[i] or (node.operation in INDEXING and k == 1) or value.size < 2:  # noqa: PLR2004
                continue
            if np.any(value != value.flat[0]) and sides_of(value, run.values[region.z]) is None:
                return False
    return True


def _is_entrywise(run: Run, region: Region) -> bool:
    """Return whether every entry of y depends on that entry of z alone, and some do."""
    if all(run.nodes[n].operation == "reshape" for n in region.inner):
        return False
    found, own = _positions(run, region), np.arange(run.values[region.z].size)
    return bool(np.all((found == own) | (found == CONSTANT)) and np.any(found == own))


def _sliced(run: Run, region: Region) -> Region | None:
    """Return the region as a function of some entries of z, one for each of y, if it is one."""
    shape = run.values[region.y].shape
    if run.values[region.z].size < 2 or not shape or not _is_uniform(run, region):  # noqa: PLR2004
        return None
    if all(run.nodes[n].operation in INDEXING for n in region.inner):
        return None
    slots = _positions(run, region)
    is_each = bool(np.all(slots >= 0)) and np.unique(slots).size == slots.size
    return Region(region.z, region.y, region.inner, slots) if is_each else None


def _positions(run: Run, region: Region) -> Array:
    """Return on which entry of z each entry of y depends, both counted in the array laid flat."""
    shape = run.values[region.z].shape
    own = np.arange(run.values[region.z].size)
    positions = {region.z: own.reshape(shape)}
    for n in region.inner:
        node = run.nodes[n]
        read = [
            positions.get(i, np.full(run.values[i].shape, CONSTANT))
            if node.operation not in INDEXING or k != 1
            else run.values[i]
            for k, i in enumerate(node.inputs)
        ]
        if node.operation in INDEXING:
            positions[n] = np.asarray(kernels()[node.operation](*read, *node.static))
        else:
            positions[n] = _merged(read, run.values[n].shape)
    return positions[region.y].reshape(-1)


def _merged(read: list[Array], shape: tuple[int, ...]) -> Array:
    """Return on which entries of z the result of an elementwise primitive depends."""
    merged = np.full(shape, CONSTANT)
    for positions in read:
        clash = (merged != CONSTANT) & (positions != CONSTANT) & (merged != positions)
        merged = np.where(clash, CONFLICT, np.maximum(merged, positions))
    return merged


def slope(run: Run, region: Region, at: Array | None = None) -> Array:
    """Return dy/dz of a region, entry by entry, at z's own value or at another, in y's shape."""
    values: dict[int, Array] = {
        region.z: run.values[region.z] if at is None else region.put(run, at)
    }
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
                part = vjp(node.operation, k, slopes[n], values[n], inputs_of, node.static)
                slopes[i] = slopes[i] + part
    found, shape = slopes[region.z], run.values[region.y].shape
    if region.slots is not None:
        found = found.reshape(-1)[region.slots].reshape(shape)
    return np.broadcast_to(found, shape)


def _seen(run: Run, region: Region, values: dict[int, Array], i: int) -> Array:
    """Return what an inner node reads; a mask that was z > 0 is that of the other value, too."""
    if i in values:
        return values[i]
    z = values[region.z]
    sides = sides_of(run.values[i], run.values[region.z]) if z is not run.values[region.z] else None
    return run.values[i] if sides is None else np.where(z > 0, *sides).astype(run.values[i].dtype)


def sides_of(mask: Array, z: Array) -> tuple[Any, Any] | None:
    """Return the numbers that an array has where z > 0 and elsewhere; None if it has others."""
    if mask.shape != z.shape or not mask.shape:
        return None
    sides = [mask[z > 0], mask[z <= 0]]
    if not all(side.size and (side == side[0]).all() for side in sides):
        return None
    return sides[0][0], sides[1][0]
