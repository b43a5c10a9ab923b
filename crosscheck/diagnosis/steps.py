"""The reader's steps: primitives of the recorded program, gathered by the expression they come from.

In a loop one expression makes a node at every pass; a mistake in its backward pass is made at every
one of them. So a hypothesis is about a step, which is all nodes of one primitive of one expression.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosscheck.diagnosis.reverse import Run
    from crosscheck.tracing.sites import Expression, Origin


@dataclass(frozen=True)
class Step:
    """One primitive of one expression: its nodes, in the order of the passes."""

    operation: str
    nodes: tuple[int, ...]
    stack: tuple[Expression, ...]


def steps(run: Run, origins: Sequence[Origin]) -> list[Step]:
    """Return the steps that depend on a parameter, in the order of their first nodes."""
    gathered: dict[tuple[object, ...], list[int]] = {}
    seen: Counter[tuple[int, str]] = Counter()
    for n, (node, origin) in enumerate(zip(run.nodes, origins, strict=True)):
        # One call may record the same primitive twice: a variance sums up two times.
        seen[origin.call, node.operation] += 1
        ordinal = seen[origin.call, node.operation]
        if run.tracked[n] and node.operation != "leaf":
            shape = run.values[n].shape
            key = (node.operation, origin.stack, ordinal, shape)
            gathered.setdefault(key, []).append(n)
    return [Step(nodes_operation(run, n), tuple(n), origins[n[0]].stack) for n in gathered.values()]


def nodes_operation(run: Run, nodes: Sequence[int]) -> str:
    """Return the primitive that all the nodes are."""
    return run.nodes[nodes[0]].operation
