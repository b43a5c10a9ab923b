"""Hypotheses on a normalisation (z − mean)/√(var + ε), which has a formula of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crosscheck.diagnosis.backward import Change
from crosscheck.diagnosis.hypotheses.base import Hypothesis, Kind, always
from crosscheck.diagnosis.patterns import Normalised, normalisations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from crosscheck.diagnosis.backward import Array, Run
    from crosscheck.diagnosis.source_steps import Step

    Closed = Callable[..., Array]

FORMULA = "dz = (g - mean(g) - n * mean(g * n)) / std, with n the normalised values"
IMPLIED = frozenset(
    {
        "scaled",
        "derivative left out",
        "derivative at the output",
        "differentiated twice",
        "upstream",
        "truncated",
    }
)


def _kind(case: str, sentence: str) -> Kind:
    return Kind(f"normalisation, {case}", sentence, FORMULA, IMPLIED)


def correct_vjp(g: Array, n: Array, s: Array, c: Array, m: Closed, o: Closed) -> Array:
    """Return the correct cotangent of what is normalised; the letters are those of NORMALISED."""
    return np.asarray(s * (g - m(g) - n * m(g * n)))


# The cotangent of what is normalised, from that of the result (g), the result (n), the inverse
# deviation (s), the centred values (c), a mean over its axes (m) and one over the others (o).
NORMALISED: dict[Kind, Closed] = {
    _kind(
        "its inverse deviation left out", "normalisation: division by the deviation missing"
    ): lambda g, n, s, c, m, o: g - m(g) - n * m(g * n),
    _kind(
        "mean path left out", "normalisation: gradient through the mean missing"
    ): lambda g, n, s, c, m, o: s * (g - n * m(g * n)),
    _kind(
        "variance path left out", "normalisation: gradient through the variance missing"
    ): lambda g, n, s, c, m, o: s * (g - m(g)),
    _kind(
        "both paths left out", "normalisation: gradients through mean and variance missing"
    ): lambda g, n, s, c, m, o: s * g,
    _kind(
        "mean path over the wrong axis",
        "normalisation: gradient through the mean averaged over the wrong axis",
    ): lambda g, n, s, c, m, o: s * (g - o(g) - n * m(g * n)),
    _kind(
        "variance path over the wrong axis",
        "normalisation: gradient through the variance averaged over the wrong axis",
    ): lambda g, n, s, c, m, o: s * (g - m(g) - n * o(g * n)),
    _kind(
        "variance path with what is centred",
        "normalisation: gradient through the variance uses the centred values instead of the "
        "normalised ones",
    ): lambda g, n, s, c, m, o: s * (g - m(g) - c * m(g * c)),
}


def closed_normalisation(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield the mistakes in a normalisation's own formula."""
    for found in normalisations(run):
        for kind, closed in NORMALISED.items():
            yield Hypothesis(kind, (found.y, found.z), closed_form(found, closed))


def closed_form(found: Normalised, closed: Closed) -> Callable[[float], Change]:
    """Return the change in which a normalisation is differentiated by a formula of its own."""

    def contributions(run: Run, ybar: Array) -> Mapping[int, Array]:
        z, n = run.values[found.z], run.values[found.y]
        others = tuple(a for a in range(z.ndim) if a not in found.axes) or found.axes

        def over(axes: tuple[int, ...]) -> Callable[[Array], Array]:
            return lambda array: np.mean(array, axis=axes, keepdims=True)

        mean = over(found.axes)
        centred = z - mean(z)
        inverse = np.sqrt(mean(n * n) / mean(centred * centred))
        return {found.z: closed(ybar, n, inverse, centred, mean, over(others))}

    change = Change(vjps={found.y: contributions})
    return always(change)
