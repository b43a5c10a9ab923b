"""What the tool says of a case, and whether that is a violation of what it promises."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.accuracy.attack.truth import Truth, truth
from crosscheck import CrosscheckError, certify, certify_layer

if TYPE_CHECKING:
    from benchmarks.accuracy.attack.case import Case
    from crosscheck import Certificate

# What counts against the tool.
VIOLATIONS = ("false AGREE", "false DISAGREE", "wrong name", "exception", "time out")
# What is allowed, the best first.
ALLOWED = ("held", "limit stated", "inconclusive", "refused")
BROKEN = "broken case"
DIAGNOSE = 5.0  # seconds for a name


@dataclass(frozen=True)
class Outcome:
    """What became of a case; `said` is what the tool said, `error` the true error."""

    kind: str
    name: str
    is_right: bool
    error: float
    doubt: float
    verdict: str
    result: str
    named: str
    said: str
    is_easy: bool


def judge(case: Case) -> Outcome:
    """Return what the tool says of a case beside the truth.

    The truth comes second: certifying promises to leave every state as it was.
    """
    verdict, named, result, certificate = "", "", BROKEN, None
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            certificate = _certified(case)
            said = str(certificate)
        except Exception as error:  # noqa: BLE001, whatever is raised is an outcome
            said = f"{type(error).__name__}: {error}"
            refused = "refused" if isinstance(error, CrosscheckError) else "exception"
    try:
        true = truth(case)
    except Exception as error:  # noqa: BLE001, a case whose truth cannot be had is none
        true, said = Truth({"": np.nan}, np.nan), f"no truth: {type(error).__name__}: {error}"
    if not _is_sound(case, true):
        pass
    elif certificate is None:
        result = refused
    else:
        verdict, diagnosis = str(certificate.verdict), certificate.diagnosis
        named = str(diagnosis) if diagnosis is not None and diagnosis.is_named else ""
        result = _result(case, true, certificate, named)
    return Outcome(
        *(case.kind, case.name, not case.mistake, true.error, true.doubt),
        *(verdict, result, named, said, case.is_easy),
    )


def _is_sound(case: Case, true: Truth) -> bool:
    """Return whether the truth is what the case says, and is known well enough to say so."""
    if case.effect or not case.mistake:
        return true.error <= case.tolerance
    return true.error > case.tolerance and true.doubt <= max(case.tolerance, true.error / 100)


def _certified(case: Case) -> Certificate:
    """Return the certificate of a case."""
    if case.is_layer:
        inputs = [*case.params.values(), *case.data.values()]
        return certify_layer(case.loss, case.gradient, inputs, diagnose=DIAGNOSE, **case.options)
    return certify(
        case.loss, case.gradient, case.params, case.data, diagnose=DIAGNOSE, **case.options
    )


def _result(case: Case, true: Truth, certificate: Certificate, named: str) -> str:
    """Return the class of an outcome."""
    verdict, text = str(certificate.verdict), str(certificate)
    says_limit = bool(case.limit) and re.search(case.limit, text, re.DOTALL) is not None
    if verdict == "INCONCLUSIVE":
        return "inconclusive"
    if not case.mistake:
        return "held" if verdict == "AGREE" else "false DISAGREE"
    if verdict == "AGREE":
        stated = says_limit or _is_below_resolution(case, true, certificate)
        return "limit stated" if stated else "false AGREE"
    is_named_right = not named or not case.called or re.search(case.called, named, re.DOTALL)
    return "held" if is_named_right else "wrong name"


def _is_below_resolution(case: Case, true: Truth, certificate: Certificate) -> bool:
    """Return whether every error is smaller than what the certificate says it can detect."""
    stated = {f.quantity: f.resolution for f in certificate.findings}
    return not case.effect and all(
        error <= case.tolerance or error <= stated.get(f"grad {path}", 0.0)
        for path, error in true.errors.items()
    )
