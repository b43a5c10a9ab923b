"""How much of a mistake a student is told: what is withheld is removed, not hidden.

Each level tells more than the one before:

none    which quantities agree
kind    and what kind of mistake it is, in general words
line    and on which line of the loss it shows
full    everything: numbers, the fix, and what the oracles say
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeVar, get_args

from crosscheck.core.verdict import Verdict
from crosscheck.diagnosis.diagnosis import Diagnosis

if TYPE_CHECKING:
    from crosscheck.diagnosis.wording import Cause
    from crosscheck.results import CertificateData, Finding

    Told = TypeVar("Told", bound=CertificateData)

Hint = Literal["none", "kind", "line", "full"]
LEVELS: tuple[str, ...] = get_args(Hint)


def check_hint(hint: str) -> None:
    """Raise ValueError for what is no level."""
    if hint not in LEVELS:
        msg = f"hint is {hint!r}; it is one of {', '.join(map(repr, LEVELS))}"
        raise ValueError(msg)


def told(certificate: Told, hint: str) -> Told:
    """Return the certificate without what is withheld at a level.

    What was withheld before stays so. A certificate that agrees has nothing to withhold.

    Raises:
        ValueError: `hint` is no level.

    """
    check_hint(hint)
    if LEVELS.index(hint) >= LEVELS.index(certificate.hint):
        return certificate
    diagnoses = {
        name: _diagnosis(one, has_line=hint == "line")
        for name, one in certificate.diagnoses.items()
        if hint != "none"
    }
    findings = tuple(map(_finding, certificate.findings))
    return replace(certificate, findings=findings, diagnoses=diagnoses, hint=hint)


def _finding(finding: Finding) -> Finding:
    """Return a finding that does not agree without numbers, for they show the right gradient.

    Why something cannot be judged is said.
    """
    if finding.verdict in {Verdict.AGREE, None}:
        return finding
    reason = finding.reason if finding.verdict is Verdict.INCONCLUSIVE else ""
    return replace(finding, judgements=(), reason=reason, difference=None, entries=None)


def _diagnosis(diagnosis: Diagnosis, *, has_line: bool) -> Diagnosis:
    """Return what is told of a mistake: its kind, and the line; no number, no fix, no order."""
    explanations = tuple(
        tuple(_cause(cause, has_line=has_line) for cause in causes)
        for causes in diagnosis.explanations
    )
    wrong = tuple(sorted(diagnosis.wrong or (diagnosis.first,)))
    return Diagnosis(
        tuple(dict.fromkeys(explanations)),
        wrong[0],
        "",
        diagnosis.points,
        diagnosis.complete,
        diagnosis.failed,
        wrong,
    )


def _cause(cause: Cause, *, has_line: bool) -> Cause:
    places, within = (cause.places[:1], cause.within) if has_line else ((), ())
    return replace(
        cause,
        sentence=cause.kind,
        places=places,
        within=within,
        fix="",
        size=1.0,
        gradients=tuple(sorted(cause.gradients)),
    )
