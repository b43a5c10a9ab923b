"""A recorded program at its kinks: the slope at every kink becomes an argument.

Where both arguments of `maximum(p, q)` are equal, the program computes q + s·(p − q) instead: the
same value, and s is the part of the gradient that goes to p. Everything that has a kink is such a
choice between two branches, and s between 0 and 1 runs through all the slopes between one side's
and the other's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.ir.program import Array, Arrays, Program, Structure
from crosscheck.ir.recording import Recording, same_value
from crosscheck.kinks.builder import Kink, ProgramBuilder
from crosscheck.kinks.rules import OPENED, kept

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class ParametrisedProgram:
    """A program whose leaves are the parameters and then the slopes at its kinks."""

    program: Program
    leaves: tuple[Array, ...]
    value: Array
    kinks: tuple[Kink, ...]
    backend: Any

    def gradients(self, slopes: Arrays) -> list[Array]:
        """The gradients of the parameters with these slopes; infinite where the loss jumps."""
        run = self.backend.run
        value, gradients = run(self.program, [*self.leaves, *slopes])
        if not same_value(value, self.value):
            gradients = [np.full_like(gradient, np.inf) for gradient in gradients]
        return list(gradients[: len(self.leaves)])


def parametrised(recordings: Sequence[Recording], backend: Any) -> list[ParametrisedProgram]:
    """The programs of one loss, recorded with ties decided from the one side to the other.

    Where only constants differ, what differs is a slope, too; else each program stands for itself.
    """
    groups: dict[Any, list[Recording]] = {}
    for recording in recordings:
        groups.setdefault(_skeleton(recording.program), []).append(recording)
    return [_open(group, backend) for group in groups.values()]


def _skeleton(program: Program) -> Any:
    """What two programs must share: all but the numbers and truth values among the constants."""
    return program.structure, tuple(
        (c.shape, c.dtype.char, b"" if c.dtype.kind in "fb" else c.tobytes())
        for c in program.constants
    )


def _open(group: Sequence[Recording], backend: Any) -> ParametrisedProgram:
    """One program, its operations written with slopes where they are at a kink."""
    builder = ProgramBuilder(group, backend, OPENED)
    nodes: list[int] = []
    for node in builder.old.structure.nodes:
        inputs = tuple(nodes[i] for i in node.inputs)
        nodes.append(OPENED.get(node.operation, kept)(builder, node, inputs))
    outputs = tuple(nodes[i] for i in builder.old.structure.outputs)
    program = Program(Structure(tuple(builder.nodes), outputs), tuple(builder.constants))
    return ParametrisedProgram(
        program, builder.leaves, builder.value, tuple(builder.kinks), backend
    )
