"""The campaign's diary: a line for every chunk that is done, so that it can stop and go on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from benchmarks.campaign.summary import from_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from benchmarks.campaign.summary import Summary


class LedgerError(ValueError):
    """The diary is of another campaign."""


class Ledger:
    """The summaries kept in a file, one for every chunk: what is there is never counted twice."""

    def __init__(self, path: Path | None, campaign: Mapping[str, Any]) -> None:
        """Open the diary of a campaign, or none; raise LedgerError if it is another's.

        A last line that was not written to its end is dropped: its chunk runs again.
        """
        self.path = path
        self.done: dict[tuple[int, int], Summary] = {}
        if path is None:
            return
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        whole = [line for line in lines if line.endswith(b"\n")]
        if not whole:
            path.write_text(json.dumps(campaign) + "\n", encoding="utf-8")
            return
        if json.loads(whole[0]) != dict(campaign):
            msg = f"{path} is of {whole[0].decode().strip()}, not {json.dumps(campaign)}"
            raise LedgerError(msg)
        if len(whole) < len(lines):
            path.write_bytes(b"".join(whole))
        for line in whole[1:]:
            self._take(from_json(json.loads(line)))

    def add(self, summary: Summary) -> None:
        """Keep a chunk's summary, unless it is kept already."""
        if (summary.first, summary.last) in self.done:
            return
        self._take(summary)
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(summary.to_json()) + "\n")

    def _take(self, summary: Summary) -> None:
        self.done[summary.first, summary.last] = summary
