"""Problems as SARIF, which code-scanning services and editors read.

The format is OASIS's Static Analysis Results Interchange Format 2.1.0.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from crosscheck.ci.github import relative
from crosscheck.core.verdict import Verdict
from crosscheck.core.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosscheck.ci.problems import Problem

LEVELS = {Verdict.DISAGREE: "error", Verdict.INCONCLUSIVE: "warning"}


def to_sarif(problems: Sequence[Problem]) -> str:
    """Return the problems as a SARIF 2.1.0 log: one run, a rule for each kind."""
    kinds = list(dict.fromkeys(problem.kind for problem in problems))
    driver = {
        "name": "crosscheck",
        "semanticVersion": __version__,
        "rules": [
            {"id": _identifier(kind), "name": _name(kind), "shortDescription": {"text": kind}}
            for kind in kinds
        ],
    }
    results = [_result(problem, kinds.index(problem.kind)) for problem in problems]
    run = {"tool": {"driver": driver}, "results": results, "columnKind": "unicodeCodePoints"}
    return json.dumps({"version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _result(problem: Problem, index: int) -> dict[str, Any]:
    """Return one result; its fingerprint stays while lines above it move."""
    file = relative(problem.file) if problem.file else ""
    said = f"{problem.kind}\n{file}\n{problem.message.partition(': ')[2]}"
    result: dict[str, Any] = {
        "ruleId": _identifier(problem.kind),
        "ruleIndex": index,
        "level": LEVELS[problem.verdict],
        "message": {"text": problem.message},
        "partialFingerprints": {"crosscheck/v1": hashlib.sha256(said.encode()).hexdigest()},
    }
    if file:
        artifact = {"uri": quote(file)}
        if Path(file).is_absolute():
            artifact["uri"] = Path(file).as_uri()
        physical: dict[str, Any] = {"artifactLocation": artifact}
        if problem.line:
            physical["region"] = {"startLine": problem.line}
        result["locations"] = [{"physicalLocation": physical}]
    return result


def _identifier(kind: str) -> str:
    """Return the rule's identifier: the kind, in letters, digits and hyphens."""
    words = "".join(c if c.isalnum() else " " for c in kind).split()
    return "crosscheck/" + "-".join(words).lower()


def _name(kind: str) -> str:
    words = "".join(c if c.isalnum() else " " for c in kind).split()
    return "".join(word.capitalize() for word in words)
