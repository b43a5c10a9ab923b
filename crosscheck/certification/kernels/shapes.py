"""Shapes that the given inputs suggest: a batch of one, an odd length, nothing at all.

A kernel works by tiles and masks what is left over; it is often tried with sizes that leave nothing
over. What the reference cannot do, or does without a finite result, is not asked of the kernel.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.kernels.runner import is_float
from crosscheck.certification.side_effects import attempt
from crosscheck.core.norms import norm
from crosscheck.core.sampling import COTANGENT, moved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crosscheck.certification.kernels.runner import Pass

    Array = np.ndarray[Any, Any]
    Run = Callable[..., Pass]

CLOSE = 1e-9  # relative to the largest number of a pass in float64


def other_shapes(
    kernel: Run, reference: Run, inputs: Sequence[Any], seed: int
) -> tuple[list[str], list[str]]:
    """Return for which shapes a kernel is wrong, and which it refuses, in sentences."""
    faults: list[str] = []
    remarks: list[str] = []
    rng = np.random.default_rng([seed, COTANGENT])
    tried = _suggested(inputs, rng)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of a mean of nothing
        for what, changed in tried:
            fault, remark = _tried(kernel, reference, changed, rng)
            faults += [f"wrong for {what}"] * fault
            remarks += [f"it does not take {what}: {remark}"] * bool(remark)
    return faults, remarks


def _tried(
    kernel: Run, reference: Run, inputs: Sequence[Any], rng: np.random.Generator
) -> tuple[bool, str]:
    """Return whether a kernel is wrong for inputs, and what it raises."""
    outputs, failed = attempt(lambda: reference(inputs, "float64").outputs)
    if failed:
        return False, ""
    cotangents = [np.asarray(rng.standard_normal(o.shape)) for o in outputs]
    expected, failed = attempt(lambda: reference(inputs, "float64", cotangents))
    if failed or not _is_finite(expected):
        return False, ""
    found, raised = attempt(lambda: kernel(inputs, "float64", cotangents))
    return (False, raised) if raised else (not _alike(found, expected), "")


def _suggested(inputs: Sequence[Any], rng: np.random.Generator) -> Iterator[tuple[str, list[Any]]]:
    """Yield inputs of other shapes, and what they are."""
    shape = next(value.shape for value in inputs if is_float(value))
    if not shape:
        return
    first, last = shape[0], shape[-1]
    for what, old, new in (
        ("a batch of one", first, 1),
        ("an empty batch", first, 0),
        (f"a first axis of {first + 1 + first % 2}", first, first + 1 + first % 2),
        (f"a last axis of {last + 1 + last % 2}", last, last + 1 + last % 2),
    ):
        labels = [v for v in inputs if isinstance(v, np.ndarray) and v.dtype.kind in "iu"]
        out_of_range = any(new <= np.max(v, initial=0) < old for v in labels)
        if old > 0 and old != new and not out_of_range:
            yield what, [_resized(value, old, new, rng) for value in inputs]


def _resized(value: Any, old: int, new: int, rng: np.random.Generator) -> Any:
    """Return an array with all axes of a length made longer or shorter; its numbers are moved."""
    if not isinstance(value, np.ndarray):
        return value
    for axis, length in enumerate(value.shape):
        if length == old:
            value = np.take(value, np.arange(new) % old, axis)
    return moved(value, rng) if is_float(value) and value.size else value


def _pairs(found: Pass, expected: Pass) -> Iterator[tuple[Array, Array]]:
    """Yield the outputs and gradients of both, side by side; a gradient of None is zero."""
    yield from zip(found.outputs, expected.outputs, strict=True)
    for g, e in zip(found.gradients, expected.gradients, strict=True):
        like = e if g is None else g
        if like is not None:
            zero = np.zeros_like(like)
            yield zero if g is None else g, zero if e is None else e


def _is_finite(one: Pass) -> bool:
    return all(np.isfinite(array).all() for array, _ in _pairs(one, one))


def _alike(found: Pass, expected: Pass) -> bool:
    """Return whether two passes agree up to rounding, relative to the largest number of one."""
    pairs = [*_pairs(found, expected)]
    size = max([1.0, *(norm(e) for _, e in pairs if e.size)])
    return all(
        a.shape == e.shape and np.allclose(a, e, rtol=0, atol=CLOSE * size) for a, e in pairs
    )
