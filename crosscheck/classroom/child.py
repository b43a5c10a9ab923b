"""What runs beside one submission: the course's check of it, in a process of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosscheck.certificate import Certificate
from crosscheck.certification.hints import told
from crosscheck.core.verdict import Verdict, overall
from crosscheck.errors import SpecError
from crosscheck.interactive.specs import function_at, module_of
from crosscheck.report.terminal import headline

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(check: str, submission: str, hint: str) -> None:
    """Write the result of a check to stdout, as JSON; what the submission prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    with answers:
        json.dump(result(check, Path(submission), hint), answers)


def result(check: str, submission: Path, hint: str) -> dict[str, Any]:
    """Return verdict, score, message and text of one submission.

    Raises:
        SpecError: the check cannot be run, or returns no certificate.

    """
    function = function_at(check)
    try:
        module = module_of(submission)
    except SpecError as error:
        return _failed(str(error))
    try:
        found = function(module)
    except Exception as error:  # noqa: BLE001 - whatever the submission makes of it
        return _failed(f"{type(error).__name__}: {error}")
    certificates = [told(one, hint) for one in _certificates(found, check)]
    verdict = overall([one.verdict for one in certificates])
    wrong = [headline(one) for one in certificates if one.verdict is not Verdict.AGREE]
    return {
        "verdict": str(verdict),
        "score": sum(one.score for one in certificates) / len(certificates),
        "message": "; ".join(wrong),
        "text": "\n\n".join(map(str, certificates)),
    }


def _failed(why: str) -> dict[str, Any]:
    return {"verdict": str(Verdict.INCONCLUSIVE), "score": 0.0, "message": why, "text": why}


def _certificates(found: Any, check: str) -> Sequence[Certificate]:
    """Return what a check returned as certificates: one, a mapping by name, or a sequence."""
    listed = [*found.values()] if isinstance(found, Mapping) else found
    listed = [*listed] if isinstance(listed, list | tuple) else [listed]
    if listed and all(isinstance(one, Certificate) for one in listed):
        return listed
    msg = f"{check} returned {type(found).__name__}; return a certificate, or several in a list"
    raise SpecError(msg)
