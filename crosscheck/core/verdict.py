"""Does a hand-written quantity agree with its oracles? The rule, and why it needs no tuning.

An oracle computes the same quantity independently: PyTorch autograd, JAX grad. Two correct results
differ by rounding alone, and to first order rounding is K·u: K is a property of the computation
(1 for x², 10⁵ through 500 steps of descent), u is the unit roundoff of the precision. K is not
known, but it can be measured, because an oracle computes the same quantity in float32 as well:

    float32:  rounding K·u32, u32 = 2⁻²⁴        float64:  rounding K·u64, u64 = 2⁻⁵³

so from one precision to the other, rounding shrinks by 2⁻²⁹, and a mistake does not shrink at all.
The geometric midpoint S = √(u64/u32) = 2^-14.5 separates the two with the same margin, a factor of
23,000, on either side. With all norms the largest absolute entry, g the oracles' float64 result:

    noise  n   = max( |g32 − g64| over the oracles, u32·|g| )     float32 rounding, measured
    tol        = max( S·n, 64·u64·scale )       scale: the largest gradient of the same loss
    split      = largest difference between two oracles
    e, e_min   = largest, smallest |actual − oracle|

    AGREE          e ≤ tol
    DISAGREE       e_min > 64·u64·unit, and
                   split ≤ tol and (n ≤ |g|/64 or e_min > 16·n),  or  e_min > 16·max(n, split)
    INCONCLUSIVE   otherwise: these inputs do not decide; sample others

An agreement is worth as much as its resolution, the smallest relative error that it can detect:
tol / |g|. It counts only where the resolution is 10⁻⁶ or better; a gradient of zero resolves
nothing, for twice zero is zero.

A norm does not see the small entries of a tensor: an intercept whose gradient is 1 beside a weight
whose gradient is 10⁸. So the entries below tol/10⁻⁶, of which a mistake of 10⁻⁶ would pass, are
judged once more as a tensor of their own: with the noise of these entries alone, and with the same
floor, for they come out of the same intermediate results. What is too small in that part is judged
in the next, and so on. A part may be as noisy as it likes: where it is inconclusive, it decides
nothing. An entry that stays below 100·tol of the last part that agrees is listed, for a mistake of
1 % in it would not have been seen. Where e ≤ S·n the floor has done nothing, and the tolerance, and
so the resolution, is that of S·n: a small tensor beside a large one is resolved by its own noise.

Before DISAGREE is returned, the noise is measured again, at points nearby and with the float32
error of the hand-written code included: at a single point an error can be small by luck, and a
right formula may round worse than the oracles' (p − y of a confident softmax cancels).

The unit is the size of what goes in, 1 or more. A probability, a one-hot target, an input of that
size rounds by u64·unit, and what is left of it after a cancellation can be nothing but rounding in
every precision alike: where p is exactly 1, p − y is exactly 0, and the true 10⁻²⁶ cannot be had.
An error below that is no DISAGREE. The unit is that of data and parameters.

The floor u32·|g| serves results that float32 represents exactly; the floor of tol serves gradients
that are analytically zero and computed as 10⁻¹⁷ (a bias before a batch normalisation).

That rounding shrinks by 2⁻²⁹ is itself a hypothesis: float32 does not reach code that keeps float64
arrays in a closure, and a saturated oracle rounds in both precisions alike. So the residual
r = actual − oracle is looked at along short lines, at points p·(1 + k·h·s), s = ±1 at random,
k = −4 … 4, h = 2⁻³² and 2⁻⁹. A mistake is as smooth as the gradient: its second differences are of
the order of h², and where the line crosses a kink only one or two of them are not. Rounding is
drawn anew at each point, so the median of the seven shows it, and nothing else:

    jitter  j = max over the entries of median over k of |r[k−1] − 2·r[k] + r[k+1]| / 2

and a DISAGREE needs e_min > 16·j, too; otherwise these inputs are INCONCLUSIVE. A result may also
stand still between two neighbouring numbers, where p is 1 but for the last bit: then it does not
follow the oracles' along the line of h = 2⁻³², and no jitter shows. So jitter is looked for at
other points, too, and e_min must exceed 64·u64·c: c is the largest constant in the program of the
loss (a factor of 10⁶) of which a change changes the gradient; the −10⁹ of a mask does not.

Code may compute in a lower precision than float64 by design: with float32 buffers, or a float32
result. It is right to that precision if its error is of the size of that precision's rounding:

    AGREE in precision u     e ≤ 16·(u/u32)·n
    DISAGREE                 e_min > 16·max((u/u32)·n, split, j)

Such an agreement has the resolution of its own tolerance, and counts where that is 10⁻² or better.
"""

from __future__ import annotations

import functools
from itertools import combinations
from math import isfinite, sqrt
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.core.judgement import (
    RESOLVED,
    RESOLVED_LOW,
    Judgement,
    Verdict,
    overall,
    unjudged,
)
from crosscheck.core.norms import blocks, distance, furthest, max_or_nan, norm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from crosscheck.core.types import Array, Mask

__all__ = [
    "CLEARLY",
    "FLOOR",
    "MIDPOINT",
    "RESOLVED",
    "RESOLVED_LOW",
    "SEEN",
    "U32",
    "U64",
    "Judgement",
    "Verdict",
    "float32_noise",
    "is_rounding",
    "judge",
    "overall",
    "precision_of",
    "smaller",
    "unjudged",
]

U32 = 2.0**-24
U64 = 2.0**-53
MIDPOINT = sqrt(U64 / U32)
FLOOR = 64 * U64
CLEARLY = 16  # times the noise is more than noise
SEEN = 1e-2  # of an entry: what is said to be seen in each of them, or else the entry is listed
ROUNDOFFS = {"float64": U64, "float32": U32, "float16": 2.0**-11}


def float32_noise(single: Mapping[str, Array], double: Mapping[str, Array]) -> float:
    """Return n: what float32 rounding does to this computation, by the noisiest oracle.

    Args:
        single: oracle -> its result in float32.
        double: oracle -> its result in float64, from the same inputs and of the same shape.

    Returns:
        The largest absolute difference of an entry, at least u32 times the largest entry.

    >>> g64 = {"PyTorch": np.array([1 / 3])}
    >>> g32 = {"PyTorch": np.array([1 / 3], dtype=np.float32)}
    >>> float32_noise(g32, g64) == U32 / 3  # the floor: 1/3 is rounded by less
    True

    """
    noises = [distance(single[name], double[name]) for name in double]
    return max_or_nan(*noises, U32 * max_or_nan(*map(norm, double.values())))


def judge(  # noqa: PLR0913, PLR0917 - the rule's letters
    actual: Array,
    oracles: Mapping[str, Array],
    noise: float,
    scale: float,
    measure_again: Callable[[], float] | None = None,
    unit: float = 1.0,
    precision: str = "",
) -> Judgement:
    """Return the judgement on a hand-written result, given the oracles' at the same point.

    Args:
        actual: what the hand-written code computed.
        oracles: oracle -> its result in float64, of the same shape.
        noise: n of the module's rule, as `float32_noise` returns it.
        scale: the largest entry of any gradient of the same loss.
        measure_again: returns n at points nearby; called before a DISAGREE is returned.
        unit: the size of what goes in, 1 or more.
        precision: in which the hand-written code is judged; by default that of its result.

    Returns:
        The judgement: verdict, errors, tolerance, and the worst entry.

    >>> g = np.array([1.0, 2.0])
    >>> judge(g, {"PyTorch": g, "JAX": g}, noise=1e-7, scale=2.0).verdict
    <Verdict.AGREE: 'AGREE'>
    >>> judge(1.001 * g, {"PyTorch": g, "JAX": g}, noise=1e-7, scale=2.0).verdict
    <Verdict.DISAGREE: 'DISAGREE'>

    """
    shapes = {name: oracle.shape for name, oracle in oracles.items()}
    if len(set(shapes.values())) != 1:
        return unjudged(
            Verdict.INCONCLUSIVE,
            oracles,
            f"the oracles' shapes differ: {shapes}" if shapes else "no oracle",
        )
    shape = next(iter(shapes.values()))
    if actual.shape != shape:
        reason = f"expected shape {shape}, got {actual.shape}"
        return unjudged(Verdict.DISAGREE, oracles, reason)
    size = max_or_nan(*map(norm, oracles.values()))
    if not isfinite(size):
        return unjudged(Verdict.INCONCLUSIVE, oracles, "an oracle is not finite here")
    if actual.dtype.kind == "c":
        reason = f"expected real numbers, got {actual.dtype}"
        return unjudged(Verdict.DISAGREE, oracles, reason)
    precision = precision or precision_of(actual)
    actual = actual.astype(np.float64, copy=False)
    away = {name: furthest(actual, oracle) for name, oracle in oracles.items()}
    errors = {name: error for name, (error, _) in away.items()}
    split = max((distance(a, b) for a, b in combinations(oracles.values(), 2)), default=0.0)
    if precision == "float64":
        decide = functools.partial(_decide, list(errors.values()), size, split, scale, unit)
    else:
        decide = functools.partial(_decide_low, list(errors.values()), size, split, precision)
    verdict, tolerance = decide(noise)
    if verdict is Verdict.DISAGREE and measure_again is not None:
        noise = max_or_nan(noise, measure_again())
        verdict, tolerance = decide(noise)
    worst, entries = _worst_entry(actual, oracles, away.values())
    reason = "" if np.isfinite(actual).all() else "not finite where the oracles are finite"
    return Judgement(verdict, errors, tolerance, noise, size, reason, worst, entries, precision)


def precision_of(array: Array) -> str:
    """Return the precision that an array claims: integers, booleans and longdouble are exact."""
    return array.dtype.name if array.dtype.name in ROUNDOFFS else "float64"


def is_rounding(judgement: Judgement, jitter: float, constants: float = 0.0) -> bool:
    """Return whether an error is explained by rounding, as a short line shows it.

    `constants` is the unit of a result that does not follow along the line, so that no jitter shows
    how it rounds.
    """
    return not min(judgement.errors.values()) > max_or_nan(CLEARLY * jitter, FLOOR * constants)


def smaller(oracles: Mapping[str, Array], bound: float) -> Mask | None:
    """Return a mask of the entries that are smaller than a bound, but not 0; None without any."""

    def below(*parts: Array) -> Mask:
        size = functools.reduce(np.maximum, map(np.abs, parts))
        return np.asarray((size < bound) & (size > 0))

    if any(below(*parts).any() for parts in blocks(*oracles.values())):
        return below(*oracles.values())
    return None


def _decide_low(
    errors: list[float], size: float, split: float, precision: str, noise: float
) -> tuple[Verdict, float]:
    """Return the verdict and the tolerance in a lower precision than float64."""
    roundoff = ROUNDOFFS[precision]
    tolerance = CLEARLY * max_or_nan(noise * roundoff / U32, roundoff * size)
    if not all(map(isfinite, errors)):
        return Verdict.DISAGREE, tolerance
    if not isfinite(tolerance):
        return Verdict.INCONCLUSIVE, tolerance
    if max(errors) <= tolerance:
        return Verdict.AGREE, tolerance
    beyond = min(errors) > max(tolerance, CLEARLY * split)
    return Verdict.DISAGREE if beyond else Verdict.INCONCLUSIVE, tolerance


def _decide(  # noqa: PLR0911, PLR0913, PLR0917 - the rule, a clause a line
    errors: list[float], size: float, split: float, scale: float, unit: float, noise: float
) -> tuple[Verdict, float]:
    """Return the verdict and the tolerance: the rule itself, in the module's letters."""
    own = MIDPOINT * noise
    tolerance = max_or_nan(own, FLOOR * scale)
    if not all(map(isfinite, errors)):
        return Verdict.DISAGREE, tolerance
    if not isfinite(tolerance):
        return Verdict.INCONCLUSIVE, tolerance
    smallest = min(errors)
    if max(errors) <= own:
        return Verdict.AGREE, own
    if max(errors) <= tolerance:
        return Verdict.AGREE, tolerance
    if smallest <= FLOOR * unit:
        return Verdict.INCONCLUSIVE, tolerance
    if split <= tolerance and (noise <= size / 64 or smallest > CLEARLY * noise):
        return Verdict.DISAGREE, tolerance
    if smallest > CLEARLY * max(noise, split):
        return Verdict.DISAGREE, tolerance
    return Verdict.INCONCLUSIVE, tolerance


def _worst_entry(
    actual: Array, oracles: Mapping[str, Array], away: Iterable[tuple[float, int]]
) -> tuple[tuple[int, ...], dict[str, float]]:
    if not actual.size:
        return (), {}
    _, place = max(away)
    index = tuple(int(i) for i in np.unravel_index(place, actual.shape))
    results = {"actual": actual, **oracles}
    return index, {name: float(array[index]) for name, array in results.items()}
