"""Plant mistakes in networks as others write them, and count how many are named rightly.

    python -m benchmarks.accuracy.styles [--json FILE] [--style NAME] [--limit N]
    python -m benchmarks.accuracy.styles --one-line
    python -m benchmarks.accuracy.styles --only CASE:NUMBER

Exit status: 0 no name is wrong and no correct network disagrees, 1 otherwise, 2 bad arguments.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.accuracy.styles import table
from benchmarks.accuracy.styles.cases import cases
from benchmarks.accuracy.styles.judging import RIGHT, UNSEEN, WRONG, correct, outcome
from benchmarks.accuracy.styles.kept import Kept
from benchmarks.accuracy.styles.running import printed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.accuracy.styles.cases import Case
    from benchmarks.accuracy.styles.judging import Correct, Outcome


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge the networks and their mistakes, and print what is not right."""
    options = _parser().parse_args(arguments)
    if options.only:
        return _only(options.only)
    chosen = cases(options.style)
    if not chosen:
        print(f"no network has {options.style!r} in its name", file=sys.stderr)
        return 2
    answers = Kept(options.resume, options.time)
    rights: list[Correct] = []
    outcomes: list[Outcome] = []
    for case in chosen:
        rights.append(correct(case, answers, one_line=options.one_line))
        if rights[-1].verdict != "AGREE":
            print(f"{case.name}, correct: {rights[-1].verdict}: {rights[-1].said}", flush=True)
        for mistake in case.mistakes[: 0 if options.one_line else options.limit]:
            outcomes.append(outcome(case, mistake, answers))
            _tell(outcomes[-1])
    kept = table.record(rights, outcomes)
    print(table.shown(kept))
    if options.json:
        options.json.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    failed = any(o.result in {WRONG, UNSEEN} for o in outcomes)
    return int(failed or any(one.verdict == "DISAGREE" for one in rights))


def _tell(one: Outcome) -> None:
    """Print an outcome that is not right."""
    if one.result != RIGHT:
        print(f"{one.case}:{one.number} ({one.expected}): {one.result}: {one.said}", flush=True)


def _only(which: str) -> int:
    """Print the certificate of one mistake, and what was expected of it."""
    name, _, number = which.partition(":")
    found = [case for case in cases(name) if case.name == name]
    if not found or not 1 <= int(number) <= len(found[0].mistakes):
        print(f"--only is {which!r}; pass the name of a source : a number", file=sys.stderr)
        return 2
    case: Case = found[0]
    mistake = case.mistakes[int(number) - 1]
    for expected in mistake.expected:
        print("expected:", " | ".join(expected.names), "@", " || ".join(expected.fragments))
    for old, new in mistake.edits:
        print(f"- {old}\n+ {new}")
    print(printed(case.name, mistake.planted(case.source)))
    return 0


def _parser() -> argparse.ArgumentParser:
    """Return the arguments."""
    made = argparse.ArgumentParser("benchmarks.accuracy.styles")
    add = made.add_argument
    add("--json", type=Path, metavar="FILE", help="write the result to FILE")
    add("--style", default="", metavar="NAME", help="only what has NAME in its name")
    add("--limit", type=int, metavar="N", help="the first N mistakes of each network")
    add("--one-line", action="store_true", help="correct networks only, each by one call")
    add("--resume", type=Path, metavar="FILE", help="keep what is answered in FILE")
    add("--time", type=int, default=90, metavar="S", help="seconds for a call (default 90)")
    add("--only", metavar="CASE:NUMBER", help="print the certificate of one mistake")
    return made


if __name__ == "__main__":
    sys.exit(main())
