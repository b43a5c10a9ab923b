"""What the commands print: run now, in a checkout."""

from __future__ import annotations

import functools
import inspect
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import ROOT
from benchmarks.readme.programs import planted
from crosscheck.core import verdict
from crosscheck.doctor.command import show as show_examination
from crosscheck.doctor.findings import examine
from crosscheck.report.console import render_text

RIGHT, WRONG = "(W2 @ delta2) * relu_d(z1)", "W2 @ delta2"


def table(folder: Path = ROOT, *options: str) -> str:
    """Return what the command prints on a terminal of 100 columns, run in a checkout."""
    command = [sys.executable, "-c", "from benchmarks.readme.printed import show; show()", *options]
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


def mistake() -> str:
    """Return how the command explains the result of a network whose relu' is missing."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        network = copy / "reference" / "relu_network.py"
        source = network.read_text(encoding="utf-8")
        network.write_text(planted(source, RIGHT, WRONG), encoding="utf-8")
        printed = table(copy, "--example", "relu_network")
    return explained(printed)


def explained(printed: str) -> str:
    """Return the paragraphs of a printout that explain: neither the table nor its legend."""
    paragraphs = printed.split("\n\n")
    return "\n\n".join(p for p in paragraphs if not p.startswith(("example ", "PyTorch, JAX:")))


def book() -> str:
    """Return what `crosscheck verify` prints of a section of the chapter whose delta lost a 2."""
    from tests.textbook import chapter

    text = chapter.planted("뉴런 하나", "delta = 2 * (out", "delta = (out", outputs=True)
    with tempfile.TemporaryDirectory() as folder:
        chapter.write(Path(folder), text, "chapter.md")
        command = [sys.executable, "-m", "crosscheck", "verify", "chapter.md"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        result = subprocess.run(  # noqa: S603 - our own interpreter
            command, cwd=folder, check=False, stdout=subprocess.PIPE, text=True, env=environment
        )
    return "\n".join(line.rstrip() for line in result.stdout.splitlines()).strip()


def doctor() -> str:
    """Return what `crosscheck doctor` prints on this machine."""
    return render_text(functools.partial(show_examination, examine()))


def options(*command: str) -> str:
    """Return the help of the command, or of one of its others."""
    result = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "crosscheck", *command, "--help"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "90"},
    )
    return result.stdout.strip()


def rule() -> str:
    """Return the derivation of the rule: the docstring of crosscheck.core.verdict, less its title.

    Its formulas are indented, as Markdown wants them.
    """
    return inspect.cleandoc(verdict.__doc__ or "").partition("\n\n")[2]
