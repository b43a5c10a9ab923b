"""Is a result in a low precision as good as that precision allows? Measured, not tuned.

The truth is the reference in float64, at inputs that the low precision represents. The same
reference in the low precision shows what rounding does to this very computation. A kernel may be
wrong by 4 times that; by more than 8 times it is wrong, in between it is inconclusive. Both the
root mean square and the largest error are compared, over all points together: one finds a factor of
1.05 in bfloat16, the other a single wrong entry.

A kernel that rounds its results once, and accumulates in a higher precision, is far below the
reference's rounding; one that accumulates in the low precision in another order is near it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.core.norms import norm
from crosscheck.core.verdict import Judgement, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    if not np.isfinite(truth).all() or not np.isfinite(reference).all():
        reason = f"the reference is not finite in float64 or {precision}"
        nan = float("nan")
        return Judgement(Verdict.INCONCLUSIVE, {oracle: nan}, nan, nan, nan, reason)
    roundoff = ROUNDOFF[precision]
    looks = []
    for size_of in (_rms, norm):
        error, size = size_of(actual - truth), size_of(truth)
        noise = max(size_of(reference - truth), roundoff * size)
        looks.append((error / noise if noise else np.inf if error else 0.0, error, noise, size))
    if not np.isfinite(actual).all():
        _, error, noise, size = looks[0]
        reason = "not finite where the reference is finite"
        return Judgement(
            Verdict.DISAGREE,
            {oracle: error},
            AGREES * noise,
            noise,
            size,
            reason,
            (),
            None,
            precision,
        )
    ratio, error, noise, size = max(looks)
    verdict = (
        Verdict.AGREE
        if ratio <= AGREES
        else Verdict.DISAGREE
        if ratio > DISAGREES
        else Verdict.INCONCLUSIVE
    )
    tolerance = AGREES * noise
    return Judgement(verdict, {oracle: error}, tolerance, noise, size, "", (), None, precision)


def _rms(array: Array) -> float:
    return float(np.sqrt(np.mean(np.square(array)))) if array.size else 0.0
