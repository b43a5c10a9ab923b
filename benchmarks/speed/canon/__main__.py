"""The cost of forward and backward of a layer, hand-written and by each framework.

    python -m benchmarks.speed.canon [--quick] [--json FILE]

Prints a table in Markdown: the median of hand-written NumPy, and how many times as long the others
take, the median of the ratios within a round. One thread; each contender in a process of its own,
in turn, after a check that all compute the same. `--json FILE` keeps the measurement.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.machine import describe, environment
from benchmarks.speed.canon.layers import COURSE, DTYPES, TINY, cases, named_lengths
from benchmarks.speed.clock import Effort, ratio
from benchmarks.speed.gradients.contenders import (
    COMPILED,
    EAGER,
    HAND_WRITTEN,
    HIPS,
    JIT,
    Contender,
)
from benchmarks.speed.gradients.measurement import PACKAGES
from benchmarks.speed.gradients.turns import measured, workers
from benchmarks.tables import duration, markdown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.speed.gradients.cases import Case

CONTENDERS = {
    HAND_WRITTEN: Contender("layers_numpy.job"),
    EAGER: Contender("layers_torch.eager", "torch"),
    COMPILED: Contender("layers_torch.compiled", "torch"),
    JIT: Contender("layers_jax.job", "jax", {"JAX_ENABLE_X64": "1"}),
    HIPS: Contender("layers_hips.job", "autograd"),
}
FULL = Effort(rounds=15, patience=10.0)
QUICK = Effort(rounds=5, patience=2.0, filled=0.01)
TARGETS = {TINY: 8.0, COURSE: 1.0}  # of PyTorch eager / hand-written, at least


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="tiny sizes in float64, few rounds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the measurement in FILE")
    options = parser.parse_args()
    contenders = dict(CONTENDERS)
    if options.quick:
        del contenders[COMPILED]
    chosen = cases((TINY,), ("float64",)) if options.quick else cases((TINY, COURSE), DTYPES)
    rows = []
    for size, case in chosen:
        print(f"{case.example}, {size}, {case.dtype}", file=sys.stderr)
        rows.append(row(size, case, contenders, QUICK if options.quick else FULL))
    record = {"schema_version": 1, "machine": describe(PACKAGES), "layers": rows}
    if options.json:
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(table(rows))


def row(
    size: str, case: Case, contenders: Mapping[str, Contender], effort: Effort
) -> dict[str, Any]:
    """Measure one case, in processes of its own: one that fails takes no other case with it."""
    with workers(contenders, environment(1)) as started:
        found = measured(case, started, effort)
    by_hand = found["seconds"][HAND_WRITTEN]
    ratios = {
        name: astuple(ratio(times, by_hand))
        for name, times in found["seconds"].items()
        if name != HAND_WRITTEN
    }
    return {"size": size, "lengths": named_lengths(case), **found, "ratios": ratios}


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows as a table: the middle of each ratio, and whether the target is met."""
    names = [name for name in CONTENDERS if any(name in row["ratios"] for row in rows)]
    body = []
    for row in rows:
        middle = {name: low_to_high[1] for name, low_to_high in row["ratios"].items()}
        target = TARGETS[row["size"]]
        met = "yes" if middle.get(EAGER, 0.0) >= target else "no"
        body.append(
            [
                f"{row['case']['example']}, {row['size']}, {row['case']['dtype']}",
                duration(statistics.median(row["seconds"][HAND_WRITTEN])),
                *(f"{middle[name]:.3g}" if name in middle else "" for name in names),
                f"{met} (≥ {target:g})",
            ]
        )
    head = ["layer", HAND_WRITTEN, *names, "target"]
    return markdown([head, ["---", *["--:"] * (len(names) + 1), "---"], *body])


if __name__ == "__main__":
    main()
