"""What was measured, and kept in benchmarks/results/, as Markdown."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from benchmarks import ROOT
from benchmarks.accuracy.attack import table as attacked
from benchmarks.accuracy.attack.cases import all_cases
from benchmarks.accuracy.diagnosis import table as counts
from benchmarks.accuracy.discover import table as found
from benchmarks.accuracy.styles import table as others
from benchmarks.speed.gradients.measurement import PACKAGES
from benchmarks.speed.gradients.page.tables import summary
from benchmarks.speed.gradients.page.targets import MET, targets
from benchmarks.tables import CERTIFY, HAND_WRITTEN, brief, markdown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

RESULTS = ROOT / "benchmarks" / "results"


def kept(name: str) -> Any:
    """Return a measurement that was kept in benchmarks/results/."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def evidence() -> str:
    """Return one line of each kept measurement."""
    judged, diagnosed, cost = kept("campaign"), kept("diagnosis"), kept("cost")
    right, wrong = (
        sum((Counter(row) for row in judged[who].values()), Counter())
        for who in ("correct", "mutants")
    )
    hidden, small = wrong.pop("equivalent", 0), wrong.pop("unresolved", 0)
    beside = f"; not counted: {hidden:,} that change nothing there, {small:,} below the resolution"
    known, other = (counts.total(diagnosed[name]) for name in ("mistakes", "unknown mistakes"))
    size = cost["sizes"][-2]
    own, slow = (brief(size, name) for name in (CERTIFY, "gradcheck, slow"))
    rows = [
        ["", "measured"],
        ["---", "---"],
        ["correct gradients judged DISAGREE", f"{right['DISAGREE']:,} of {right.total():,}"],
        ["incorrect gradients judged AGREE", f"{wrong['AGREE']:,} of {wrong.total():,}{beside}"],
        ["known mistakes given a wrong name", f"{known['WRONG']:,} of {known.total():,}"],
        ["unknown mistakes given a name", f"{other['WRONG']:,} of {other.total():,}"],
        [
            f"smallest relative error detected in one entry of {size['parameters']:,}",
            f"{own[1]}, in {own[0]}; PyTorch `gradcheck`: {slow[1]}, in {slow[0]}",
        ],
        [
            "time of `crosscheck` / time of `import torch, jax`",
            f"{kept('command')['ratios']['crosscheck'][1]:.2f}",
        ],
    ]
    return markdown(rows)


def campaign() -> str:
    """Return what the kept campaign found, as lines of a table."""
    record = kept("campaign")
    right, wrong = (
        sum((Counter(row) for row in record[who].values()), Counter())
        for who in ("correct", "mutants")
    )
    kinds = list(dict.fromkeys([*sorted(right), *sorted(wrong)]))
    rows = [
        ["", *kinds],
        ["---"] * (len(kinds) + 1),
        [f"{sum(right.values()):,} correct networks", *(f"{right[kind]:,}" for kind in kinds)],
        [
            f"{sum(wrong.values()):,} mistakes planted in them",
            *(f"{wrong[kind]:,}" for kind in kinds),
        ],
    ]
    return f"{markdown(rows)}\n\nSeed {record['seed']}, {_versions(record['versions'])}."


def attack() -> str:
    """Return what became of the cases of the kept attack, as lines of a table."""
    record = kept("attack")
    judged = f"{record['cases']:,} of {len(all_cases()):,} cases judged"
    return f"{attacked.brief(record)}\n\n{judged}, {_versions(record['versions'])}."


def diagnosis() -> str:
    """Return how often the kept run found the right name, as lines of a table."""
    record = kept("diagnosis")
    known, other = (counts.total(record[name]) for name in ("mistakes", "unknown mistakes"))
    rows = [
        ["", *counts.RESULTS],
        ["---", *["--:"] * len(counts.RESULTS)],
        *(
            [f"{row.total():,} mistakes {which}", *(f"{row[r]:,}" for r in counts.RESULTS)]
            for row, which in ((known, "of the catalogue"), (other, "that have no name"))
        ),
    ]
    return f"{markdown(rows)}\n\nSeed {record['seed']}, {_versions(record['versions'])}."


def styles() -> str:
    """Return how often the mistakes of others were named rightly, as lines of a table."""
    record = kept("styles")
    both = {**record["single"], **record["pairs"]}
    return (
        f"{others.rows('planted', both)}\n\n{others.networks(record)} "
        f"{_versions(record['versions'])}."
    )


def discovered() -> str:
    """Return what discovery found in released packages, and what recording costs."""
    record = kept("discover")
    head = ["", *found.COLUMNS[1:]]
    table = markdown([head, ["---", *["--:"] * (len(head) - 1)], *found.rows(record)])
    return f"{table}\n\n{found.remarks(record)}"


def kernel_rules() -> str:
    """Return what each rule lets pass of right and of wrong kernels, as lines of a table."""
    record = kept("kernel_rules")
    all_of = {
        kind: sum(bool(row["mistake"]) == (kind == "wrong") for row in record["rows"])
        for kind in ("right", "wrong")
    }
    rows = [
        ["rule", *(f"of {count} {kind} kernels pass" for kind, count in all_of.items())],
        ["---", "--:", "--:"],
        *(
            [rule, *(str(counts[kind]["pass"]) for kind in all_of)]
            for rule, counts in record["rules"].items()
        ),
    ]
    return f"{markdown(rows)}\n\n{_versions(record['machine'])}."


def cost() -> str:
    """Return the measured times, the smallest errors detected, and the two ratios that matter."""
    record = kept("cost")
    sizes = record["sizes"]
    head = [cell for size in sizes for cell in (f"{size['parameters']:,} parameters", "detects")]
    contenders = [HAND_WRITTEN, *sizes[0]["noticed"]]
    rows = [
        ["", *head],
        ["---", *["--:"] * len(head)],
        *([name, *(cell for size in sizes for cell in brief(size, name))] for name in contenders),
    ]
    middle, largest = (size["seconds"] for size in sizes[-2:])
    faster = middle["gradcheck, slow"] / middle[CERTIFY]
    times = largest[CERTIFY] / largest[HAND_WRITTEN]
    versions = _versions(record["machine"])
    return (
        f"{markdown(rows)}\n\n`certify` / slow `gradcheck`: 1/{faster:.0f} at "
        f"{sizes[-2]['parameters']:,} parameters; `certify` / hand-written gradient: {times:.0f} "
        f"at {sizes[-1]['parameters']:,}. {record['rounds']} rounds, {record['threads']} thread, "
        f"{versions}."
    )


def gradients() -> str:
    """Return the kept times of a gradient by each framework, and how many targets are met."""
    record = kept("benchmarks")
    found = list(targets(record))
    met = sum(target.outcome == MET for target in found)
    versions = [f"{k} {v}" for k, v in record["machine"].items() if k in {"cpu", *PACKAGES}]
    return (
        f"{summary(record)}\n\nMedians of paired ratios in one run, on one thread; above 1 is "
        f"slower than the hand-written code. {met} of {len(found)} targets are met. "
        f"{', '.join(versions)}."
    )


def speed() -> str:
    """Return the measured ratio as a line."""
    record = kept("command")
    (low, middle, high), again = record["ratios"]["crosscheck"], record["ratios"]["import again"]
    versions = _versions(record["machine"])
    return (
        f"`crosscheck` / `import torch, jax`: {middle:.2f} (quartiles {low:.2f} – {high:.2f}; the "
        f"import against itself {again[0]:.2f} – {again[2]:.2f}); {record['rounds']} rounds, "
        f"{record['machine']['cores']} cores, {versions}."
    )


def books() -> str:
    """Return the kept measurement of a book beside a Jupyter kernel, in a sentence."""
    record = kept("books")
    low, middle, high = record["ratios"]["process"]
    return (
        f"`crosscheck verify` / Jupyter kernel, the same chapter without its claims: {middle:.2f} "
        f"(quartiles {low:.2f} – {high:.2f}); {record['seconds']['process']:.2f} s against "
        f"{record['seconds']['kernel']:.2f} s."
    )


def _versions(record: Mapping[str, str]) -> str:
    """Return what took part, and its versions."""
    return ", ".join(f"{name} {version}" for name, version in record.items() if name != "cores")
