"""What the mistake is, and on which line: from a disagreement to its name.

A hypothesis is a small, named change to the reverse pass of the user's own computation. The one
under which that pass gives the gradient by hand, to rounding and at every point, is the diagnosis;
a name is given only where exactly one class of hypotheses does.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.core.norms import max_or_nan, norm
from crosscheck.core.verdict import FLOOR, MIDPOINT
from crosscheck.diagnosis.hypotheses.whole_gradient import SIGHTS
from crosscheck.diagnosis.search import OutOfTimeError, Search
from crosscheck.diagnosis.wording import Cause, Words, distinct

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crosscheck.diagnosis.backward import Array, Run
    from crosscheck.diagnosis.observation import Observation
    from crosscheck.diagnosis.search import Fit

Explanation = tuple[Cause, ...]


@dataclass(frozen=True)
class Diagnosis:
    """What explains a gradient.

    `explanations`: one where the mistake has a name, several where these points cannot tell them
    apart, none where nothing known explains it. Each is one cause, or two that meet. `first`: the
    wrong parameter that comes first in the backward pass. `differs`: in words, how. `points`: at
    how many an explanation holds. `complete`: whether all hypotheses were tried in time.
    """

    explanations: tuple[Explanation, ...]
    first: str
    differs: str
    points: int
    complete: bool
    failed: int = 0

    def __str__(self) -> str:
        """Return it in words, a line for each thing that is said."""
        said = ["\n    and ".join(map(str, causes)) for causes in self.explanations]
        first = f"\n    goes wrong first: grad {self.first}: {self.differs}"
        if self.failed:
            first += f"\n    known mistakes that could not be tried here: {self.failed}"
        if not said:
            tried = (
                "no mistake that is known" if self.complete else "nothing that was tried in time"
            )
            return f"unknown: {tried} explains it{first}"
        certain = "\n    with this mistake the oracle gives exactly this gradient"
        certain += f", at {self.points} points"
        if not self.complete:
            certain += "; not everything else was tried in time"
        if len(said) == 1:
            cures = dict.fromkeys(cause.cure for cause in self.explanations[0] if cause.cure)
            certain += "".join(f"\n    to do: {cure}" for cure in cures)
        else:
            listed = [f"\n    - {one}" for one in said]
            said = ["one of these, which no point tells apart", *listed]
        return "".join([*said, certain, first])

    @property
    def is_named(self) -> bool:
        """Whether exactly one thing explains the gradient."""
        return len(self.explanations) == 1 and self.complete


# A point where something overflows tells nothing, and is no reason to warn.
@np.errstate(all="ignore")
def diagnose(
    observations: Sequence[Observation],
    wrong: Sequence[str],
    lengths: Mapping[int, Sequence[str]],
    budget: float,
) -> Diagnosis:
    """Return what explains the `wrong` gradients, within `budget` seconds.

    The first reading's recording tells its origins. `lengths` says which axes have a length, for
    the names. A reading whose program is another one than the first's is left aside: its branches
    went elsewhere.
    """
    deadline = time.monotonic() + budget
    if not observations:
        return undiagnosed(wrong[0], "the loss is finite at no point")
    names = list(observations[0].actual)
    first = observations[0].data.recording
    structure = first.program.structure
    same = [r for r in observations if r.data.recording.program.structure == structure]
    finite = [r for r in same if all(np.isfinite(g).all() for g in r.actual.values())]
    same = finite if 2 * len(finite) >= len(same) else same
    # Where float32 overflows or underflows to nothing, rounding cannot be told.
    same = [r for r in same if np.isfinite(r.data.noise).all()] or same
    same.sort(key=lambda observation: -_telling(observation, [names.index(name) for name in wrong]))
    catalogue = same[0].data.catalogue(first.origins)
    whole = catalogue.run
    order = sorted((names.index(name) for name in wrong), key=lambda k: -_depth(whole, k))
    search = Search(same, catalogue, order, deadline)

    named = Words(whole, catalogue.steps, names, [names[k] for k in order], lengths).causes

    singles: list[Fit] = []
    pairs: list[tuple[Fit, Fit]] = []
    seen, complete = _seen(same, order, names), True
    try:
        if all(k in whole.leaves for k in order):
            singles.extend(search.singles())
            pairs.extend(() if singles or seen else search.pairs())
    except OutOfTimeError:
        complete = False
    explanations = [named(group) for group in distinct(singles)] or seen or _paired(pairs, named)
    return Diagnosis(
        tuple(explanations),
        names[order[0]],
        _differs(same[0], order[0]),
        len(same),
        complete,
        len(catalogue.failed),
    )


def undiagnosed(first: str, why: str) -> Diagnosis:
    """Return the diagnosis of whom nothing could be asked."""
    return Diagnosis((), first, why, 0, complete=False)


def _telling(observation: Observation, wrong: Sequence[int]) -> int:
    """Return how many of the wrong gradients are wrong at a point."""
    return sum(bool(_off(*_beside(observation, k)).any()) for k in wrong)


def _off(actual: Array, right: Array, _: float, tolerance: float) -> Array:
    """Return which entries are off; all of them if the shapes differ."""
    if actual.shape != right.shape:
        return np.ones(right.shape, bool)
    out: Array = ~(np.abs(actual - right) <= tolerance)
    return out


def _depth(whole: Run, k: int) -> int:
    """Return how late in the forward pass a parameter is used, and how early in the backward."""
    return max(whole.consumers[whole.leaves[k]], default=0) if k in whole.leaves else -1


def _paired(
    pairs: Sequence[tuple[Fit, Fit]], named: Callable[[Sequence[Fit]], Explanation]
) -> list[Explanation]:
    """Return the pairs that explain, in classes."""
    found: dict[frozenset[tuple[object, ...]], Explanation] = {}
    for group in distinct([fit for fit, _ in pairs]):
        seconds = [other for fit, other in pairs if fit in group]
        for other in distinct(seconds):
            both = named(group) + named(other)
            found.setdefault(frozenset((c.kind, c.places, c.size) for c in both), both)
    return list(found.values())


def _seen(
    observations: Sequence[Observation], wrong: Sequence[int], names: Sequence[str]
) -> list[Explanation]:
    """Return what can be seen at every wrong gradient, but not computed from the right one."""
    beside = [[_beside(observation, k) for observation in observations] for k in wrong]
    if any(actual.shape != right.shape for each in beside for actual, right, _, _ in each):
        return []
    for sentence, (fits, shows) in SIGHTS.items():
        if all(all(fits(*b) for b in each) and any(shows(*b) for b in each) for each in beside):
            which = ", ".join(names[k] for k in wrong)
            return [(Cause(sentence, f"grad {which}: {sentence}", (), 1.0),)]
    return []


def _beside(observation: Observation, k: int) -> tuple[Array, Array, float, float]:
    """Return a gradient by hand, the right one, its float32 noise and its tolerance.

    As ever nobody is blamed for the rounding of what goes in.
    """
    data = observation.data
    right, noise = data.right[k], data.noise[k]
    tolerance = max_or_nan(MIDPOINT * noise, FLOOR * norm(right), FLOOR * data.unit)
    return observation.by_leaf[k], right, noise, tolerance


def _differs(observation: Observation, k: int) -> str:
    """Return in words how a gradient differs from the right one at a point."""
    actual, right, noise, tolerance = _beside(observation, k)
    if actual.shape != right.shape:
        return f"its shape is {actual.shape}, the oracles' {right.shape}"
    off = _off(actual, right, noise, tolerance)
    said = f"{int(off.sum())} of {off.size} entries differ"
    lines = [
        f"only in {int(rows.sum())} of {rows.size} along axis {axis}"
        for axis in range(off.ndim if off.ndim > 1 else 0)
        if not (rows := off.any(axis=tuple(a for a in range(off.ndim) if a != axis))).all()
    ]
    ratios = (actual / right)[off & (right != 0)]
    if ratios.size:
        lines.append(f"hand / oracle from {ratios.min():.4g} to {ratios.max():.4g}")
    return ", ".join([said, *lines])
