"""A book's cells in a process of their own: started, watched, stopped at its limits."""

from __future__ import annotations

import contextlib
import json
import queue
import threading
import time
from dataclasses import asdict, dataclass, field
from math import inf
from typing import IO, TYPE_CHECKING, Any

from crosscheck.errors import BookError
from crosscheck.textbook.child.protocol import GarbledError, Recorded, from_wire
from crosscheck.textbook.formats.book import Piece
from crosscheck.workers.child import child

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from crosscheck.textbook.claims import Claim
    from crosscheck.textbook.formats.book import Book, Cell

RUN = "crosscheck.textbook.child.main:main"
PATIENCE = 5.0  # seconds for a process to end by itself after its last message
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
    """The limits of the process in which a book runs.

    They stop accidents, such as an endless loop. They are no sandbox: a cell runs with the rights
    of the user.

    Attributes:
        cell: seconds for a cell, and for each run of a claim.
        book: seconds for all of a book.
        memory: bytes of address space, where the system can limit it.
        network: whether the book may reach the network.

    Raises:
        BookError: a ValueError, for a number that is not above 0 or not finite.

    Example:
        >>> Limits(cell=5, memory=2**31).book
        600.0

    """

    cell: float = 60.0
    book: float = 600.0
    memory: int = 4 * 2**30
    network: bool = False

    def __post_init__(self) -> None:
        for name in ("cell", "book", "memory"):
            value = getattr(self, name)
            if not 0 < value < inf:
                msg = f"Limits({name}={value!r}): pass a finite number above 0"
                raise BookError(msg)


@dataclass(frozen=True)
class Ran:
    """The output of a cell. `skipped`: how many lines for IPython or the shell were left out."""

    pieces: tuple[Piece, ...]
    raised: bool = False
    skipped: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Trial:
    """The snapshots of one run of a claim; `error`: why there are none."""

    snapshots: tuple[Recorded, ...]
    error: str = ""


@dataclass
class Run:
    """All that a process reported.

    Attributes:
        cells: outputs by the number of their cell.
        trials: trials by the number of their claim, in the order of the runs.
        given: the names whose given values were used.
        stopped: why it did not come to its end; "" if it did.
        cell: the number of the cell that it began last.
        claim: the number of the claim that it began last; None while cells run.
        network: what keeps it from the network: "kernel", "python" or "" for nothing.

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
    """Run cells, then claims, in a fresh process; return all that it reported before it ended."""
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
            # the start of the process counts for the book, not for a cell
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
                if _is_last(result, message, progress):
                    ended()
                    return result
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                result.stopped = (
                    f"its process sent an invalid message: {type(error).__name__}: {error}"
                )
                return result


def _check(message: dict[str, Any], cells: Collection[int], claims: int) -> None:
    """Raise GarbledError for a cell or a claim that is not of this run."""
    for kind, known in (("cell", cells), ("claim", range(claims))):
        if message.get(kind) is not None and message[kind] not in known:
            msg = f"{kind} {message[kind]!r}"
            raise GarbledError(msg)


def _is_last(result: Run, message: dict[str, Any], progress: Callable[[str], None]) -> bool:
    """Add an event to the result; return whether it is the last."""
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
    """Start the child; yield its lines as they come, and a function that tells how it ended."""
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
