"""Books side by side: one that brings its worker down costs no other its verdict."""

from __future__ import annotations

import contextlib
from concurrent.futures import as_completed
from typing import TYPE_CHECKING

from crosscheck.textbook.results import BookReport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crosscheck.textbook.claims import Claims
    from crosscheck.textbook.formats.book import Book
    from crosscheck.workers.executors import ExecutorFactory

    Work = tuple[Book, Claims]
    Verify = Callable[[Book, Claims], BookReport]


def side_by_side(
    work: Sequence[Work], verify: Verify, executor: ExecutorFactory, progress: Callable[[str], None]
) -> tuple[BookReport, ...]:
    """Return the report on every book, in their order.

    A pool that loses a process is broken as a whole. What is left then is tried once more, book by
    book and each in a pool of its own, so that it shows which one it was.
    """
    done: dict[int, BookReport] = {}
    with executor() as pool:
        futures = {pool.submit(verify, *item): i for i, item in enumerate(work)}
        for future in as_completed(futures):
            with contextlib.suppress(Exception):  # it is tried once more
                done[futures[future]] = future.result()
            progress(f"{len(done)} of {len(work)} books")
    for i in sorted(set(range(len(work))) - set(done)):
        try:
            with executor() as pool:
                done[i] = pool.submit(verify, *work[i]).result()
        except Exception as error:  # noqa: BLE001 - it costs this book its verdict, no other
            done[i] = _lost(work[i], error)
    return tuple(done[i] for i in range(len(work)))


def _lost(item: Work, error: Exception) -> BookReport:
    """Return the report on a book that could not be verified."""
    said = f"its worker failed: {type(error).__name__}: {error}"
    return BookReport(item[0], errors=(said,))
