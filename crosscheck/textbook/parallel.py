"""Books in turn or side by side: one that fails costs no other its report."""

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


def in_turn(work: Sequence[Work], verify: Verify) -> tuple[BookReport, ...]:
    """Return the report on every book, one after another in this process."""
    return tuple(_guarded(verify, *item) for item in work)


def side_by_side(
    work: Sequence[Work], verify: Verify, executor: ExecutorFactory, progress: Callable[[str], None]
) -> tuple[BookReport, ...]:
    """Return the report on every book, in their order.

    A pool that loses a process is broken as a whole. The books that are left then are tried once
    more, each in a pool of its own, to find the one that breaks it.
    """
    done: dict[int, BookReport] = {}
    with executor() as pool:
        futures = {pool.submit(verify, *item): i for i, item in enumerate(work)}
        for future in as_completed(futures):
            with contextlib.suppress(Exception):  # it is tried once more
                done[futures[future]] = future.result()
            progress(f"{len(done)} of {len(work)} books")

    def alone(book: Book, claims: Claims) -> BookReport:
        with executor() as pool:
            return pool.submit(verify, book, claims).result()

    left = [i for i in range(len(work)) if i not in done]
    done |= zip(left, in_turn([work[i] for i in left], alone), strict=True)
    return tuple(done[i] for i in range(len(work)))


def _guarded(verify: Verify, book: Book, claims: Claims) -> BookReport:
    try:
        return verify(book, claims)
    except Exception as error:  # noqa: BLE001 - it costs this book its verdict, no other
        problem = f"{book.path.name} was not verified: {type(error).__name__}: {error}"
        return BookReport(book, errors=(problem,))
