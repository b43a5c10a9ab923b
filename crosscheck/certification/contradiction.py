"""Parameters that the loss reads in a way that no recording shows, and how it may read them.

A loss can read a parameter through comparisons alone (a search by bisection), through a memo keyed
by values, through rounding to many digits: then every framework says that nothing depends on it.
So every parameter is asked by itself, at every point: does the plain loss have the slope along it
that the oracles say? One steady contradiction is enough, if it is there at a point beside, too (a
kink is not); then the oracles are no judges of this gradient.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.core.finite_differences import contradicts
from crosscheck.core.norms import norm
from crosscheck.core.sampling import beside
from crosscheck.core.types import Request
from crosscheck.core.verdict import U32, U64, Verdict
from crosscheck.ir.numpy_backend import kernels
from crosscheck.ir.program import evaluate, reads

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crosscheck.certification.user_loss import UserLoss
    from crosscheck.core.evidence import Evidence
    from crosscheck.core.types import Array, Point, Quantities
    from crosscheck.ir.recording import Expression
    from crosscheck.results import Finding

POINTS = {100_000: 1, 2_000: 3, 0: 8}  # so many parameters -> at how many points they are asked
SEARCHED = 3  # points at which a search by comparisons is looked for
ROUNDS = 16  # comparisons at one place, at least, in a search
UNSEEN = "which no framework differentiates; pass the loss with rebuilt="
TOGETHER = 1e-12  # how small the smallest margin is beside the largest, in a search
BOTH = 1e-8  # the same of the smallest on the other side
ROUNDING = 64  # times the loss's own rounding, as float32 shows it


def contradictions(
    user_loss: UserLoss, evidence: Evidence, oracle: str, loss: Finding
) -> dict[str, str]:
    """Return parameter -> why no oracle can judge its gradient.

    Args:
        user_loss: the plain loss.
        evidence: what the oracles computed.
        oracle: one that differentiates the recorded loss.
        loss: the finding on the loss; it agrees, or nothing is asked.

    """
    if loss.verdict is not Verdict.AGREE:
        return {}
    found: dict[str, str] = {}
    size = sum(array.size for array in evidence.points[0].params.values())
    most = next(points for least, points in POINTS.items() if size >= least)
    for path in evidence.points[0].params:
        for i in range(1, min(most, len(evidence.points) - 1) + 1):
            rounding = ROUNDING * loss.judgements[i].noise * U64 / U32
            if loss.judgements[i].precision != "float64":
                rounding *= U32 / U64
            if _contradicts(user_loss, evidence, oracle, i, path, rounding):
                found[path] = _reason(user_loss, evidence.points[i])
                break
    return dict(_searched(user_loss, evidence.points[1 : 1 + SEARCHED])) | found


def _searched(user_loss: UserLoss, points: Sequence[Point]) -> Iterator[tuple[str, str]]:
    """Yield each parameter for which a value is sought by comparisons, at every one of some points.

    The margins of one line run over many orders then, at any point: two numbers come together. So
    small a dependence as no central difference shows may be in it.
    """
    places = [dict(_closing(user_loss, point)) for point in points]
    for place, paths in places[0].items():
        if all(place in others for others in places):
            for path in paths:
                where = f"{place.file}:{place.line}: {place.text}"
                yield path, f"values are searched for by comparisons at {where}, {UNSEEN}"


def _closing(user_loss: UserLoss, point: Point) -> Iterator[tuple[Expression, list[str]]]:
    """Yield the places whose margins run over many orders, and the parameters that they read."""
    from crosscheck.certification.coverage import COMPARED

    recording = user_loss.recorded(point)
    if recording.margins is None:
        return
    grouped: dict[Expression, list[int]] = defaultdict(list)
    for k, switch in enumerate(recording.switches):
        if switch.operation in COMPARED:
            grouped[switch.place].append(k)
    loops = {place: places for place, places in grouped.items() if len(places) >= ROUNDS}
    if not loops:
        return
    structure = recording.margins.structure
    with np.errstate(all="ignore"):
        leaves = list(point.params.values())
        values = evaluate(structure, leaves, recording.margins.constants, kernels())
    for place, places in loops.items():
        if _come_together(np.concatenate([np.ravel(values[k]) for k in places])):
            read = reads(structure, [structure.outputs[k] for k in places])
            yield place, [list(point.params)[k] for k in sorted(read)]


def _come_together(margins: Array) -> bool:
    """Return whether margins become small beside the largest of them, from both sides."""
    finite = margins[np.isfinite(margins)]
    largest = norm(finite)
    above, below = (np.min(side[side > 0], initial=np.inf) for side in (finite, -finite))
    small, other = sorted((float(above), float(below)))
    return small < TOGETHER * largest and other < BOTH * largest


def _contradicts(  # noqa: PLR0913, PLR0917 - one parameter at one point
    user_loss: UserLoss, evidence: Evidence, oracle: str, i: int, path: str, rounding: float
) -> bool:
    """Return whether the slope along a parameter is another than the oracle's, beside, too."""
    point = evidence.points[i]

    def differs(at: Point, quantities: Quantities) -> bool:
        way = {path: evidence.points[0].params[path] - evidence.points[i].params[path]}
        grads = {path: quantities[f"grad {path}"]}
        return contradicts(user_loss.loss_at, at, way, grads, rounding)

    if not differs(point, evidence.double[oracle][i]):
        return False
    near = beside(point)
    (quantities,) = evidence.oracles[oracle]([Request(evidence.name, (near,), "float64")])[0]
    return differs(near, quantities)


def _reason(user_loss: UserLoss, point: Point) -> str:
    """Return why, and where the parameter may be read unseen."""
    places = dict.fromkeys(_compared(user_loss, point))
    where = f": values are only compared at {', '.join(places)}" if places else ""
    return (
        "central differences of the loss contradict the oracles: it reads this parameter in a way "
        f"that no framework differentiates{where}; pass the loss with rebuilt="
    )


def _compared(user_loss: UserLoss, point: Point) -> Iterator[str]:
    """Yield the comparisons of a loss, the first few."""
    from crosscheck.certification.coverage import COMPARED

    for switch in user_loss.recorded(point).switches:
        if switch.operation in COMPARED:
            yield f"{switch.place.file}:{switch.place.line}: {switch.place.text}"
