"""A verification as JSON, for programs; the schema is in textbook.schema.json."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from crosscheck.report.json import _diagnosis, _document, _plain
from crosscheck.textbook.report.headline import headline

if TYPE_CHECKING:
    from crosscheck.textbook.check_claim import Certified
    from crosscheck.textbook.compare_outputs import Comparison
    from crosscheck.textbook.results import BookReport, CellReport, VerificationData

TEXTBOOK_SCHEMA = "backprop-crosscheck/textbook"
TEXTBOOK_SCHEMA_VERSION = 2


def verification_to_json(verification: VerificationData) -> str:
    """Return the reports on books as JSON text, ASCII only; nan and infinities as strings."""
    document = {
        "schema": TEXTBOOK_SCHEMA,
        "schema_version": TEXTBOOK_SCHEMA_VERSION,
        "verdict": verification.verdict,
        "exit_status": verification.exit_status,
        "headline": headline(verification),
        "books": [_book(book) for book in verification.books],
    }
    return json.dumps(_plain(document), indent=1, allow_nan=False) + "\n"


def _book(report: BookReport) -> dict[str, Any]:
    return {
        "path": report.book.path.as_posix(),
        "verdict": report.verdict,
        "seconds": report.seconds,
        "errors": report.errors,
        "notes": report.notes,
        "cells": [_cell(cell) for cell in report.cells],
        "claims": [_claim(certified) for certified in report.claims],
        "certificate": None if report.certificate is None else _document(report.certificate),
    }


def _cell(report: CellReport) -> dict[str, Any]:
    ran = report.ran
    return {
        "cell": report.cell.number,
        "where": report.where,
        "verdict": report.verdict,
        "failed": report.failed,
        "note": report.note,
        "output": ran and [{"kind": piece.kind, "text": piece.text} for piece in ran.pieces],
        "seconds": ran and ran.seconds,
        "comparison": report.comparison and _comparison(report.comparison),
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "match": comparison.match,
        "recorded": comparison.recorded,
        "printed": comparison.printed,
        "explanation": comparison.explanation,
    }


def _claim(certified: Certified) -> dict[str, Any]:
    """Return the result of a claim; its finding is in the certificate, at the same index."""
    return {
        "claim": str(certified.claim),
        "declared_at": certified.claim.where,
        "where": certified.finding.example,
        "cell": certified.claim.cell,
        "verdict": certified.finding.verdict,
        "reason": certified.finding.reason,
        "central_differences": [
            {"step": step, "relative_error": error} for step, error in certified.differences
        ],
        "diagnosis": certified.diagnosis and _diagnosis(certified.diagnosis),
        "snapshots": [
            {"run": snapshot.run, "pass": snapshot.number, "line": snapshot.line}
            for snapshot in certified.snapshots
        ],
    }
