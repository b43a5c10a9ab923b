"""The blocks by name, and what fills each."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from benchmarks.readme.measured import (
    attack,
    books,
    campaign,
    cost,
    diagnosis,
    discovered,
    evidence,
    gradients,
    kernel_rules,
    speed,
    styles,
)
from benchmarks.readme.printed import book, doctor, mistake, options, rule, table
from benchmarks.readme.programs import PROGRAMS, output, picture, source, student

if TYPE_CHECKING:
    from collections.abc import Callable


def fenced(text: str) -> str:
    """Return the text as a Markdown code block."""
    return f"```text\n{text}\n```"


BLOCKS: dict[str, Callable[[], str]] = {
    # what is printed, now
    "picture": lambda: fenced(picture()),  # by neuron.py, with a mistake
    "output": lambda: fenced(output()),  # by neuron.py
    "student": lambda: fenced(student()),  # by network.py, with each of three mistakes
    "table": lambda: fenced(table()),  # by crosscheck
    "mistake": lambda: fenced(mistake()),  # by crosscheck, with a mistake in the network
    "book": lambda: fenced(book()),  # by crosscheck verify, of a chapter with a mistake
    "doctor": lambda: fenced(doctor()),  # by crosscheck doctor, on this machine
    "help": lambda: fenced(options()),
    "help-certify": lambda: fenced(options("certify")),
    "help-grade": lambda: fenced(options("grade")),
    "help-verify": lambda: fenced(options("verify")),
    "help-discover": lambda: fenced(options("discover")),
    "help-doctor": lambda: fenced(options("doctor")),
    "rule": rule,  # the derivation, where the code has it
    # what was measured, and kept in benchmarks/results/
    "evidence": evidence,  # a line of each
    "campaign": campaign,  # by benchmarks.accuracy.campaign
    "attack": attack,  # by benchmarks.accuracy.attack
    "diagnosis": diagnosis,  # by benchmarks.accuracy.diagnosis
    "styles": styles,  # by benchmarks.accuracy.styles
    "discovered": discovered,  # by benchmarks.accuracy.discover
    "kernel-rules": kernel_rules,  # by benchmarks.accuracy.kernels.rules
    "cost": cost,  # by benchmarks.speed.gradcheck
    "gradients": gradients,  # by benchmarks.speed.gradients
    "speed": speed,  # by benchmarks.speed.command
    "books": books,  # by benchmarks.speed.books
}


def is_known(name: str) -> bool:
    """Return whether a block of this name can be filled."""
    return name in BLOCKS or (PROGRAMS / name).is_file()


@functools.cache
def content(name: str) -> str:
    """Return what belongs into a block; it is made once, however many pages have it.

    Raises:
        KeyError: there is no such block.

    """
    if name in BLOCKS:
        return BLOCKS[name]()
    if not is_known(name):
        msg = f"no block is named {name}: it is neither in BLOCKS nor a file of docs/programs/"
        raise KeyError(msg)
    return f"```python\n{source(name)}```"
