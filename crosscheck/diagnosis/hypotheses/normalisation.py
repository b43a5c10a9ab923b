"""Hypotheses on a normalisation (z − mean)/√(var + ε), which has a formula of its own."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.diagnosis.backward import Change
from crosscheck.diagnosis.hypotheses.base import Hypothesis, Kind, always
from crosscheck.diagnosis.hypotheses.paths import times
from crosscheck.diagnosis.normalised import Normalised, Terms, normalisations, terms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from crosscheck.diagnosis.backward import Array, Run
    from crosscheck.diagnosis.source_steps import Step

    Closed = Callable[[Terms], Array]
    Weighted = Callable[[Terms, Array, Array], Array]

FORMULA = "dz = (g - mean(g) - n * mean(g * n)) / std, with n the normalised values"
IMPLIED = frozenset(
    {
        "scaled",
        "operand",
        "derivative left out",
        "derivative at the output",
        "differentiated twice",
        "wrong derivative",
        "upstream",
        "truncated",
        "spread over other axes",
        "loss without",
        "loss with another count",
        "one use",
    }
)
PATHS = "normalisation, paths scaled"
VARIANCE = "gradient through the variance"
MEAN = "gradient through the mean"


def _kind(case: str, sentence: str) -> Kind:
    return Kind(f"normalisation, {case}", f"normalisation: {sentence}", FORMULA, IMPLIED | {PATHS})


SCALED = Kind(PATHS, "normalisation: both averages, of g and of g * n, {factor}", FORMULA, IMPLIED)


def correct_vjp(t: Terms) -> Array:
    """Return the correct cotangent of what is normalised."""
    return np.asarray(t.s * (t.g - t.path(t.g) - t.n * t.w(t.g * t.n)))


# A factor or a sign of one path is one of the step that it goes through.
NORMALISED: dict[Kind, Closed] = {
    _kind("its inverse deviation left out", "division by the deviation missing"): lambda t: (
        t.g - t.path(t.g) - t.n * t.w(t.g * t.n)
    ),
    _kind("mean path left out", f"{MEAN} missing"): lambda t: t.s * (t.g - t.n * t.w(t.g * t.n)),
    _kind("variance path left out", f"{VARIANCE} missing"): lambda t: t.s * (t.g - t.path(t.g)),
    _kind("both paths left out", "gradients through mean and variance missing"): lambda t: (
        t.s * t.g
    ),
    _kind(
        "deviation left out of the direct part", "direct part not divided by the deviation"
    ): lambda t: t.g - t.s * (t.path(t.g) + t.n * t.w(t.g * t.n)),
    _kind("mean path over the wrong axis", f"{MEAN} averaged over the wrong axis"): lambda t: (
        t.s * (t.g - t.o(t.g) - t.n * t.w(t.g * t.n))
    ),
    _kind(
        "variance path over the wrong axis", f"{VARIANCE} averaged over the wrong axis"
    ): lambda t: t.s * (t.g - t.path(t.g) - t.n * t.o(t.g * t.n)),
    _kind(
        "variance path with what is centred",
        f"{VARIANCE} uses the centred values instead of the normalised ones",
    ): lambda t: t.s * (t.g - t.path(t.g) - t.c * t.w(t.g * t.c)),
    _kind(
        "variance path with one of them centred",
        f"{VARIANCE} divided by the wrong power: a centred value instead of a normalised one",
    ): lambda t: t.s * (t.g - t.path(t.g) - t.n * t.w(t.g * t.c)),
    _kind(
        "variance path, exponent of the variance",
        f"{VARIANCE} has the power -3/2 of the deviation, not of the variance",
    ): lambda t: t.s * (t.g - t.path(t.g)) - t.s**1.5 * t.c * t.w(t.g * t.c),
    _kind("sums", "sums instead of means"): lambda t: (
        t.s * (t.g - t.count * (t.path(t.g) + t.n * t.w(t.g * t.n)))
    ),
    _kind("n left out", "the upstream gradient not multiplied by n"): lambda t: (
        t.s * (t.g / t.count - t.path(t.g) - t.n * t.w(t.g * t.n))
    ),
    _kind("variance path over n - 1", f"{VARIANCE} divided by n - 1 instead of n"): lambda t: (
        t.s * (t.g - t.path(t.g) - t.n * t.w(t.g * t.n) * (t.count / (t.count - 1)))
    ),
    _kind("variance path over n", f"{VARIANCE} divided by n instead of n - 1"): lambda t: (
        t.s * (t.g - t.path(t.g) - t.n * t.w(t.g * t.n) * ((t.count - 1) / t.count))
    ),
    _kind("normalised values left out", f"{VARIANCE} not multiplied by the values"): lambda t: (
        t.s * (t.g - t.path(t.g) - t.w(t.g * t.n))
    ),
    _kind("normalised values left out of the sum", f"{VARIANCE} sums up g, not g * n"): lambda t: (
        t.s * (t.g - t.path(t.g) - t.n * t.w(t.g))
    ),
    _kind("divided by the variance", "divided by the variance, not by the deviation"): lambda t: (
        t.s * t.s * (t.g - t.path(t.g) - t.n * t.w(t.g * t.n))
    ),
    _kind("multiplied by the deviation", "multiplied by the deviation, not divided"): lambda t: (
        (t.g - t.path(t.g) - t.n * t.w(t.g * t.n)) / t.s
    ),
    _kind("ε left out", "deviation without ε in the gradient"): lambda t: (
        t.bare * (t.g - t.path(t.g) - t.n * t.w(t.g * t.n))
    ),
    _kind("ε outside", "deviation with ε outside of the root in the gradient"): lambda t: (
        t.outside * (t.g - t.path(t.g) - t.n * t.w(t.g * t.n))
    ),
    _kind("ε left out of every path", "deviation without ε in all parts of the gradient"): (
        lambda t: t.bare * (t.g - t.path(t.g)) - t.bare**3 * t.c * t.w(t.g * t.c)
    ),
    _kind("ε outside in every path", "deviation with ε outside of the root, in all parts"): (
        lambda t: t.outside * (t.g - t.path(t.g)) - t.outside**3 * t.c * t.w(t.g * t.c)
    ),
    _kind("variance for the deviation", "the variance used as the deviation"): lambda t: (
        t.s**2 * (t.g - t.path(t.g)) - t.s**6 * t.c * t.w(t.g * t.c)
    ),
}
# With the gain γ that the normalised values are multiplied by, and d the cotangent before it.
WEIGHTED: dict[Kind, Weighted] = {
    _kind("gain after the sums", "multiplied by the gain after the sums, not before"): (
        lambda t, d, gain: gain * t.s * (d - t.path(d) - t.n * t.w(d * t.n))
    ),
    _kind("gain left out of the mean path", f"{MEAN} without the gain"): (
        lambda t, d, gain: t.s * (t.g - t.path(d) - t.n * t.w(t.g * t.n))
    ),
    _kind("gain left out of the variance path", f"{VARIANCE} without the gain"): (
        lambda t, d, gain: t.s * (t.g - t.path(t.g) - t.n * t.w(d * t.n))
    ),
    _kind("gain left out of both paths", "gradients through mean and variance without the gain"): (
        lambda t, d, gain: t.s * (t.g - t.path(d) - t.n * t.w(d * t.n))
    ),
    _kind("gain in the sums alone", "gain missing from the direct part of the gradient"): (
        lambda t, d, gain: t.s * (d - t.path(t.g) - t.n * t.w(t.g * t.n))
    ),
}


def closed_normalisation(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield the mistakes in a normalisation's own formula."""
    for found in normalisations(run):
        for kind, closed in NORMALISED.items():
            yield Hypothesis(kind, (found.y, found.z), closed_form(found, closed))
        if found.is_centred:  # else there is one path, which is scaled at its own step
            change = functools.partial(_scaled, found)
            yield Hypothesis(SCALED, (found.y, found.z), change, sized=True)
        for gain in _gains(run, found):
            for kind, weighted in WEIGHTED.items():
                yield Hypothesis(kind, (found.y, found.z), _weighted(found, gain, weighted))


def _scaled(found: Normalised, size: float) -> Change:
    def closed(t: Terms) -> Array:
        return np.asarray(t.s * (t.g - times(t.path(t.g) + t.n * t.w(t.g * t.n), 1 + size)))

    return closed_form(found, closed)(size)


def closed_form(found: Normalised, closed: Closed) -> Callable[[float], Change]:
    """Return the change in which a normalisation is differentiated by a formula of its own."""

    def contributions(run: Run, ybar: Array) -> Mapping[int, Array]:
        out = np.asarray(closed(terms(run, found, ybar)))
        return {found.z: np.broadcast_to(out, ybar.shape).astype(ybar.dtype)}

    change = Change(vjps={found.y: contributions})
    return always(change)


def _gains(run: Run, found: Normalised) -> list[int]:
    """Return what the normalised values are multiplied by, where that differs along the axes."""
    factors = [
        i
        for c in run.consumers[found.y]
        for i in run.nodes[c].inputs
        if run.nodes[c].operation == "multiply" and i != found.y
    ]
    return [i for i in factors if len(run.consumers[found.y]) == 1 and np.ptp(run.values[i])]


def _weighted(found: Normalised, gain: int, weighted: Weighted) -> Callable[[float], Change]:
    def contributions(run: Run, ybar: Array) -> Mapping[int, Array]:
        factor = run.values[gain]
        out = weighted(terms(run, found, ybar), ybar / factor, factor)
        return {found.z: np.asarray(out)}

    change = Change(vjps={found.y: contributions})
    return always(change)
