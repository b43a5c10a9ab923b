"""In the child: every snapshot at which a claim applies, as a program that the parent can judge."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.core.sampling import mover
from crosscheck.ir.program import Node, Program, Structure, prune
from crosscheck.ir.recording import Escape, Recording
from crosscheck.textbook.child.protocol import Recorded
from crosscheck.textbook.child.replay import ClaimSnapshot, Replay, Script
from crosscheck.tracing import values
from crosscheck.tracing.arguments import traced_data, traced_leaves
from crosscheck.tracing.concretization import record_safely
from crosscheck.tracing.monkeypatch import stand_ins
from crosscheck.tracing.session import Session, current, recording
from crosscheck.tracing.source_locations import Origins

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from crosscheck.ir.program import Array
    from crosscheck.ir.recording import Origin
    from crosscheck.textbook.child.snapshot import Snapshot
    from crosscheck.textbook.claims import Claim
    from crosscheck.tracing.concretization import Disturb

PASSES = 1000  # of a loop, with the book's own values
MOVED_PASSES = 8  # with moved ones: a mistake in a loop's body shows at once


class ClaimError(ValueError):
    """A claim that does not apply, or not to what can be differentiated."""


@dataclass(frozen=True)
class Subject:
    """A claim, the cells it needs, and where they start from. `moving`: the variables to move."""

    claim: Claim
    script: Script
    start: Snapshot
    namespace: dict[str, Any]
    moving: Collection[str]

    def replay(self, **how: Any) -> list[ClaimSnapshot]:
        """Run the cells in plain NumPy and return the snapshots."""
        self.start.restore(self.namespace)
        return Replay(self.claim, self.namespace, **how).run(self.script)


def record(subject: Subject, run: int, seed: int) -> list[Recorded]:
    """Return the snapshots of one run: 0 with the book's own values, others with moved ones.

    Where the variable has not been assigned since the snapshot before, what depends on it since
    then may go through an update of other variables: that snapshot has a second recording, in
    which the variable is a leaf anew. A gradient may be either.

    Raises ClaimError, and what the tracing raises, LostGradientError above all.
    """
    how: dict[str, Any] = {"limit": MOVED_PASSES if run else PASSES}
    if run:
        how |= {"moving": subject.moving}
    moving = functools.partial(mover, run, seed) if run else lambda: None
    observed = subject.replay(**how, move=moving())
    if any(snapshot.error for snapshot in observed):
        raise ClaimError(next(snapshot.error for snapshot in observed if snapshot.error))
    actuals = [snapshot.actual for snapshot in observed]
    if any(actual.dtype in {np.dtype("f2"), np.dtype("f4")} for actual in actuals):
        converted = subject.replay(**how, move=moving(), leaf=np.copy)  # the variable in float64
        actuals = [snapshot.actual for snapshot in converted]
    result = _recorded(subject, how, moving, observed, actuals, run)
    if len({snapshot.turn for snapshot in observed}) < len(observed):
        others = _recorded(subject, how | {"anew": True}, moving, observed, actuals, run)
        result = [other for other in others if other.depends and other.number > 1] + result
    return sorted(result, key=lambda recorded: recorded.number)


def _recorded(  # noqa: PLR0913, PLR0917 - a run, and what an earlier one showed
    subject: Subject,
    how: dict[str, Any],
    moving: Callable[[], Any],
    observed: list[ClaimSnapshot],
    actuals: list[Array],
    run: int,
) -> list[Recorded]:
    """Return the snapshots of one traced run."""
    recorded, traced = _traced(subject, how, moving)
    _same(traced, observed)
    result = []
    for number, (snapshot, actual) in enumerate(zip(traced, actuals, strict=True)):
        program, origins = single(recorded, number)
        result.append(
            Recorded(
                run,
                number + 1,
                snapshot.line,
                recorded.leaves[snapshot.leaf - 1],
                actual.astype(np.float64) if actual.dtype.kind in "iub" else actual,
                recorded.value[number],
                program,
                origins,
            )
        )
    return result


def _traced(
    subject: Subject, how: dict[str, Any], moving: Callable[[], Any]
) -> tuple[Recording, list[ClaimSnapshot]]:
    """Return what was recorded of the losses, and the snapshots of the recorded run."""
    runs: list[list[ClaimSnapshot]] = []
    telling: set[int] = set()
    true: list[Array] = []

    def call(
        as_leaf: Callable[[Array], Any],
        as_datum: Callable[[Array], Any],
        datum: Callable[[Array], Any] | None = None,
    ) -> list[Any]:
        made: list[Array] = []

        def leaf(array: Array) -> Any:
            # what an update made of a number that left the trace cannot do harm: a leaf has its
            # own value, also in the runs that disturb such numbers
            value = true[len(made)] if len(made) < len(true) else array
            made.append(np.array(value))
            return as_leaf(value)

        subject.start.restore(subject.namespace, as_datum)
        replay = Replay(
            subject.claim,
            subject.namespace,
            leaf=leaf,
            datum=datum,
            move=moving(),
            **how,
        )
        runs.append(replay.run(subject.script))
        if len(runs) == 1:
            true.extend(made)
            telling.update(replay.telling)
        _same(runs[-1], runs[0])
        for snapshot in runs[-1]:
            if snapshot.error:
                raise ClaimError(snapshot.error)
        return [
            m.loss if values.is_tracked(m.loss) else np.float64(np.asarray(m.loss).item())
            for m in runs[-1]
        ]

    def traced(disturb: Disturb) -> Recording:
        escape = itertools.count()

        def chosen(escaped: Escape) -> bool:
            return next(escape) in telling and disturb(escaped)

        session = Session(chosen, Origins() if not how.get("moving") else None)
        leaves: list[Array] = []

        def as_leaf(array: Array) -> Any:
            kept = np.array(array)  # the cell may write into the leaf
            name, live = subject.claim.variable, current() or session
            traced = traced_leaves(array, name, live, leaves)
            leaves[-1] = kept
            return traced

        with stand_ins(subject.start.around.namespaces), recording(session):
            losses = call(as_leaf, traced_data, values.constant_result)
            nodes = [values.node_of(loss, session) for loss in losses]
            exact = np.array([float(values.plain(loss).item()) for loss in losses])
        program, where = session.program(nodes)
        escapes = tuple(e for k, e in enumerate(session.escapes) if k in telling)
        return Recording(program, tuple(leaves), exact, escapes, where)

    def plainly() -> Any:
        return np.array([float(loss.item()) for loss in call(np.copy, np.copy)])

    return record_safely(traced, plainly, subject.start.around), runs[0]


def _same(snapshots: list[ClaimSnapshot], others: list[ClaimSnapshot]) -> None:
    """Raise ClaimError unless two runs had their snapshots at the same lines."""
    if [snapshot.line for snapshot in snapshots] != [snapshot.line for snapshot in others]:
        msg = "the cell does not do the same when it is run again"
        raise ClaimError(msg)


def single(recorded: Recording, output: int) -> tuple[Program, tuple[Origin, ...]]:
    """Return the part of a program that one output needs, and where its nodes come from.

    It has one leaf, the latest: what was computed from others is constants (see `renewed`).
    """
    whole = recorded.program.structure
    part, kept = prune(whole.nodes, recorded.program.constants, [whole.outputs[output]])
    nodes = tuple(
        Node("leaf", (), (0,)) if node.operation == "leaf" else node
        for node in part.structure.nodes
    )
    program = Program(Structure(nodes, part.structure.outputs), part.constants)
    return program, tuple(recorded.origins[n] for n in kept) if recorded.origins else ()
