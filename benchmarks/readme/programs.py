"""The programs of docs/programs/: as they stand there, and what they print."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

from benchmarks import ROOT

PROGRAMS = ROOT / "docs" / "programs"
FORGOTTEN = " * (1 - a**2)"  # the derivative of tanh, in neuron.py
MISTAKES = (  # of a student, in network.py
    ("d1 = d2 @ W2.T * (1 - a**2)", "d1 = d2 @ W2.T"),
    ('"b1": d1.sum(axis=0)', '"b1": d1'),
    ("d1 = d2 @ W2.T", "d1 = d2 @ (W2 - 0.1 * dW2).T"),
)


def source(name: str) -> str:
    """Return a program of docs/programs/."""
    return (PROGRAMS / name).read_text(encoding="utf-8")


def printout(program: str, name: str) -> str:
    """Return what a program prints, run as a file of that name."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_text(program, encoding="utf-8")
        result = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, name],
            cwd=folder,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    return "\n".join(line.rstrip() for line in result.stdout.splitlines()).strip()


def planted(program: str, right: str, wrong: str) -> str:
    """Return a program with a mistake in the place of what is right.

    Raises:
        ValueError: the program does not have what is right: the mistake would not be made.

    """
    if right not in program:
        msg = f"the program has no {right!r}; plant the mistake elsewhere"
        raise ValueError(msg)
    return program.replace(right, wrong)


def output() -> str:
    """Return what neuron.py prints."""
    return printout(source("neuron.py"), "neuron.py")


def picture() -> str:
    """Return what neuron.py prints when its gradient forgets the derivative of tanh."""
    return printout(planted(source("neuron.py"), FORGOTTEN, ""), "neuron.py")


def student() -> str:
    """Return the diagnoses of a student's mistakes in network.py."""
    network, sections = source("network.py"), []
    for right, wrong in MISTAKES:
        diagnosis = printout(planted(network, right, wrong), "network.py")
        sections.append(f"{wrong}\n{textwrap.indent(diagnosis, '  ')}")
    return "\n\n".join(sections)
