"""The user's steps: the primitives of the program, by the expression that they come from.

In a loop one expression makes a node at every iteration, and a mistake in its backward pass is made
at all of them. So a hypothesis is about a step: all nodes of one primitive of one expression.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosscheck.diagnosis.backward import Run
    from crosscheck.ir.recording import Expression, Origin


CONVERSIONS = {"cast", "positive", "reshape", "broadcast", "gather"}


@dataclass(frozen=True)
class Step:
    """One primitive of one expression: its nodes, in the order of the iterations."""

    operation: str
    nodes: tuple[int, ...]
    place: tuple[Expression, ...]  # the expression in the loss, then that in a helper, if any


def steps(run: Run, origins: Sequence[Origin]) -> list[Step]:
    """Return the steps that depend on a parameter, in the order of their first nodes."""
    found: dict[tuple[object, ...], list[int]] = {}
    seen: Counter[tuple[int, str]] = Counter()
    for n, (node, origin) in enumerate(zip(run.nodes, origins, strict=True)):
        # One call may record the same primitive twice: a variance sums up two times.
        seen[origin.call, node.operation] += 1
        ordinal = seen[origin.call, node.operation]
        if run.tracked[n] and node.operation != "leaf":
            shape = run.values[n].shape
            key = (node.operation, origin.stack, ordinal, shape)
            found.setdefault(key, []).append(n)
    level = _level(
        [
            origins[nodes[0]].stack
            for nodes in found.values()
            if origins[nodes[0]].stack and run.nodes[nodes[0]].operation not in CONVERSIONS
        ]
    )
    return [
        Step(run.nodes[nodes[0]].operation, tuple(nodes), _place(origins[nodes[0]], level))
        for nodes in found.values()
    ]


def _level(stacks: Sequence[Sequence[Expression]]) -> int:
    """Return how many of the outermost calls everything comes from: a decorator's, a wrapper's.

    What such a wrapper does itself is to convert its arguments.
    """
    level = 0
    while len({stack[level : level + 1] for stack in stacks}) == 1 and stacks[0][level + 1 :]:
        level += 1
    return level


def _place(origin: Origin, level: int) -> tuple[Expression, ...]:
    """Return the outermost expression that tells steps apart, and the innermost there is."""
    own = origin.stack[level:] or origin.stack[-1:]
    return tuple(dict.fromkeys((*own[:1], *own[-1:])))
