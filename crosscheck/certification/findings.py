"""From the evidence at every point to one finding for each quantity."""

from __future__ import annotations

import functools
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.certification.entries import with_entries
from crosscheck.core.verdict import Judgement, Verdict, overall
from crosscheck.kinks.given_point import ON_A_KINK, resolve_at_kink, share_slopes
from crosscheck.results import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from crosscheck.certification.coverage import Coverage
    from crosscheck.core.evidence import Evidence
    from crosscheck.kinks.given_point import Kinks


LOST = 64  # the rule's own: a noise of this part of the gradient is too large
ENOUGH = 2  # sampled points that resolve a gradient, where it agrees at all the others
DIFFERENT_SLOPES = f"{ON_A_KINK}: no one slope there produces the gradients of all parameters"


def judged(evidence: Evidence, zero: Collection[str], kinks: Callable[[], Kinks]) -> list[Finding]:
    """Return the finding on every quantity."""
    findings = [_finding(evidence, quantity, zero, kinks) for quantity in evidence.quantities()]
    agreeing = {
        finding.quantity: finding.judgements[0]
        for finding in findings
        if finding.quantity != "loss" and finding.verdict is Verdict.AGREE
    }
    if not agreeing or share_slopes(evidence, agreeing, kinks):
        return findings
    return [
        replace(finding, verdict=Verdict.INCONCLUSIVE, reason=DIFFERENT_SLOPES)
        if finding.reason.startswith(ON_A_KINK)
        else finding
        for finding in findings
    ]


def _finding(
    evidence: Evidence, quantity: str, zero: Collection[str], kinks: Callable[[], Kinks]
) -> Finding:
    """Return the finding on one quantity.

    A sampled point that is inconclusive is passed over, as long as half of them are not. The given
    point may lie on a kink, where correct gradients differ (a bias of exactly zero before a ReLU):
    an error there and nowhere near it is resolved by itself.
    """
    each = [evidence.judgement(i, quantity) for i in range(len(evidence.points))]
    judgements = tuple(evidence.confirmed(quantity, each))
    given, sampled = judgements[0], judgements[1 : len(each) - evidence.added]
    added = [j.verdict for j in judgements[len(each) - evidence.added :]]
    verdict, reason = overall([j.verdict for j in sampled]), ""
    if Verdict.DISAGREE in added:
        verdict = Verdict.DISAGREE
    telling = [j for j in sampled if j.verdict is Verdict.AGREE and j.resolved]
    accepted = quantity.removeprefix("grad ") in zero and all(map(_agrees, judgements))
    if verdict is not Verdict.DISAGREE and not accepted:
        if 2 * len(telling) < len(sampled) and not _tells(judgements):
            verdict = Verdict.INCONCLUSIVE
            if all(map(_agrees, judgements)):
                reason = _unresolved(median(j.resolution for j in sampled))
            else:
                reason = _why(sampled)
        elif _agrees(given):
            verdict = Verdict.AGREE
        else:
            given, verdict, reason = resolve_at_kink(evidence, quantity, given, kinks)
            judgements = (given, *judgements[1:])
    value = evidence.actual[0].quantities.get(quantity)
    finding = Finding(evidence.name, quantity, verdict, value, judgements, reason=reason)
    return with_entries(finding, evidence)


def _tells(judgements: Sequence[Judgement]) -> bool:
    """Return whether a gradient agrees at every point, and some of the sampled ones resolve it."""
    telling = sum(j.resolved for j in judgements[1:])
    return telling >= ENOUGH and all(map(_agrees, judgements))


def _why(sampled: Sequence[Judgement]) -> str:
    """Return why most points do not decide, and what to do; "" where a judgement says it."""
    open_ = [j for j in sampled if j.verdict is Verdict.INCONCLUSIVE and not j.reason]
    lost = [j.noise / j.size for j in open_ if j.size > 0 and j.noise > j.size / LOST]
    if not lost or len(lost) < len(open_):
        return ""
    return (
        f"rounding is too large here to tell it from a mistake: in float32 it is {min(lost):.0e} "
        "of the gradient; pass parameters of moderate size, or write the loss so that it cancels "
        "less"
    )


def _unresolved(resolution: float) -> str:
    """Return why an agreement means nothing, and what to do."""
    if resolution >= 1:
        return (
            "the gradient is zero, or rounding, at every sampled point; declare that with "
            "zero=, or pass parameters that use it"
        )
    return (
        f"it agrees, but rounding hides a mistake below {resolution:.0e} of it at most sampled "
        "points; pass parameters at which it is not lost in rounding"
    )


def hidden(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Return of each gradient that agrees which entries were too small to be judged, in words."""
    return tuple(
        sentence
        for finding in findings
        if finding.quantity.startswith("grad ") and finding.verdict is Verdict.AGREE
        for sentence in _hidden(finding)
    )


def undecided(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield of each gradient that agrees at how many points it was passed over, and its error."""
    for finding in findings:
        if finding.verdict is not Verdict.AGREE or not finding.quantity.startswith("grad "):
            continue
        passed = [j for j in finding.judgements if j.verdict is Verdict.INCONCLUSIVE]
        if passed:
            errors = [e / j.size for j in passed for e in j.errors.values() if j.size > 0]
            size = f", where it is off by up to {max(errors):.0e} of its size" if errors else ""
            yield (
                f"{finding.quantity}: {len(passed)} of {len(finding.judgements)} points do not "
                f"decide{size}"
            )
        agreeing = [j for j in finding.judgements if j.verdict is Verdict.AGREE]
        dull = [min(j.resolution, 1.0) for j in agreeing if not j.resolved]
        if len(agreeing) < 2 * len(dull) < 2 * len(agreeing):
            yield (
                f"{finding.quantity}: at {len(dull)} of {len(finding.judgements)} points it is "
                f"zero, or rounding hides a mistake below {median(dull):.0e} of it"
            )


def _hidden(finding: Finding) -> Iterator[str]:
    """Yield the sentence on one gradient, if there are entries hidden wherever it was judged."""
    telling = [j for j in finding.judgements if j.verdict is Verdict.AGREE and j.resolved]
    places = [j.hidden for j in telling if j.hidden is not None]
    if not places or len(places) < len(telling):
        return
    everywhere = functools.reduce(np.intersect1d, places)
    if everywhere.size and finding.value is not None:
        first = [int(k) for k in np.unravel_index(everywhere[0], finding.value.shape)]
        is_double = {j.precision for j in telling} == {"float64"}
        size = "1 %" if is_double else "a factor of two"
        yield (
            f"{finding.quantity}: {everywhere.size} of {finding.value.size} entries, {first} "
            f"first, are so small beside the largest that a mistake of {size} in them is below "
            "rounding"
        )


def _agrees(judgement: Judgement) -> bool:
    return judgement.verdict is Verdict.AGREE


def uncovered(
    coverage: Coverage, evidence: Evidence, findings: Sequence[Finding]
) -> tuple[str, ...]:
    """Return the sides of switches at which no gradient was judged."""
    lost = [
        sentence
        for i, reached in zip(range(-evidence.added, 0), coverage.reached, strict=True)
        if all(f.judgements[i].verdict is Verdict.INCONCLUSIVE for f in findings[1:])
        for sentence in reached
    ]
    return tuple(dict.fromkeys((*coverage.uncovered, *lost)))
