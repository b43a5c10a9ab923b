"""A verification as JSON, for programs; the schema is in textbook.schema.json."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from crosscheck.report.json import _diagnosis, _document, _plain

if TYPE_CHECKING:
    from crosscheck.textbook.check_claim import Certified
    from crosscheck.textbook.results import BookReport, CellReport, VerificationData


TEXTBOOK_SCHEMA = "backprop-crosscheck/textbook"


TEXTBOOK_SCHEMA_VERSION = 1


def verification_to_json(verification: VerificationData) -> str:
    """Return the reports on books as JSON text, ASCII only; nan and infinities as strings."""
    document = {
        "schema": TEXTBOOK_SCHEMA,
        "schema_version": TEXTBOOK_SCHEMA_VERSION,
        "verdict": verification.verdict,
        "exit_status": verification.exit_status,
        "books": [_book(book) for book in verification.books],
    }
    return json.dumps(_plain(document), indent=1, allow_nan=False) + "\n"


def _book(report: BookReport) -> dict[str, Any]:
    """Return the report on one book as nested dicts."""
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
    """Return the report on one cell as nested dicts."""
    found, ran = report.comparison, report.ran
    return {
        "cell": report.cell.number,
        "where": report.where,
        "verdict": report.verdict,
        "failed": report.failed,
        "note": report.note,
        "output": ran and [{"kind": piece.kind, "text": piece.text} for piece in ran.pieces],
        "seconds": ran and ran.seconds,
        "comparison": found
        and {
            "match": found.match,
            "recorded": found.recorded,
            "new": found.new,
            "said": found.said,
        },
    }


def _claim(certified: Certified) -> dict[str, Any]:
    """Return where a claim applied; its finding stands in the certificate, in the same place."""
    return {
        "claim": str(certified.claim),
        "stands": certified.claim.where,
        "where": certified.finding.example,
        "cell": certified.claim.cell,
        "verdict": certified.finding.verdict,
        "reason": certified.finding.reason,
        "differences": certified.differences,
        "diagnosis": certified.diagnosis and _diagnosis(certified.diagnosis),
        "snapshots": [
            {"run": snapshot.run, "pass": snapshot.number, "line": snapshot.line}
            for snapshot in certified.snapshots
        ],
    }
