"""Is a result in a low precision as good as that precision allows? Measured, not tuned.

The truth is the reference in float64, at inputs that the low precision represents. The same
reference in the low precision shows what rounding does to this very computation. A kernel may be
wrong by 4 times that; by more than 8 times it is wrong, in between it is inconclusive. Three sizes
of the error are compared, over all points together: the root mean square; the largest entry, which
finds a single wrong one; and the part along the truth, Σ(error·truth)/|truth|, which finds a
factor. Rounding has hardly any such part, for its signs are random: a factor of 1.05 is seen in
bfloat16 where the rounding of the entries would hide it.

The reference's own part along the truth may be small by luck. Its size is that of a sum of
independent terms, √Σ(term²), where a term is an entry, a row, a column, a point, or all of them:
the largest of the five is taken, since a scale that is rounded once is common to a row.

A kernel that rounds its results once, and accumulates in a higher precision, is far below the
reference's rounding; one that accumulates in the low precision in another order is near it.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.core.norms import norm
from crosscheck.core.verdict import Judgement, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Array = np.ndarray[Any, Any]
    Triple = tuple[Array, Array, Array]  # the kernel's result, the truth, the reference's result

ROUNDOFF = {"float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}
AGREES, DISAGREES = 4.0, 8.0  # times the noise


def judge_low(triples: Sequence[Triple], precision: str, oracle: str) -> Judgement:
    """Return the judgement on one quantity at all points.

    Args:
        triples: at each point the kernel's result, the float64 truth, and the reference's result in
            `precision`, all as float64 arrays of one shape.
        precision: "float32", "float16" or "bfloat16".
        oracle: what the reference is called.

    >>> t = np.array([1.0, 2.0])
    >>> judge_low([(1.05 * t, t, t * (1 + 2**-9))], "bfloat16", "PyTorch").verdict
    <Verdict.DISAGREE: 'DISAGREE'>

    """
    actual, truth, reference = (
        np.concatenate([np.reshape(triple[k], -1) for triple in triples]) for k in range(3)
    )
    judgement = functools.partial(Judgement, precision=precision)
    if not np.isfinite(truth).all() or not np.isfinite(reference).all():
        reason, nan = f"the reference is not finite in float64 or {precision}", float("nan")
        return judgement(Verdict.INCONCLUSIVE, {oracle: nan}, nan, nan, nan, reason)
    if not np.isfinite(actual).all():
        reason, size = "not finite where the reference is finite", _rms(truth)
        noise = max(_rms(reference - truth), ROUNDOFF[precision] * size)
        errors = {oracle: _rms(actual - truth)}
        return judgement(Verdict.DISAGREE, errors, AGREES * noise, noise, size, reason)
    looks = []
    for error, measured, size in _sizes(triples, actual, truth, reference):
        noise = max(measured, ROUNDOFF[precision] * size)
        looks.append((error / noise if noise else np.inf if error else 0.0, error, noise, size))
    ratio, error, noise, size = max(looks)
    verdict = (
        Verdict.AGREE
        if ratio <= AGREES
        else Verdict.DISAGREE
        if ratio > DISAGREES
        else Verdict.INCONCLUSIVE
    )
    return judgement(verdict, {oracle: error}, AGREES * noise, noise, size)


def _sizes(
    triples: Sequence[Triple], actual: Array, truth: Array, reference: Array
) -> Iterator[tuple[float, float, float]]:
    """Yield the sizes of the error, of the reference's rounding and of the truth, by measure."""
    for size_of in (_rms, norm):
        yield size_of(actual - truth), size_of(reference - truth), size_of(truth)
    if truth.any():
        whole = float(np.sqrt(truth.size) * np.linalg.norm(truth))  # in units of a mean square
        rounding = _random_sum([(r - t) * t for _, t, r in triples])
        yield abs(float((actual - truth) @ truth)) / whole, rounding / whole, _rms(truth)


def _random_sum(points: Sequence[Array]) -> float:
    """Return how large the sum of all entries is if its terms, whatever they are, are random."""
    stacked = np.stack([each.reshape(-1, each.shape[-1] if each.ndim else 1) for each in points])
    axes = ((0, 1, 2), (1, 2), (2,), (1,), ())  # all, a point, a row, a column, an entry
    return max(float(np.linalg.norm(np.sum(stacked, axis=each).reshape(-1))) for each in axes)


def _rms(array: Array) -> float:
    return float(np.sqrt(np.mean(np.square(array)))) if array.size else 0.0
