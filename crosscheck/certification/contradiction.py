"""Parameters that the loss reads in a way that no recording shows, and how it may read them.

A loss can read a parameter through comparisons alone (a search by bisection), through a memo keyed
by values, through rounding to many digits: then every framework says that nothing depends on it.
So every parameter is asked by itself, at every point: does the plain loss have the slope along it
that the oracles say? One steady contradiction is enough, if it is there at a point beside, too (a
kink is not); then the oracles are no judges of this gradient.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosscheck.core.finite_differences import contradicts
from crosscheck.core.sampling import beside
from crosscheck.core.types import Request
from crosscheck.core.verdict import U32, U64, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosscheck.certification.user_loss import UserLoss
    from crosscheck.core.evidence import Evidence
    from crosscheck.core.types import Point, Quantities
    from crosscheck.results import Finding

POINTS = {100_000: 1, 2_000: 3, 0: 8}  # so many parameters -> at how many points they are asked
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
    return found


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
