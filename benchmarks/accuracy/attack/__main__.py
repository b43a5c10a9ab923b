"""Try to make a verdict wrong: right and wrong gradients of many kinds, each beside its truth.

    python -m benchmarks.accuracy.attack [--json FILE] [--kind WORDS] [--name WORDS] [--limit S]

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


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge the cases, print what was found, and return the exit status."""
    parser = argparse.ArgumentParser("benchmarks.accuracy.attack", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep every outcome")
    parser.add_argument("--kind", default="", help="only kinds whose name has these words")
    parser.add_argument("--name", default="", help="only cases whose name has these words")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for one case")
    options = parser.parse_args(arguments)
    chosen = [
        number
        for number, case in enumerate(all_cases())
        if options.kind in case.kind and options.name in case.name
    ]
    start = time.perf_counter()
    found = []
    for one in outcomes(chosen, options.limit):
        found.append(one)
        print(f"{one.result:14} {one.verdict:12} {one.kind}: {one.name}", flush=True)
    kept = table.record(found, time.perf_counter() - start)
    print(f"\n{table.shown(kept)}")
    for one in table.violations(kept):
        print(f"\n{one['result'].upper()}: {one['kind']}: {one['name']}: error {one['error']:.2g}")
        print(f"{one['named'] or one['said']}")
    for one in table.left_open(kept):
        print(f"\nleft open: {one['kind']}: {one['name']}: {one['result']}")
    if options.json:
        options.json.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return int(bool(table.violations(kept)))


if __name__ == "__main__":
    sys.exit(main())
