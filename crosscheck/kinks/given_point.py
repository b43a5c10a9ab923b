"""The given point may lie on a kink, where several gradients are correct.

At x = 0 any slope of a ReLU between those on either side is correct: 0, as both frameworks have it
for their own relu, ½, as both have it for maximum(x, 0), or 1. So the verdict is that of the points
around, and at the kink itself only this is asked: can slopes between the one-sided ones produce the
hand-written gradient?

Where they cannot, and the oracles' gradient changes so little around the point that there is no
kink, the hand-written gradient is incorrect at that point only.
"""

from __future__ import annotations

import contextlib
from math import isfinite
from typing import TYPE_CHECKING

from crosscheck.core.norms import max_or_nan, norm
from crosscheck.core.sampling import opposite
from crosscheck.core.types import Point, Request
from crosscheck.core.verdict import MIDPOINT, U32, Judgement, Verdict
from crosscheck.kinks.conventions import Target, producing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crosscheck.certification.user_loss import UserLoss
    from crosscheck.core.evidence import Evidence
    from crosscheck.kinks.parametrised import ParametrisedProgram

    Kinks = tuple[ParametrisedProgram, ...]

ON_A_KINK = "the given point lies on a kink"
PAIRS = 4  # of points, on opposite sides of the given one
CLEARLY = 16  # the rule's own factor for "more than that"


def kinks_at(user_loss: UserLoss, point: Point, framework: str) -> Kinks:
    """Return the loss at a point as programs with a slope for every kink; none where it has none.

    The user's code may fail where comparisons of equal numbers are decided otherwise, or give
    another value: then it jumps there, and that is no kink.
    """
    from crosscheck.ir.run import backend
    from crosscheck.kinks.parametrised import parametrised

    recordings = []
    for side in (-1, 0, 1):
        with contextlib.suppress(Exception):
            recordings.append(user_loss.record(point, side=side))
    programs = parametrised(recordings, backend(framework))
    is_kink = len(programs) > 1 or any(program.kinks for program in programs)
    return tuple(programs) if is_kink else ()


def resolve_at_kink(
    evidence: Evidence, quantity: str, given: Judgement, kinks: Callable[[], Kinks]
) -> tuple[Judgement, Verdict, str]:
    """Return the judgement at the given point, the verdict on all points, and why.

    `given` is the judgement there as it was, which does not agree; all around it the quantity does.
    Where some slopes produce the actual gradient, it is judged against the oracles with those.
    """
    if not all(map(isfinite, given.errors.values())) and given.verdict is Verdict.DISAGREE:
        return given, given.verdict, ""
    actual = evidence.actual[0].quantities[quantity]
    name = quantity.removeprefix("grad ")
    if name != quantity:
        tolerance = given.tolerance if isfinite(given.tolerance) else MIDPOINT * U32 * norm(actual)
        leaf = list(evidence.points[0].params).index(name)
        words, off = producing(kinks(), [Target(leaf, actual, tolerance)])
        if words:
            reason = f"{ON_A_KINK}: {words}"
            errors = dict.fromkeys(given.errors, off * tolerance)
            agreed = Judgement(Verdict.AGREE, errors, tolerance, given.noise, norm(actual), reason)
            return agreed, Verdict.AGREE, reason
    if given.verdict is Verdict.DISAGREE:
        change = _change(evidence, quantity)
        if min(given.errors.values()) > CLEARLY * change:
            reason = (
                f"incorrect at the given point only; near it the oracles change by {change:.1e}"
            )
            return given, Verdict.DISAGREE, reason
    elif not kinks():
        return given, Verdict.AGREE, "inconclusive at the given point itself"
    where = "lies on a kink; no slope there reproduces it" if kinks() else "may lie on a kink"
    reason = f"agrees at the points sampled around the given one, which {where}"
    return given, Verdict.INCONCLUSIVE, reason


def share_slopes(
    evidence: Evidence, judgements: Mapping[str, Judgement], kinks: Callable[[], Kinks]
) -> bool:
    """Return whether one slope for each kink produces the gradients of all parameters together.

    `judgements` are those at the given point, by quantity; where none was resolved at a kink, each
    gradient has the oracles' slopes.
    """
    if not any(judgement.reason.startswith(ON_A_KINK) for judgement in judgements.values()):
        return True
    paths = list(evidence.points[0].params)
    targets = [
        Target(paths.index(quantity.removeprefix("grad ")), actual, judgement.tolerance)
        for quantity, judgement in judgements.items()
        if (actual := evidence.actual[0].quantities.get(quantity)) is not None
    ]
    return bool(producing(kinks(), targets)[0])


def _change(evidence: Evidence, quantity: str) -> float:
    """Return by how much the oracles' quantity differs very near the given point; nan: unknown."""
    request = Request(evidence.name, tuple(opposite(evidence.points[0], PAIRS)), "float64")
    return max_or_nan(
        *(
            norm(result[quantity] - evidence.double[oracle][0][quantity])
            for oracle, ask in evidence.oracles.items()
            for result in ask([request])[0]
        )
    )
