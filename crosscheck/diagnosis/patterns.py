"""Parts of the program that are one function to the user: a softmax, and a sigmoid with its loss.

They are recognised by their values, however they are written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.diagnosis.regions import regions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosscheck.diagnosis.backward import Run

    Array = np.ndarray[Any, Any]

CLOSE = 1e-9  # values that recognise a function agree to about half of float64's digits


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


def _same(a: Array, b: Any) -> bool:
    size = max(1.0, float(np.max(np.abs(a), initial=0.0)))
    return bool(np.all(np.abs(a - b) <= CLOSE * size))
