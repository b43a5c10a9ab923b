"""Try to make a verdict wrong: right and wrong gradients of many kinds, each beside its truth.

    python -m benchmarks.accuracy.attack [--json FILE [--resume]] [--kind WORDS] [--name WORDS]
                                         [--limit SECONDS]

Exit status: 0 no violation, 1 some, 2 bad arguments.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.accuracy.attack import table
from benchmarks.accuracy.attack.cases import all_cases
from benchmarks.accuracy.attack.run import outcomes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.accuracy.attack.judging import Outcome


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge the cases, print what was found, and return the exit status."""
    parser = argparse.ArgumentParser("benchmarks.accuracy.attack", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep every outcome")
    parser.add_argument("--kind", default="", help="only kinds whose name has these words")
    parser.add_argument("--name", default="", help="only cases whose name has these words")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for one case")
    parser.add_argument("--resume", action="store_true", help="judge what FILE has not, add to it")
    options = parser.parse_args(arguments)
    before = json.loads(options.json.read_text("utf-8")) if options.resume else None
    found = [] if before is None else table.from_json(before)
    known = {(one.kind, one.name) for one in found}
    chosen = [
        number
        for number, case in enumerate(all_cases())
        if options.kind in case.kind
        and options.name in case.name
        and (case.kind, case.name) not in known
    ]
    start = time.perf_counter() - (0.0 if before is None else before["seconds"])
    for one in outcomes(chosen, options.limit):
        found.append(one)
        print(f"{one.result:14} {one.verdict:12} {one.kind}: {one.name}", flush=True)
        _keep(options.json, found, time.perf_counter() - start)
    kept = table.record(found, time.perf_counter() - start)
    print(f"\n{table.shown(kept)}")
    for bad in table.violations(kept):
        print(f"\n{bad['result'].upper()}: {bad['kind']}: {bad['name']}: error {bad['error']:.2g}")
        print(f"{bad['named'] or bad['said']}")
    for undecided in table.left_open(kept):
        print(f"\nleft open: {undecided['kind']}: {undecided['name']}: {undecided['result']}")
    return int(bool(table.violations(kept)))


def _keep(file: Path | None, found: Sequence[Outcome], seconds: float) -> None:
    """Write what was found so far."""
    if file is not None:
        kept = table.record(found, seconds)
        file.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
