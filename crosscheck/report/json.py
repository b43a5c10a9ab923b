"""A certificate as JSON, for programs, and the reports on books; schemas beside this file."""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.report.terminal import headline

if TYPE_CHECKING:
    from crosscheck.core.verdict import Judgement
    from crosscheck.diagnosis import Diagnosis
    from crosscheck.ir.recording import Expression
    from crosscheck.results import CertificateData, Finding

SCHEMA = "backprop-crosscheck/certificate"
SCHEMA_VERSION = 2


def to_json(certificate: CertificateData) -> str:
    """Return the certificate as JSON text, ASCII only; nan and infinities as strings."""
    return json.dumps(_plain(_document(certificate)), indent=1, allow_nan=False) + "\n"


def _document(certificate: CertificateData) -> dict[str, Any]:
    """Return the certificate as nested dicts."""
    return {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "subject": certificate.subject,
        "start": certificate.start,
        "verdict": certificate.verdict,
        "headline": "" if certificate.verdict == "AGREE" else headline(certificate),
        "exit_status": certificate.exit_status,
        "points": certificate.points,
        "seed": certificate.seed,
        "oracles": certificate.oracles,
        "by_numpy_alone": certificate.by_numpy_alone,
        "unavailable": dict(certificate.unavailable),
        "versions": dict(certificate.versions),
        "arguments": dict(certificate.arguments),
        "domain": certificate.domain,
        "uncovered": certificate.uncovered,
        "untested": certificate.untested,
        "conventions": certificate.conventions,
        "parameters": certificate.parameters,
        "unjudged": certificate.unjudged,
        "strict": certificate.is_strict,
        "score": certificate.score,
        "hint": certificate.hint,
        "findings": [_finding(finding) for finding in certificate.findings],
        "diagnoses": {name: _diagnosis(one) for name, one in certificate.diagnoses.items()},
    }


def _diagnosis(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return the diagnosis as nested dicts."""
    return {
        "explanations": [
            [
                {
                    "kind": cause.kind,
                    "sentence": cause.sentence,
                    "fix": cause.fix,
                    "gradients": cause.gradients,
                    "size": cause.size,
                    "places": [_place(place) for place in cause.places],
                    "within": [_place(place) for place in cause.within],
                }
                for cause in causes
            ]
            for causes in diagnosis.explanations
        ],
        "headline": diagnosis.headline,
        "first_incorrect": diagnosis.first,
        "incorrect": diagnosis.wrong,
        "differs": diagnosis.differs,
        "points": diagnosis.points,
        "complete": diagnosis.complete,
        "failed": diagnosis.failed,
    }


def _place(place: Expression) -> dict[str, Any]:
    """Return a piece of the user's source as a dict."""
    return {"file": place.file, "line": place.line, "source": place.text}


def _finding(finding: Finding) -> dict[str, Any]:
    """Return one finding as nested dicts."""
    near, shown = finding.difference, finding.published
    return {
        "example": finding.example,
        "quantity": finding.quantity,
        "verdict": finding.verdict,
        "reason": finding.reason,
        "value": finding.value,
        "errors": finding.errors,
        "resolution": finding.resolution,
        "published": shown
        and {
            "recorded": shown.recorded,
            "printed": shown.printed,
            "reproduced": shown.reproduced,
        },
        "difference": near
        and {"value": near.value, "error": near.error, "explained": near.explained},
        "judgements": [_judgement(judgement) for judgement in finding.judgements],
    }


def _judgement(judgement: Judgement) -> dict[str, Any]:
    """Return one judgement as nested dicts."""
    return {
        "verdict": judgement.verdict,
        "reason": judgement.reason,
        "errors": dict(judgement.errors),
        "tolerance": judgement.tolerance,
        "noise": judgement.noise,
        "size": judgement.size,
        "resolution": judgement.resolution,
        "worst": judgement.worst,
        "entries": judgement.entries,
        "precision": judgement.precision,
    }


def _plain(value: Any) -> Any:
    """Return the value with arrays as lists, and what JSON has no number for as a string."""
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return value
