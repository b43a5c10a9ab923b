"""From incorrect gradients to the mistake, and to the line that it is on.

A hypothesis is a small change to the reverse pass of the user's own computation. One under which
that pass reproduces the actual gradient, to rounding and at every point, is an explanation; the
mistake has a name where exactly one class of hypotheses is.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.core.norms import max_or_nan, norm
from crosscheck.core.verdict import FLOOR, MIDPOINT
from crosscheck.diagnosis.diagnosis import Diagnosis, undiagnosed
from crosscheck.diagnosis.equivalence import distinct
from crosscheck.diagnosis.hypotheses.observed import OBSERVED, OF_ANOTHER_SHAPE
from crosscheck.diagnosis.search import OutOfTimeError, Search
from crosscheck.diagnosis.wording import Cause, Context

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crosscheck.diagnosis.backward import Array, Run
    from crosscheck.diagnosis.diagnosis import Explanation
    from crosscheck.diagnosis.observation import Observation
    from crosscheck.diagnosis.search import Fit


# Overflow at a point is no reason to warn: that point is left out.
@np.errstate(all="ignore")
def diagnose(
    observations: Sequence[Observation],
    wrong: Sequence[str],
    lengths: Mapping[int, Sequence[str]],
    budget: float,
) -> Diagnosis:
    """Return what explains incorrect gradients.

    Args:
        observations: The recorded loss and the actual gradients, by point; the first recording
            tells the origins of its nodes. Points whose program is another than the first's are
            left out: their branches went elsewhere.
        wrong: The parameters whose gradients are incorrect, one at least.
        lengths: All axes that have a length, in words, by the length.
        budget: Seconds after which the search ends.

    """
    deadline = time.monotonic() + budget
    if not observations:
        return undiagnosed(wrong, "the loss is finite at no point")
    names = list(observations[0].actual)
    leaves = [names.index(name) for name in wrong]
    comparable = _comparable(observations)
    comparable.sort(key=lambda observation: -_incorrect(observation, leaves))
    catalogue = comparable[0].data.catalogue(observations[0].data.recording.origins)
    run = catalogue.run
    order = sorted(leaves, key=lambda k: -_depth(run, k))
    search = Search(comparable, catalogue, order, deadline)
    causes = Context(run, catalogue.steps, names, order, lengths).causes
    observed = _observed(comparable, order, names)
    singles: list[Fit] = []
    pairs: list[tuple[Fit, Fit]] = []
    complete = True
    try:
        if all(k in run.leaves for k in order):
            singles.extend(search.singles())
            pairs.extend(() if singles or observed else search.pairs())
    except OutOfTimeError:
        complete = False
    named = [causes(group) for group in distinct(singles)]
    return Diagnosis(
        tuple(named or observed or _paired(pairs, causes)),
        names[order[0]],
        _differs(comparable[0], order[0]),
        len(comparable),
        complete,
        len(catalogue.failed),
        tuple(names[k] for k in order),
    )


def _comparable(observations: Sequence[Observation]) -> list[Observation]:
    """Return the observations of one program whose numbers can be compared."""
    structure = observations[0].data.recording.program.structure
    same = [o for o in observations if o.data.recording.program.structure == structure]
    finite = [o for o in same if all(np.isfinite(g).all() for g in o.actual.values())]
    same = finite if 2 * len(finite) >= len(same) else same
    # Where float32 overflows or underflows the rounding error is unknown.
    return [o for o in same if np.isfinite(o.data.noise).all()] or same


def _incorrect(observation: Observation, wrong: Sequence[int]) -> int:
    return sum(bool(_off(*_compared(observation, k)).any()) for k in wrong)


def _off(actual: Array, expected: Array, _: float, tolerance: float) -> Array:
    """Return which entries are off; all of them if the shapes differ."""
    if actual.shape != expected.shape:
        return np.ones(expected.shape, bool)
    out: Array = ~(np.abs(actual - expected) <= tolerance)
    return out


def _depth(run: Run, k: int) -> int:
    """Return how late in the forward pass a parameter is used, and how early in the backward."""
    return max(run.consumers[run.leaves[k]], default=0) if k in run.leaves else -1


def _paired(
    pairs: Sequence[tuple[Fit, Fit]], causes: Callable[[Sequence[Fit]], Explanation]
) -> list[Explanation]:
    found: dict[frozenset[tuple[object, ...]], Explanation] = {}
    for group in distinct([fit for fit, _ in pairs]):
        seconds = [other for fit, other in pairs if fit in group]
        for other in distinct(seconds):
            both = causes(group) + causes(other)
            found.setdefault(frozenset((c.kind, c.places, c.size) for c in both), both)
    return list(found.values())


def _observed(
    observations: Sequence[Observation], wrong: Sequence[int], names: Sequence[str]
) -> list[Explanation]:
    """Return what is observed in every wrong gradient, but cannot be computed."""
    compared = [[_compared(observation, k) for observation in observations] for k in wrong]
    alike = all(
        actual.shape == expected.shape for each in compared for actual, expected, *_ in each
    )
    which = tuple(names[k] for k in wrong)
    for kind, (fits, shows) in (OBSERVED if alike else OF_ANOTHER_SHAPE).items():
        if all(all(fits(*c) for c in each) and shows(each) for each in compared):
            cause = Cause(kind.name, kind.sentence, (), 1.0, fix=kind.fix, gradients=which)
            return [(cause,)]
    return []


def _compared(observation: Observation, k: int) -> tuple[Array, Array, float, float]:
    """Return a gradient, the expected one, its float32 noise and its tolerance.

    As in the verdict the rounding of the inputs is no mistake.
    """
    data = observation.data
    expected, noise = data.expected[k], data.noise[k]
    tolerance = max_or_nan(MIDPOINT * noise, FLOOR * norm(expected), FLOOR * data.unit)
    return observation.by_leaf[k], expected, noise, tolerance


def _differs(observation: Observation, k: int) -> str:
    actual, expected, noise, tolerance = _compared(observation, k)
    if actual.shape != expected.shape:
        return f"expected shape {expected.shape}, got {actual.shape}"
    off = _off(actual, expected, noise, tolerance)
    if not off.any():
        size = norm(actual - expected) / (norm(expected) or 1.0)
        return f"relative error {size:.1e} at most, no more than rounding at this point"
    said = f"{int(off.sum())} of {off.size} entries differ"
    lines = [
        f"only in {int(rows.sum())} of {rows.size} along axis {axis}"
        for axis in range(off.ndim if off.ndim > 1 else 0)
        if not (rows := off.any(axis=tuple(a for a in range(off.ndim) if a != axis))).all()
    ]
    ratios = (actual / expected)[off & (expected != 0)]
    if ratios.size:
        low, high = f"{ratios.min():.4g}", f"{ratios.max():.4g}"
        span = low if low == high else f"from {low} to {high}"
        lines.append(f"actual / expected {span}")
    return ", ".join([said, *lines])
