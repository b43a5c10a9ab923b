"""The ledger of a run: a line for every chunk that is done, so that it can stop and resume."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


class Part(Protocol):
    """What was found in the networks `first` to `last` − 1."""

    @property
    def first(self) -> int:
        """The number of the first network."""

    @property
    def last(self) -> int:
        """The number after that of the last one."""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""


class LedgerError(ValueError):
    """The ledger belongs to another run."""


class Ledger:
    """The parts kept in a file, one for every chunk: what is there is never counted twice."""

    def __init__(
        self,
        path: Path | None,
        campaign: Mapping[str, Any],
        read: Callable[[Mapping[str, Any]], Part],
    ) -> None:
        """Open the ledger of a run, or none; raise LedgerError if it belongs to another.

        `read` is the inverse of a part's to_json. A last line that was not written to its end is
        dropped: its chunk runs again.
        """
        self.path = path
        self.done: dict[tuple[int, int], Part] = {}
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
            self._take(read(json.loads(line)))

    def add(self, part: Part) -> None:
        """Keep a part, unless it is kept already."""
        if (part.first, part.last) in self.done:
            return
        self._take(part)
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(part.to_json()) + "\n")

    def _take(self, part: Part) -> None:
        self.done[part.first, part.last] = part
