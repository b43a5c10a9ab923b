"""Fill the READMEs with what the project prints: nothing in their marked blocks is typed in.

    python -m benchmarks.readme

A block stands between `<!-- NAME -->` and `<!-- /NAME -->`. `table` is the whole command, `mistake`
the command after a mistake was planted in a copy of the network, `output` what the program of the
README prints, `student` the diagnosis of mistakes in its network, `book` what `crosscheck verify`
prints of a chapter with a mistake. What was measured is kept in benchmarks/results/: `speed` is the
ratio in command.json, by benchmarks.speed.command; `campaign` the counts in campaign.json, by
benchmarks.accuracy.campaign; `diagnosis` those in diagnosis.json, by benchmarks.accuracy.diagnosis;
`cost` the times in cost.json, by benchmarks.speed.gradcheck; `gradients` some of those in
benchmarks.json, by benchmarks.speed.gradients; `books` those in books.json, by
benchmarks.speed.books. `doctor` is what `crosscheck doctor` prints here.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import ROOT
from benchmarks.accuracy.diagnosis import table as counts
from benchmarks.speed.gradients.measurement import PACKAGES
from benchmarks.speed.gradients.page.tables import summary
from benchmarks.speed.gradients.page.targets import MET, targets
from benchmarks.tables import CERTIFY, HAND_WRITTEN, brief, markdown
from crosscheck.doctor.command import show as show_examination
from crosscheck.doctor.findings import examine
from crosscheck.report.console import render_text

if TYPE_CHECKING:
    from collections.abc import Mapping

MISTAKES = (
    ("d1 = d2 @ W2.T * (1 - a**2)", "d1 = d2 @ W2.T"),
    ('"b1": d1.sum(axis=0)', '"b1": d1'),
    ("d1 = d2 @ W2.T", "d1 = d2 @ (W2 - 0.1 * dW2).T"),
)
RIGHT, WRONG = "(W2 @ delta2) * relu_d(z1)", "W2 @ delta2"


def main() -> None:
    """Rewrite the blocks of README.md and README.ko.md."""
    blocks = {
        "table": fenced(table(ROOT)),
        "mistake": fenced(explained(mistaken())),
        "speed": speed(),
        "output": fenced(output()),
        "student": fenced(student()),
        "campaign": campaign(),
        "diagnosis": diagnosis(),
        "cost": cost(),
        "book": fenced(book()),
        "books": books(),
        "gradients": gradients(),
        "doctor": fenced(doctor()),
    }
    for readme in (ROOT / "README.md", ROOT / "README.ko.md"):
        text = readme.read_text(encoding="utf-8")
        for name, block in blocks.items():
            marked = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
            text, found = re.subn(marked, rf"\g<1>{block}\n\2", text, flags=re.DOTALL)
            if found != 1:
                msg = f"{readme.name} has {found} blocks named {name}, expected 1"
                raise SystemExit(msg)
        readme.write_text(text, encoding="utf-8")


def table(folder: Path, *options: str) -> str:
    """Return what the command prints on a terminal of 100 columns, run in a checkout."""
    command = [sys.executable, "-c", "from benchmarks.readme import show; show()", *options]
    environment = {**os.environ, "COLUMNS": "100"}
    result = subprocess.run(  # noqa: S603 - our own interpreter
        command, cwd=folder, check=False, stdout=subprocess.PIPE, text=True, env=environment
    )
    return "\n".join(line.rstrip() for line in result.stdout.splitlines()).strip()


def show() -> None:
    """Run the command with its table as wide as COLUMNS says."""
    from crosscheck.cli import main as command
    from crosscheck.report import console

    console.PIPE_WIDTH = int(os.environ["COLUMNS"])
    sys.exit(command(sys.argv[1:]))


def mistaken() -> str:
    """Return what the command prints of a network whose relu' is missing."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        network = copy / "reference" / "relu_network.py"
        source = network.read_text(encoding="utf-8")
        network.write_text(source.replace(RIGHT, WRONG), encoding="utf-8")
        return table(copy, "--example", "relu_network")


def explained(printed: str) -> str:
    """Return the part of a printout that explains, between the table and the legend."""
    paragraphs = printed.split("\n\n")
    return "\n\n".join(paragraphs[1:-2] + paragraphs[-1:])


def book() -> str:
    """Return what `crosscheck verify` prints of a section of the chapter whose delta lost a 2."""
    from tests.textbook.chapter import planted, write

    text = planted("뉴런 하나", "delta = 2 * (out", "delta = (out", outputs=True)
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), text, "chapter.md")
        command = [sys.executable, "-m", "crosscheck", "verify", "chapter.md"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        result = subprocess.run(  # noqa: S603 - our own interpreter
            command, cwd=folder, check=False, stdout=subprocess.PIPE, text=True, env=environment
        )
    return "\n".join(line.rstrip() for line in result.stdout.splitlines()).strip()


def books() -> str:
    """Return the kept measurement of a book beside a Jupyter kernel, in a sentence."""
    record = json.loads((ROOT / "benchmarks/results/books.json").read_text(encoding="utf-8"))
    low, middle, high = record["ratios"]["process"]
    return (
        f"`crosscheck verify` / Jupyter kernel, the same chapter without its claims: {middle:.2f} "
        f"(quartiles {low:.2f} – {high:.2f}); {record['seconds']['process']:.2f} s against "
        f"{record['seconds']['kernel']:.2f} s."
    )


def doctor() -> str:
    """Return what `crosscheck doctor` says of this machine."""
    return render_text(functools.partial(show_examination, examine()))


def gradients() -> str:
    """Return the kept times of a gradient by some authors, and how many targets are met."""
    record = json.loads((ROOT / "benchmarks/results/benchmarks.json").read_text(encoding="utf-8"))
    found = list(targets(record))
    met = sum(target.outcome == MET for target in found)
    versions = [f"{k} {v}" for k, v in record["machine"].items() if k in {"cpu", *PACKAGES}]
    return (
        f"{summary(record)}\n\nMedians of paired ratios in one run, on one thread; above 1 is "
        f"slower than by hand. {met} of {len(found)} targets are met. {', '.join(versions)}."
    )


def output() -> str:
    """Return what the program in README.md prints, which is run as it stands there."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    program = re.search(r"<!-- program -->\n```python\n(.*?)```", text, flags=re.DOTALL)
    assert program is not None  # noqa: S101 - as main() says of every block
    command = [sys.executable, "-c", program[1]]
    result = subprocess.run(  # noqa: S603 - our own README
        command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    return "\n".join(line.rstrip() for line in result.stdout.splitlines())


def student() -> str:
    """Return what is said of a student's mistakes in the network of README.md."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    network = re.search(r"<!-- network -->\n```python\n(.*?)```", text, flags=re.DOTALL)
    assert network is not None  # noqa: S101 - as main() says of every block
    said = []
    for right, wrong in MISTAKES:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "network.py"
            file.write_text(network[1].replace(right, wrong), encoding="utf-8")
            result = subprocess.run(  # noqa: S603 - our own README
                [sys.executable, file.name],
                cwd=folder,
                check=True,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
        said.append(f"{wrong}\n  {result.stdout.strip()}".replace("\n    ", "\n      "))
    return "\n\n".join(said)


def _versions(record: Mapping[str, str]) -> str:
    """Return what took part, and its versions."""
    return ", ".join(f"{name} {version}" for name, version in record.items() if name != "cores")


def fenced(text: str) -> str:
    """Return the text as a Markdown code block; a backslash stays one in a replacement."""
    return f"```text\n{text}\n```".replace("\\", r"\\")


def campaign() -> str:
    """Return what the kept campaign found, as lines of a table."""
    text = (ROOT / "benchmarks/results/campaign.json").read_text(encoding="utf-8")
    record = json.loads(text)
    right, wrong = (
        sum((Counter(row) for row in record[who].values()), Counter())
        for who in ("correct", "mutants")
    )
    kinds = list(dict.fromkeys([*sorted(right), *sorted(wrong)]))
    rows = [
        ["", *kinds],
        ["---"] * (len(kinds) + 1),
        [f"{sum(right.values()):,} right networks", *(f"{right[kind]:,}" for kind in kinds)],
        [f"{sum(wrong.values()):,} mistakes in them", *(f"{wrong[kind]:,}" for kind in kinds)],
    ]
    return f"{markdown(rows)}\n\nSeed {record['seed']}, {_versions(record['versions'])}."


def diagnosis() -> str:
    """Return how often the kept run found the right name, as lines of a table."""
    text = (ROOT / "benchmarks/results/diagnosis.json").read_text(encoding="utf-8")
    record = json.loads(text)
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


def cost() -> str:
    """Return the measured times and the least errors noticed, and the two ratios that matter."""
    text = (ROOT / "benchmarks/results/cost.json").read_text(encoding="utf-8")
    record = json.loads(text)
    sizes = record["sizes"]
    head = [cell for size in sizes for cell in (f"{size['parameters']:,} parameters", "notices")]
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
        f"{sizes[-2]['parameters']:,} parameters; `certify` / gradient by hand: {times:.0f} at "
        f"{sizes[-1]['parameters']:,}. {record['rounds']} rounds, {record['threads']} thread, "
        f"{versions}."
    )


def speed() -> str:
    """Return the measured ratio as a line."""
    record = json.loads((ROOT / "benchmarks/results/command.json").read_text(encoding="utf-8"))
    (low, middle, high), again = record["ratios"]["crosscheck"], record["ratios"]["import again"]
    versions = _versions(record["machine"])
    return (
        f"`crosscheck` / `import torch, jax`: {middle:.2f} (quartiles {low:.2f} – {high:.2f}; the "
        f"import against itself {again[0]:.2f} – {again[2]:.2f}); {record['rounds']} rounds, "
        f"{record['machine']['cores']} cores, {versions}."
    )


if __name__ == "__main__":
    main()
