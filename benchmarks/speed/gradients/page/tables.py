"""The measurement in Markdown: one table for each question."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from benchmarks.speed.gradients.contenders import (
    AGAIN,
    CHECKED,
    COMPILED,
    EAGER,
    HAND_WRITTEN,
    HIPS,
    JIT,
    LIMIT,
    SCANNED,
)
from benchmarks.speed.gradients.measurement import LARGE, SMALL
from benchmarks.speed.gradients.page.reading import Row, best_rate, rows
from benchmarks.speed.gradients.page.targets import MET, Target, targets
from benchmarks.tables import duration, markdown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SHOWN = ("sigmoid_neuron", "relu_network")  # of the examples, in the READMEs
OTHERS = (EAGER, COMPILED, JIT, SCANNED, HIPS)


def sections(record: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield for each section its name, its heading, and its text."""
    yield "targets", "Targets", _targets(list(targets(record)))
    yield "examples", "The six examples", _examples(rows(record, "examples"))
    yield "networks", "Networks", _networks(record, rows(record, "networks"))
    if record.get("memory"):
        yield "memory", "Memory of a training step", _memory(record["memory"])
    if "command" in record:
        yield "command", "The whole command", _command(record["command"])
    yield "first", "First calls", _first(rows(record, "networks"))
    yield "machine", "Measured on", _machine(record)


def summary(record: Mapping[str, Any]) -> str:
    """Return a short table: two examples and the two networks of the targets, on one thread."""
    chosen = [
        r for r in rows(record, "examples") if r.case.example in SHOWN and r.case.what == "gradient"
    ]
    chosen += [
        row
        for row in rows(record, "networks")
        if row.threads == 1 and (row.case.sizes, row.case.batch) in {SMALL, LARGE}
    ]
    names = _present(chosen, (EAGER, COMPILED, JIT, HIPS))
    body = [
        [
            f"{row.case.name}, {row.case.dtype}",
            duration(row.median(HAND_WRITTEN)),
            f"{row.to_the_limit.middle:.2f}",
            *(f"{row.ratio(name).middle:.3g}" if name in row.seconds else "" for name in names),
        ]
        for row in chosen
    ]
    return _table(["one gradient", HAND_WRITTEN, "÷ the limit", *names], body)


def _targets(found: Sequence[Target]) -> str:
    """Return every target, and why those that were missed were."""
    counts = Counter(target.outcome for target in found)
    missed = [target for target in found if target.outcome != MET]
    table = _table(
        ["case", "wanted", "measured", ""],
        [[t.case, t.wanted, t.got, t.outcome] for t in found],
        left=2,
    )
    why = "\n".join(f"* {t.case}: {t.wanted}: {t.got} ({t.outcome}). Why: {t.why}" for t in missed)
    counted = f"Of {len(found)}: " + ", ".join(f"{n} {outcome}" for outcome, n in counts.items())
    rest = f"\n\n### Not met\n\n{why}" if missed else ""
    return f"{counted}.\n\n{table}{rest}"


def _examples(examples: Sequence[Row]) -> str:
    """Return the hand-written gradient's time, and the others' times relative to it."""
    names = _present(examples, (LIMIT, CHECKED, *OTHERS))
    head = ["", HAND_WRITTEN, "noise", *(f"÷ {name}" if name == LIMIT else name for name in names)]
    body = []
    for row in examples:
        cells = []
        for name in names:
            if name not in row.seconds:
                cells.append("")
            elif name == LIMIT:
                cells.append(f"{row.to_the_limit.middle:.2f}")
            else:
                cells.append(_times(row, name))
        what = f"{row.case.name}, {row.case.what}"
        body.append([what, duration(row.median(HAND_WRITTEN)), _noise(row), *cells])
    return _table(head, body)


def _networks(record: Mapping[str, Any], networks: Sequence[Row]) -> str:
    """Return a table for each number of threads and precision."""
    parts = []
    for threads, dtype in dict.fromkeys((row.threads, row.case.dtype) for row in networks):
        chosen = [r for r in networks if (r.threads, r.case.dtype) == (threads, dtype)]
        names = _present(chosen, (*_wider(chosen), CHECKED, *OTHERS))
        best = best_rate(record, dtype, threads)
        body = [
            [
                row.case.name,
                duration(row.median(HAND_WRITTEN)),
                _noise(row),
                f"{row.to_the_limit.middle:.3f}",
                f"{_rate(row) / best:.0%}",
                *(_times(row, name) if name in row.seconds else "" for name in names),
            ]
            for row in chosen
        ]
        head = ["", HAND_WRITTEN, "noise", "÷ its products", "of the best rate", *names]
        title = f"### {dtype}, threads: {threads}, best rate {best:.0f} Gflop/s"
        parts.append(f"{title}\n\n{_table(head, body)}")
    return "\n\n".join(parts)


def _wider(networks: Sequence[Row]) -> list[str]:
    """Return the names of hand-written NumPy with another kernel of OpenBLAS."""
    return [
        name for name in networks[0].seconds if name.startswith(HAND_WRITTEN) and "kernel" in name
    ]


def _memory(measured: Sequence[Mapping[str, Any]]) -> str:
    """Return the peaks in megabytes beside what must exist."""
    body = [
        [
            name,
            *(
                f"{one['bytes'][name][when] / 1e6:.0f}"
                for one in measured
                for when in ("first", "later")
            ),
        ]
        for name in measured[0]["bytes"]
    ]
    must = [f"{one['must exist'] / 1e6:.0f}" for one in measured for _ in range(2)]
    head = [
        "MB beyond the import",
        *(f"{one['case']['dtype']}, {when}" for one in measured for when in ("first", "later")),
    ]
    return _table(head, [*body, ["arrays that must exist", *must]])


def _command(record: Mapping[str, Any]) -> str:
    """Return the command's time beside the import's."""
    (low, middle, high), again = record["ratios"]["crosscheck"], record["ratios"]["import again"]
    return (
        f'`crosscheck` takes {record["seconds"]["crosscheck"]:.2f} s, `python -c "import torch, '
        f'jax"` {record["seconds"]["import"]:.2f} s: {middle:.2f} times as long (quartiles '
        f"{low:.2f} – {high:.2f}; the import against itself {again[0]:.2f} – {again[2]:.2f})."
    )


def _first(networks: Sequence[Row]) -> str:
    """Return the longest first call of each contender, which compiles."""
    longest: dict[str, float] = {}
    for row in networks:
        for name, seconds in row.first.items():
            longest[name] = max(seconds, longest.get(name, 0.0))
    names = [name for name in longest if not name.startswith(LIMIT)]
    return _table(
        ["", "longest first call of a network, compilation included"],
        [[name, duration(longest[name])] for name in names],
    )


def _machine(record: Mapping[str, Any]) -> str:
    """Return processor, versions, and the libraries with threads that each contender loaded."""
    machine = dict(record["machine"])
    versions = ", ".join(f"{name} {machine[name]}" for name in machine if name not in _SHOWN)
    cpu = f"{machine['cpu']}, {machine['cores']} cores, vectors of {machine['vectors']} bits"
    lines = [f"{cpu}; {versions}."]
    everything = [*record["examples"], *record["networks"]]
    lines += [f"\nFailed: {why}" for one in everything for why in one["failed"].values()]
    for threads in dict.fromkeys(row.threads for row in rows(record, "networks")):
        row = next(row for row in rows(record, "networks") if row.threads == threads)
        shown = {k: v for k, v in row.libraries.items() if k not in {AGAIN, CHECKED}}
        lines += [f"\nThreads: {threads}\n"]
        lines += [f"* {name}: {'; '.join(loaded) or 'its own'}" for name, loaded in shown.items()]
    return "\n".join(lines)


_SHOWN = {"cpu", "cores", "vectors"}


def _times(row: Row, name: str) -> str:
    """Return the time relative to hand-written NumPy, marked equal where noise explains it."""
    times = row.ratio(name)
    shown = f"{times.middle:.3g} ({times.low:.3g} – {times.high:.3g})"
    return f"equal: {shown}" if times.within(row.noise) else shown


def _noise(row: Row) -> str:
    """Return the quartiles of the ratio of the hand-written gradient with itself."""
    return f"{row.noise.low:.2f} – {row.noise.high:.2f}"


def _rate(row: Row) -> float:
    """Return the Gflop/s of the matrix products in the time of the whole gradient."""
    return 2e-9 * row.case.multiplications / row.median(HAND_WRITTEN)


def _present(measured: Sequence[Row], names: Sequence[str]) -> list[str]:
    """Return those of the names that were measured."""
    return [name for name in names if any(name in row.seconds for row in measured)]


def _table(head: list[str], body: list[list[str]], left: int = 1) -> str:
    """Return a table in Markdown, its first columns aligned to the left."""
    rule = ["---"] * left + ["--:"] * (len(head) - left)
    return markdown([head, rule, *body])
