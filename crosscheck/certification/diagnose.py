"""Ask for a diagnosis: at which points, of which parameters, for how long."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.core.sampling import further
from crosscheck.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crosscheck.core.types import Point
    from crosscheck.diagnosis import Diagnosis, Observation
    from crosscheck.results import Finding

    Read = Callable[
        [Point, bool], Observation
    ]  # a point, and whether to note where each step is from

BUDGET = 10.0  # seconds
FURTHER = 6  # points sampled further away, where mistakes differ more from each other
MORE = 4  # more of them, where two explanations are to be told apart
READING = 0.5  # the part of the budget that may be spent on reading the loss


def diagnose_findings(  # noqa: PLR0913, PLR0917 - what to explain, and how hard to try
    read: Read,
    findings: Sequence[Finding],
    points: Sequence[Point],
    shapes: Mapping[str, tuple[int, ...]],
    seed: int,
    budget: float,
) -> dict[str, Diagnosis]:
    """Return example -> what explains its gradients that disagree; nothing where there is nothing.

    `findings` are those of one example, `points` the sampled ones. `read` raises whatever it raises
    at a point where the code fails. `shapes`: of parameters and data, by name. `budget`: the work
    that may be done, in seconds on one core; 0 for no diagnosis.

    Nothing is named where the loss itself disagrees, for there is no right
    gradient then; nor where the first point alone is wrong.
    """
    disagreeing = [
        finding.quantity
        for finding in findings
        if finding.verdict is Verdict.DISAGREE
        and any(judgement.verdict is Verdict.DISAGREE for judgement in finding.judgements[1:])
    ]
    wrong = [name.removeprefix("grad ") for name in disagreeing if name.startswith("grad ")]
    if budget <= 0 or not wrong or "loss" in disagreeing or not points:
        return {}
    from crosscheck.diagnosis import diagnose, undiagnosed

    observations: list[Observation] = []
    left = budget
    drawn = further(points[0], seed)
    try:
        for point in (points[0], *islice(drawn, FURTHER), *points[1:]):
            observations += _read(read, point, first=not observations)
            left -= observations[-1].seconds if observations else 0.0
            if left < (1 - READING) * budget:
                break

        def more() -> list[Observation]:
            return [seen for point in islice(drawn, MORE) for seen in _read(read, point)]

        found = diagnose(observations, wrong, _lengths(shapes), left, more)
    except Exception as error:  # noqa: BLE001 - the verdict stands without a diagnosis
        found = undiagnosed(wrong, f"the diagnosis failed: {type(error).__name__}: {error}")
    return {findings[0].example: found}


def _read(read: Read, point: Point, *, first: bool = False) -> list[Observation]:
    """Return the reading at a point; none where the code fails, or where something overflows."""
    try:
        with np.errstate(all="ignore"):
            observation = read(point, first)
    except Exception:
        if first:
            raise
        return []
    return [observation] if np.isfinite(observation.data.recording.value).all() else []


def _lengths(shapes: Mapping[str, tuple[int, ...]]) -> Mapping[int, Sequence[str]]:
    """Return the axes by their length; the first ones, which are batches, first."""
    lengths: dict[int, list[str]] = defaultdict(list)
    axes = [(axis, path) for path, shape in shapes.items() for axis in range(len(shape))]
    for axis, path in sorted(axes, key=lambda pair: pair[0]):
        if shapes[path][axis] > 1:
            lengths[shapes[path][axis]].append(f"axis {axis} of {path}")
    return lengths
