"""What is said where the time limit ends a call: what is known by then, and no verdict."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crosscheck.certificate import Certificate
from crosscheck.core.verdict import Verdict
from crosscheck.core.versions import versions
from crosscheck.errors import OracleUnavailableError
from crosscheck.frameworks import ORACLES
from crosscheck.results import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosscheck.certification.options import Options
    from crosscheck.certification.user_loss import UserLoss
    from crosscheck.core.evidence import Evidence
    from crosscheck.core.types import Quantities, Request


def unfinished(
    user_loss: UserLoss, subject: str, options: Options, evidence: Evidence | None, seconds: float
) -> Certificate:
    """Return a certificate of which everything is INCONCLUSIVE.

    Args:
        user_loss: what is judged.
        subject: the same in words.
        options: how hard it was to be.
        evidence: the points that every oracle has answered; None if there is none.
        seconds: the time limit.

    """
    leaves = user_loss.given.params
    done = len(evidence.points) if evidence else 0
    reason = (
        f"time limit of {seconds:g} s reached after {done} of {options.count(leaves) + 1} points"
    )
    findings = []
    for quantity in ("loss", *(f"grad {path}" for path in leaves)):
        finding = Finding(
            user_loss.gradient_name, quantity, Verdict.INCONCLUSIVE, None, reason=reason
        )
        if evidence is not None:
            finding = _so_far(finding, evidence)
        findings.append(finding)
    asked = [ORACLES[key] for key in options.oracles]
    oracles = tuple(framework.name for framework in asked if framework.is_installed)
    missing = {f.name: f.missing for f in asked if not f.is_installed}
    return Certificate(
        subject=subject,
        start="the given point",
        findings=tuple(findings),
        points=max(done - 1, 0),
        seed=options.seed,
        oracles=oracles,
        unavailable=missing,
        versions=versions(oracles),
        arguments=user_loss.kinds(),
        is_strict=options.strict,
    )


def _busy(_: Sequence[Request]) -> list[list[Quantities]]:
    """Answer nothing: there is no time."""
    msg = "the time limit was reached"
    raise OracleUnavailableError(msg)


def _so_far(finding: Finding, evidence: Evidence) -> Finding:
    """Return the finding with the judgements at the points that are known."""
    everywhere = range(len(evidence.points))
    # The noise is not measured again: there is no time to ask anybody.
    quiet = replace(evidence, oracles=dict.fromkeys(evidence.oracles, _busy))
    judgements = tuple(quiet.judgement(i, finding.quantity) for i in everywhere)
    agreeing = sum(judgement.verdict is Verdict.AGREE for judgement in judgements)
    return replace(
        finding,
        value=evidence.actual[0].quantities.get(finding.quantity),
        judgements=judgements,
        reason=f"{finding.reason}; it agrees at {agreeing}",
    )
