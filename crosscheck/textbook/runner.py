"""A book's cells in a process of their own: started, watched, stopped when it takes too long."""

from __future__ import annotations

import contextlib
import json
import queue
import threading
import time
from dataclasses import asdict, dataclass, field
from typing import IO, TYPE_CHECKING, Any

from crosscheck.textbook.child.protocol import GarbledError, Recorded, from_wire
from crosscheck.textbook.formats.book import Piece
from crosscheck.workers.child import child

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from crosscheck.textbook.claims import Claim
    from crosscheck.textbook.formats.book import Book, Cell

RUN = "crosscheck.textbook.child.main:main"
PATIENCE = 5.0  # seconds for a process that has said everything to end by itself
ENVIRONMENT = {
    "MPLBACKEND": "Agg",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONIOENCODING": "utf-8",
    "PYTHONUTF8": "1",
}


@dataclass(frozen=True)
class Limits:
    """What a book may take: seconds a cell (and a claim's run), seconds in all, bytes of memory."""

    cell: float = 60.0
    book: float = 600.0
    memory: int = 4 * 2**30
    network: bool = False


@dataclass(frozen=True)
class Ran:
    """What a cell showed. `skipped`: how many lines for IPython or the shell were left out."""

    pieces: tuple[Piece, ...]
    raised: bool = False
    skipped: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Trial:
    """What a claim's run recorded, or why it recorded nothing."""

    snapshots: tuple[Recorded, ...]
    error: str = ""


@dataclass
class Run:
    """All that a process told: cells by number, trials by the number of their claim, in order.

    `stopped`: why it did not come to its end, "" if it did. `stopped_at`: the cell or claim.
    """

    cells: dict[int, Ran] = field(default_factory=dict)
    trials: dict[int, list[Trial]] = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    stopped: str = ""
    cell: int | None = None
    claim: int | None = None
    network: str = ""


def run(  # noqa: PLR0913 - what is run, and how
    book: Book,
    cells: Sequence[Cell],
    claims: Sequence[Claim] = (),
    *,
    given: Mapping[str, Any] | None = None,
    points: int = 8,
    seed: int = 0,
    limits: Limits | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Run:
    """Run cells, then claims, in a fresh process; return what was told before it ended."""
    limits = limits or Limits()
    job = {
        "name": book.path.name,
        "folder": str(book.path.absolute().parent),
        "cells": [
            {
                "number": cell.number,
                "source": cell.source,
                "line": cell.line,
                "filename": book.filename(cell),
            }
            for cell in cells
        ],
        "claims": [asdict(claim) for claim in claims],
        "given": dict(given or {}),
        "points": points,
        "seed": seed,
        "memory": limits.memory,
        "network": limits.network,
    }
    result = Run()
    with _process(job) as (events, ended):
        deadline = time.monotonic() + limits.book
        while True:
            # the time until the first cell begins is nobody's
            cell = limits.cell if (result.cell, result.claim) != (None, None) else limits.book
            patience = min(cell, deadline - time.monotonic())
            try:
                line = events.get(timeout=max(patience, 0.0))
            except queue.Empty:
                seconds = limits.cell if patience == limits.cell else limits.book
                what = "a cell may take" if patience == limits.cell else "the book may take"
                result.stopped = f"it took more than the {seconds:g} s that {what}"
                return result
            if line is None:
                result.stopped = f"its process ended, {ended()}"
                return result
            try:
                message = json.loads(line)
                _check(message, {cell.number for cell in cells}, len(claims))
                if _told(result, message, progress):
                    ended()
                    return result
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                result.stopped = f"its process sent nonsense: {type(error).__name__}: {error}"
                return result


def _check(message: dict[str, Any], cells: Collection[int], claims: int) -> None:
    """Raise GarbledError for a cell or a claim that is none of this run's."""
    for kind, known in (("cell", cells), ("claim", range(claims))):
        if message.get(kind) is not None and message[kind] not in known:
            msg = f"{kind} {message[kind]!r}"
            raise GarbledError(msg)


def _told(result: Run, message: dict[str, Any], progress: Callable[[str], None]) -> bool:
    """Take in one event; return whether it was the last."""
    event = message["event"]
    if event == "ready":
        result.network = str(message["network"])
        result.given = frozenset(message["given"])
    elif event == "begin":
        result.cell, result.claim = message.get("cell"), message.get("claim")
        progress(f"cell {result.cell}" if result.claim is None else f"claim {result.claim + 1}")
    elif event == "cell":
        pieces = tuple(Piece(kind, str(text)) for kind, text in message["pieces"])
        result.cells[int(message["cell"])] = Ran(
            pieces, bool(message["raised"]), int(message["skipped"]), float(message["seconds"])
        )
    elif event == "claim":
        snapshots = tuple(from_wire(snapshot) for snapshot in message["snapshots"])
        trials = result.trials.setdefault(int(message["claim"]), [])
        trials.append(Trial(snapshots, str(message["error"])))
    elif event == "end":
        return True
    else:
        msg = f"an event {event!r}"
        raise GarbledError(msg)
    return False


@contextlib.contextmanager
def _process(job: dict[str, Any]) -> Iterator[tuple[queue.Queue[str | None], Callable[[], str]]]:
    """Start the child; yield its lines as they come, and what to say of its end. Then end it."""
    with child(RUN, environment=ENVIRONMENT, own_group=True) as book:
        events: queue.Queue[str | None] = queue.Queue()
        reader = threading.Thread(target=_read, args=(book.answers, events), daemon=True)
        reader.start()
        with contextlib.suppress(BrokenPipeError):
            book.requests.write(json.dumps(job).encode() + b"\n")
            book.requests.flush()
        yield events, lambda: book.ended(PATIENCE)
    reader.join(1.0)


def _read(stream: IO[bytes], events: queue.Queue[str | None]) -> None:
    """Pass on the lines of a stream, and None at its end."""
    with contextlib.suppress(ValueError, OSError):
        for line in stream:
            events.put(line.decode(errors="replace"))
    events.put(None)
