"""The cost of a gradient, hand-written and by each framework, and how far from the limit.

    python -m benchmarks.speed.gradients [--quick] [--json FILE]

Prints the tables in Markdown. `--json FILE` keeps the measurement, and
`python -m benchmarks.speed.gradients.page FILE` turns it into benchmarks/results/README.md with its
plots.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from benchmarks.speed.gradients.measurement import QUICK, Plan, record
from benchmarks.speed.gradients.page.tables import sections


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="in a minute: few cases, few rounds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the measurement in FILE")
    options = parser.parse_args()
    start = time.perf_counter()

    def show(what: str) -> None:
        print(f"{time.perf_counter() - start:5.0f} s  {what}", file=sys.stderr)

    found = record(QUICK if options.quick else Plan(), show)
    show("done")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for _, heading, text in sections(found):
        print(f"\n## {heading}\n\n{text}")


if __name__ == "__main__":
    main()
