"""In the child: a claim's snapshots, each as a program that the parent can judge."""

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
from crosscheck.textbook.child.replay import ClaimSnapshot, Replay, Script, left_of
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
SAMPLED_PASSES = 8  # with sampled ones: a mistake in a loop's body shows in its first passes


OUTSIDE = (
    "run again from the same names, the cell computes another gradient: it depends on state "
    "outside of its names, such as a file, a counter or a cache of a function; make it repeatable"
)


class ClaimError(ValueError):
    """A claim that does not apply, or whose loss cannot be differentiated."""


@dataclass(frozen=True)
class Subject:
    """A claim, its cells, and the names from which they start; `sampled`: the places to sample."""

    claim: Claim
    script: Script
    start: Snapshot
    namespace: dict[str, Any]
    sampled: Collection[str]

    def replay(self, **how: Any) -> list[ClaimSnapshot]:
        """Run the cells in plain NumPy and return the snapshots."""
        self.start.restore(self.namespace)
        return Replay(self.claim, self.namespace, **how).run(self.script)


def record(subject: Subject, run: int, seed: int, computed: Array | None = None) -> list[Recorded]:
    """Return the snapshots of one run: 0 with the book's own values, others with sampled ones.

    Where the variable has not been assigned since the snapshot before, the loss may depend on it
    through an update of other variables, too: that snapshot has a second recording, in which the
    variable is a new leaf. The gradient may be that of either.

    `computed` is what the book's own run left in the gradient; run again, the cells must give the
    same.

    Raises:
        ClaimError: the claim does not apply.
        LostGradientError: the loss does something that cannot be traced.

    """
    how: dict[str, Any] = {"limit": SAMPLED_PASSES if run else PASSES}
    if run:
        how |= {"sampled": subject.sampled}
    sampler = functools.partial(mover, run, seed) if run else lambda: None
    observed = subject.replay(**how, sample=sampler())
    if computed is not None and len(observed) < PASSES and not _again(subject, computed):
        raise ClaimError(OUTSIDE)
    if any(snapshot.error for snapshot in observed):
        raise ClaimError(next(snapshot.error for snapshot in observed if snapshot.error))
    actuals = [snapshot.actual for snapshot in observed]
    if any(actual.dtype in {np.dtype("f2"), np.dtype("f4")} for actual in actuals):
        converted = subject.replay(**how, sample=sampler(), leaf=np.copy)  # the variable in float64
        actuals = [snapshot.actual for snapshot in converted]
    result = _recorded(subject, how, sampler, observed, actuals, run)
    if len({snapshot.turn for snapshot in observed}) < len(observed):
        others = _recorded(subject, how | {"renew": True}, sampler, observed, actuals, run)
        result = [other for other in others if other.depends and other.number > 1] + result
    return sorted(result, key=lambda recorded: recorded.number)


def _again(subject: Subject, computed: Array) -> bool:
    """Return whether the cells, just run again, left the value that the book's run left."""
    value = left_of(subject.claim, subject.namespace)
    return value is not None and np.array_equal(value, computed, equal_nan=True)


def _recorded(  # noqa: PLR0913, PLR0917 - a run, and the values of an untraced one
    subject: Subject,
    how: dict[str, Any],
    sampler: Callable[[], Any],
    observed: list[ClaimSnapshot],
    actuals: list[Array],
    run: int,
) -> list[Recorded]:
    """Return the snapshots of one traced run."""
    recorded, traced = _traced(subject, how, sampler)
    _same(traced, observed)
    result = []
    for number, (snapshot, actual) in enumerate(zip(traced, actuals, strict=True)):
        program, origins = single(recorded, number)
        leaf = recorded.leaves[snapshot.leaf - 1]
        floats = actual.astype(np.float64) if actual.dtype.kind in "iub" else actual
        result.append(
            Recorded(
                run,
                number + 1,
                snapshot.line,
                leaf,
                # One number is one number, whether a book has it as x or as [x].
                floats.reshape(leaf.shape) if floats.size == leaf.size == 1 else floats,
                recorded.value[number],
                program,
                origins,
            )
        )
    return result


def _traced(
    subject: Subject, how: dict[str, Any], sampler: Callable[[], Any]
) -> tuple[Recording, list[ClaimSnapshot]]:
    """Return the recording of the losses, and the snapshots of the recorded run."""
    runs: list[list[ClaimSnapshot]] = []
    relevant: set[int] = set()
    true: list[Array] = []

    def call(
        as_leaf: Callable[[Array], Any],
        as_datum: Callable[[Array], Any],
        datum: Callable[[Array], Any] | None = None,
    ) -> list[Any]:
        made: list[Array] = []

        def leaf(array: Array) -> Any:
            # a leaf has the value of the first run also where numbers that left the trace are
            # disturbed: an update that was computed from them does not matter
            value = true[len(made)] if len(made) < len(true) else array
            made.append(np.array(value))
            return as_leaf(value)

        subject.start.restore(subject.namespace, as_datum)
        replay = Replay(
            subject.claim,
            subject.namespace,
            leaf=leaf,
            datum=datum,
            sample=sampler(),
            **how,
        )
        runs.append(replay.run(subject.script))
        if len(runs) == 1:
            true.extend(made)
            relevant.update(replay.relevant)
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
            return next(escape) in relevant and disturb(escaped)

        session = Session(chosen, Origins() if not how.get("sampled") else None)
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
            exact = np.array([float(np.asarray(values.plain(loss)).item()) for loss in losses])
        program, where = session.program(nodes)
        escapes = tuple(e for k, e in enumerate(session.escapes) if k in relevant)
        return Recording(program, tuple(leaves), exact, escapes, where)

    def plainly() -> Any:
        return np.array([float(loss.item()) for loss in call(np.copy, np.copy)])

    return record_safely(traced, plainly, subject.start.around), runs[0]


def _same(snapshots: list[ClaimSnapshot], others: list[ClaimSnapshot]) -> None:
    """Raise ClaimError unless two runs have their snapshots at the same lines."""
    if [snapshot.line for snapshot in snapshots] != [snapshot.line for snapshot in others]:
        msg = "run again, the cell computes its gradients at other lines; make it repeatable"
        raise ClaimError(msg)


def single(recorded: Recording, output: int) -> tuple[Program, tuple[Origin, ...]]:
    """Return the part of a program that one output needs, and the origins of its nodes.

    It has one leaf, the latest: what was computed from others is constant (see `renewed`).
    """
    whole = recorded.program.structure
    part, kept = prune(whole.nodes, recorded.program.constants, [whole.outputs[output]])
    nodes = tuple(
        Node("leaf", (), (0,)) if node.operation == "leaf" else node
        for node in part.structure.nodes
    )
    program = Program(Structure(nodes, part.structure.outputs), part.constants)
    return program, tuple(recorded.origins[n] for n in kept) if recorded.origins else ()
