"""The chunks' way through an executor: processes here, or a cluster."""

from __future__ import annotations

from concurrent.futures import BrokenExecutor, as_completed
from typing import TYPE_CHECKING, TypeAlias

from benchmarks.campaign.chunk import judge_chunk
from crosscheck.executors import RETRIES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from benchmarks.campaign.summary import Summary
    from crosscheck.executors import Opened

    Chunk: TypeAlias = tuple[int, int]


def chunks(nets: int, size: int) -> list[Chunk]:
    """Return the campaign in parts: the numbers of the first network and of the one after."""
    return [(first, min(first + size, nets)) for first in range(0, nets, size)]


def results(seed: int, parts: Collection[Chunk], opened: Opened) -> Iterator[Summary]:
    """Yield the summary of every chunk, in whatever order they are done.

    A pool that loses a process is broken as a whole: a new one gets the chunks that are left.
    Raises BrokenExecutor when that happened `RETRIES` times with no chunk done in between.
    """
    left = set(parts)
    failures = 0
    while left:
        try:
            with opened() as executor:
                futures = [executor.submit(judge_chunk, seed, *chunk) for chunk in sorted(left)]
                for future in as_completed(futures):
                    summary = future.result()
                    left.discard((summary.first, summary.last))
                    failures = 0
                    yield summary
        except BrokenExecutor:
            failures += 1
            if failures == RETRIES:
                raise
