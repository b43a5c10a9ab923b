"""Where two frameworks differ, NumPy's own reverse pass says which of them stands alone.

The verdict stays INCONCLUSIVE: it is no independent judge. But the user learns whom to suspect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosscheck.certification.side_effects import attempt
from crosscheck.core.norms import distance
from crosscheck.core.types import Request
from crosscheck.core.verdict import Verdict
from crosscheck.frameworks import NUMPY

if TYPE_CHECKING:
    from crosscheck.certification.user_loss import UserLoss
    from crosscheck.core.evidence import Evidence
    from crosscheck.results import Finding

TWO = 2  # frameworks; with more oracles the table shows who stands alone


def outlier(user_loss: UserLoss, evidence: Evidence, finding: Finding) -> str:
    """Return which of two frameworks stands alone where they split, in words; "" if none does."""
    if finding.verdict is not Verdict.INCONCLUSIVE or finding.reason or finding.worst is None:
        return ""
    if len(evidence.double) != TWO or NUMPY.name in evidence.double:
        return ""
    i, judgement = finding.worst
    results = {
        name: found[i][finding.quantity]
        for name, found in evidence.double.items()
        if finding.quantity in found[i]
    }
    if len(results) != TWO or not distance(*results.values()) > judgement.tolerance:
        return ""
    request = Request(evidence.name, (evidence.points[i],), "float64")
    answer, refused = attempt(lambda: user_loss.ask(NUMPY.key, [request])[0][0])
    if refused:  # a loss that is rebuilt for the frameworks need not be traced
        return ""
    third = answer[finding.quantity]
    near = [name for name in results if distance(results[name], third) <= judgement.tolerance]
    if len(near) != 1:
        return ""
    (alone,) = results.keys() - {*near}
    return f"{alone} differs from {near[0]}, and NumPy's own reverse pass agrees with {near[0]}"
