"""From a claim's snapshots to a finding: each gradient by PyTorch and JAX, judged by the rule.

Outside the book's process, from plain arrays and recorded programs. A snapshot is evidence of one
point; the book's own snapshots come first, the moved ones take the place of drawn points.
"""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.diagnose import BUDGET
from crosscheck.core.evidence import Evidence, requests
from crosscheck.core.finite_differences import slope
from crosscheck.core.norms import max_or_nan, norm
from crosscheck.core.types import HandWritten, Point, named
from crosscheck.core.verdict import Verdict, overall
from crosscheck.frameworks import FRAMEWORKS
from crosscheck.ir.recording import same_value
from crosscheck.ir.run import backend
from crosscheck.kinks.conventions import Target, producing
from crosscheck.kinks.parametrised import parametrised
from crosscheck.results import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from crosscheck.core.types import Dtype, Oracle, Quantities, Request
    from crosscheck.core.verdict import Judgement
    from crosscheck.diagnosis import Diagnosis
    from crosscheck.ir.program import Array
    from crosscheck.textbook.child.protocol import Recorded
    from crosscheck.textbook.claims import Claim
    from crosscheck.textbook.runner import Trial

NO_PATH = (
    "the loss does not depend on the variable as it was last assigned: it was computed before "
    "that, or from something else"
)
ENOUGH = 10  # disagreements of a claim with the book's own values, and again with moved ones
STEPS = tuple(10.0**-k for k in range(1, 13))


@dataclass(frozen=True)
class Certified:
    """A claim and what was found. `snapshots`: recordings and hand values, judgement by judgement.

    `line`: of the book, where the snapshot that decided stands; 0 for the cell's end.
    `differences`: step -> how far the hand's slope in one direction is from a central difference's,
    relative to it, with the book's own values.
    """

    claim: Claim
    finding: Finding
    snapshots: tuple[Recorded, ...] = ()
    line: int = 0
    differences: tuple[tuple[float, float], ...] = ()
    diagnosis: Diagnosis | None = None


def installed() -> tuple[dict[str, str], dict[str, str]]:
    """Return the frameworks that are here, by oracle, and why the others are not."""
    here = {each.name: each.key for each in FRAMEWORKS.values() if each.is_installed}
    missing = {each.name: each.missing for each in FRAMEWORKS.values() if each.name not in here}
    return here, missing


def certify(
    claim: Claim,
    trials: Sequence[Trial],
    frameworks: Mapping[str, str],
    where: Callable[[int], str],
) -> Certified:
    """Return the finding on a claim, given what its runs recorded: the book's own values first.

    `where` says where a line of the claim's cell stands in the book.
    """
    own = trials[0] if trials else None
    if own is None or own.error or not own.snapshots:
        reason = own.error if own and own.error else "never applied: the cell was not run"
        finding = Finding(where(0), str(claim), Verdict.INCONCLUSIVE, None, reason=reason)
        return Certified(claim, finding)
    try:
        judged = [
            *_judged(own.snapshots, frameworks),
            *_judged([m for trial in trials[1:] for m in trial.snapshots], frameworks),
        ]
    except Exception as error:  # noqa: BLE001 - the book recorded it: it costs this claim
        reason = f"{type(error).__name__}: {error}"
        finding = Finding(where(0), str(claim), Verdict.INCONCLUSIVE, None, reason=reason)
        return Certified(claim, finding)
    snapshots, judgements = zip(*judged, strict=True)
    failed = [trial.error for trial in trials[1:] if trial.error]
    verdict, reason = _verdict(snapshots, judgements, len(trials) - 1, failed)
    first = own.snapshots[0]
    finding = Finding("", str(claim), verdict, first.actual, judgements, reason=reason)
    line = (snapshots[finding.worst[0]] if finding.worst else first).line
    finding = replace(finding, example=where(line))
    slopes = differences(first, frameworks)
    return Certified(claim, finding, snapshots, line, slopes, _diagnosis(claim, finding, snapshots))


def _diagnosis(claim: Claim, finding: Finding, snapshots: Sequence[Recorded]) -> Diagnosis | None:
    """Return what the mistake is, where there is one and the loss has a gradient to spoil."""
    if finding.verdict is not Verdict.DISAGREE or not any(
        snapshot.depends for snapshot in snapshots
    ):
        return None
    from crosscheck.diagnosis import Observation, PointData, diagnose, undiagnosed

    name = claim.variable
    readings = [
        Observation(PointData(snapshot.recording), {name: snapshot.actual})
        for snapshot in snapshots
    ]
    lengths = {n: [f"axis {k} of {name}"] for k, n in enumerate(snapshots[0].leaf.shape) if n > 1}
    try:
        return diagnose(readings, [name], lengths, BUDGET)
    except Exception as error:  # noqa: BLE001 - the verdict stands without a diagnosis
        return undiagnosed([name], f"the diagnosis failed: {type(error).__name__}: {error}")


def _judged(
    snapshots: Sequence[Recorded], frameworks: Mapping[str, str]
) -> Iterator[tuple[Recorded, Judgement]]:
    """Yield snapshots and their judgements, until enough of them disagree: more would say no more.

    Of two recordings of one snapshot the second stands where the first disagrees and it does not.
    """
    wrong = 0
    for _, same in itertools.groupby(snapshots, lambda snapshot: (snapshot.run, snapshot.number)):
        first, *others = same
        snapshot, judgement = first, _at_a_kink(first, _judgement(first, frameworks), frameworks)
        for other in others if judgement.verdict is Verdict.DISAGREE else ():
            found = _judgement(other, frameworks)
            if found.verdict is not Verdict.DISAGREE:
                snapshot, judgement = other, found
        yield snapshot, judgement
        wrong += judgement.verdict is Verdict.DISAGREE
        if wrong == ENOUGH:
            return


def _verdict(
    snapshots: Sequence[Recorded], judgements: Sequence[Judgement], runs: int, failed: Sequence[str]
) -> tuple[Verdict, str]:
    """Return the verdict on all snapshots, and why where the judgements do not say it.

    The book's own values may lie on a kink, where correct gradients differ: a disagreement there
    that no moved run shows is not the hand's. Half of the moved runs must be able to tell.
    """
    pairs = list(zip(snapshots, judgements, strict=True))
    if not any(snapshot.depends for snapshot in snapshots):
        wrong = any(norm(snapshot.actual) for snapshot in snapshots)
        return (Verdict.DISAGREE if wrong else Verdict.INCONCLUSIVE), NO_PATH
    moved = [pair for pair in pairs if pair[0].run]
    verdict = overall([judgement.verdict for _, judgement in moved])
    tried = {snapshot.number for snapshot, _ in moved}
    off = {m.number for m, j in pairs if not m.run and j.verdict is Verdict.DISAGREE}
    if verdict is Verdict.DISAGREE or (off and not off & tried):
        return Verdict.DISAGREE, ""
    telling = {m.run for m, j in moved if j.verdict is Verdict.AGREE and j.resolved}
    if 2 * len(telling) < runs:
        reason = "half of the moved values or more cannot tell: its gradient is zero, or rounding"
        if failed:
            reason = f"with moved values the cell fails: {failed[0]}"
        return Verdict.INCONCLUSIVE, reason
    if off:
        reason = "agrees at values moved from the book's own, which may lie on a kink"
        return Verdict.INCONCLUSIVE, reason
    return Verdict.AGREE, next((j.reason for j in judgements if j.reason), "")


def _at_a_kink(snapshot: Recorded, found: Judgement, frameworks: Mapping[str, str]) -> Judgement:
    """Return the judgement on the book's own values, by the hand's own slopes if they explain it.

    At a kink (a bias of zero before a ReLU) a gradient may have any slope between the two sides'.
    """
    wrong = found.verdict is Verdict.DISAGREE
    if snapshot.run or not wrong or snapshot.actual.shape != snapshot.leaf.shape:
        return found
    framework = next(iter(frameworks.values()))
    programs = parametrised([snapshot.recording], backend(framework))
    if not programs[0].kinks:
        return found
    said, off = producing(programs, [Target(0, snapshot.actual, found.tolerance)])
    if not said:
        return found
    errors = dict.fromkeys(found.errors, off * found.tolerance)
    reason = f"the book's own values lie on a kink; there {said}"
    return replace(found, verdict=Verdict.AGREE, errors=errors, reason=reason)


def _judgement(snapshot: Recorded, frameworks: Mapping[str, str]) -> Judgement:
    """Return the judgement on one snapshot."""
    point = Point({"x": snapshot.leaf}, {})
    asked = requests("claim", (point,))
    oracles: dict[str, Oracle] = {
        name: functools.partial(ask, framework, snapshot) for name, framework in frameworks.items()
    }
    results = {name: oracle(asked) for name, oracle in oracles.items()}
    constants = [norm(c) for c in snapshot.program.constants if c.dtype.kind == "f"]
    evidence = Evidence(
        "claim",
        (point,),
        [HandWritten({"grad x": snapshot.actual})],
        {name: double for name, (double, _) in results.items()},
        {name: single for name, (_, single) in results.items()},
        oracles,
        _silent,
        max_or_nan(1.0, *constants),
    )
    return evidence.judgement(0, "grad x")


def _silent(_: Point, __: Dtype) -> HandWritten:
    """Return nothing: the book's own code does not run here, so its float32 noise is not known."""
    return HandWritten({})


def ask(framework: str, snapshot: Recorded, asked: Sequence[Request]) -> list[list[Quantities]]:
    """Answer requests about a recorded loss: itself and its gradient, at any value of its leaf.

    Raises ValueError where the framework does not compute the loss that NumPy computed.
    """
    run = backend(framework).run
    results = []
    for request in asked:
        program = snapshot.program.in_precision(request.dtype)
        said = []
        for point in request.points:
            leaf: Array = np.asarray(point.params["x"], dtype=request.dtype)
            value, gradients = run(program, [leaf])
            if leaf.dtype == np.float64 and np.array_equal(leaf, snapshot.leaf):
                _check(framework, value, snapshot)
            said.append(named(value, {"x": gradients[0]}, {}))
        results.append(said)
    return results


def differences(
    snapshot: Recorded, frameworks: Mapping[str, str]
) -> tuple[tuple[float, float], ...]:
    """Return step -> error of the hand's slope against a central difference of the recorded loss.

    In one random direction, not one of entries ±1 (a softmax does not see a shift); relative to the
    difference's slope. Right gradients give a valley, truncation on one side and rounding on the
    other; wrong ones a plain.
    """
    direction = np.random.default_rng(0).standard_normal(snapshot.leaf.shape)
    if not frameworks or snapshot.actual.shape != snapshot.leaf.shape:
        return ()
    framework = next(iter(frameworks.values()))
    run = backend(framework).run

    def loss(at: Point) -> Array:
        return np.asarray(run(snapshot.program, [at.params["x"]])[0])

    point = Point({"x": snapshot.leaf}, {})
    expected, found = float(np.sum(snapshot.actual * direction)), []
    for step in STEPS:
        difference = slope(loss, point, {"x": np.asarray(direction)}, step)
        if np.isfinite(difference) and difference:
            found.append((step, abs(expected - difference) / abs(difference)))
    return tuple(found)


def _check(framework: str, value: Any, snapshot: Recorded) -> None:
    """Raise where a framework's loss is not the book's."""
    if not same_value(value, snapshot.loss):
        msg = f"{framework} computes the loss {value}, the book {snapshot.loss}"
        raise ValueError(msg)
