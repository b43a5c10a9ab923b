"""Answers that are kept in a file, one a line, so that a run can stop, resume and grade again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from benchmarks.accuracy.styles.running import Answer, Cause, answer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Kept:
    """Answers by what was certified: the source, the oracles, and which call it was."""

    def __init__(self, file: Path | None, limit: int) -> None:
        """Read the answers of a file, if there is one; `limit` is the seconds of a call."""
        self.file = file
        self.limit = limit
        self.known: dict[str, Answer] = {}
        if file is not None and file.exists():
            for line in file.read_text(encoding="utf-8").splitlines():
                entry = json.loads(line)
                self.known[entry["key"]] = _answer(entry)

    def answer(self, name: str, source: str, oracles: Sequence[str], call: int = 0) -> Answer:
        """Return the answer that is kept, or certify and keep it."""
        key = _key(name, source, oracles, call)
        if key not in self.known:
            self.known[key] = answer(name, source, oracles, self.limit)
            self._write(key)
        return self.known[key]

    def _write(self, key: str) -> None:
        """Append an answer to the file."""
        if self.file is not None:
            entry = {"key": key, **asdict(self.known[key])}
            with self.file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry, default=sorted) + "\n")


def _key(name: str, source: str, oracles: Sequence[str], call: int) -> str:
    """Return what an answer is kept by."""
    return hashlib.sha256("\n".join([name, source, *oracles, str(call)]).encode()).hexdigest()


def _answer(entry: dict[str, Any]) -> Answer:
    """Return an answer as it was kept."""
    explanations = tuple(
        tuple(
            Cause(one["sentence"], frozenset(one["lines"]), tuple(one["gradients"]))
            for one in causes
        )
        for causes in entry["explanations"]
    )
    return Answer(entry["verdict"], entry["said"], explanations, entry["seconds"])
