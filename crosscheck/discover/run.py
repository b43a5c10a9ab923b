"""From what was recorded to a report."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from crosscheck.discover.jobs import How
from crosscheck.discover.merge import unique
from crosscheck.discover.processes import judge_all
from crosscheck.discover.results import UNRELATED, Report

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from crosscheck.discover.candidates import Candidate
    from crosscheck.discover.settings import Settings

WIDTH = 79


def judged(
    candidates: Sequence[Candidate], unpaired: Collection[str], settings: Settings
) -> Report:
    """Judge candidates and return the report; a terminal sees how far it is."""
    done = 0

    def progress(name: str) -> None:
        nonlocal done
        done += 1
        if sys.stderr.isatty():
            line = f"judging {done} of {len(candidates)}: {name}"[:WIDTH]
            print(f"\r{line:{WIDTH}}", end="", file=sys.stderr, flush=True)

    results = judge_all(candidates, How(settings.seconds, settings.oracles), progress)
    if done and sys.stderr.isatty():
        print(f"\r{'':{WIDTH}}\r", end="", file=sys.stderr, flush=True)
    found = [result for _, result in unique(candidates, results)]
    apart = {*unpaired, *(result.name for result in found if result.verdict == UNRELATED)}
    return Report(tuple(r for r in found if r.verdict != UNRELATED), tuple(sorted(apart)))
