"""From a claim's snapshots to a finding: each gradient by PyTorch and JAX, judged by the rule.

It runs outside the book's process, on plain arrays and recorded programs. A snapshot is evidence at
one point: first those with the book's own values, then those with sampled ones.
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
ENOUGH = 10  # disagreements of a claim with the book's own values, and again with sampled ones
PASSES = 20  # of a loop that are judged with the book's own values
STALE = (
    "the gradient does not react to other values of the variable: it is computed from something "
    "that was stored before, such as a cache; claim it in the cell that computes that"
)
STEPS = tuple(10.0**-k for k in range(1, 13))


@dataclass(frozen=True)
class Certified:
    """The result for one claim.

    Attributes:
        claim: the claim.
        finding: the verdict, and a judgement for each snapshot.
        snapshots: the recordings with their hand-written gradients, one for each judgement.
        line: the line of the snapshot that decided the verdict; 0 for the end of the cell.
        differences: pairs of a step and the relative error of the hand-written slope, in one
            direction and at the book's own values, against a central difference with that step.
        diagnosis: the mistake and its place; None unless the claim disagrees.

    """

    claim: Claim
    finding: Finding
    snapshots: tuple[Recorded, ...] = ()
    line: int = 0
    differences: tuple[tuple[float, float], ...] = ()
    diagnosis: Diagnosis | None = None


def installed() -> tuple[dict[str, str], dict[str, str]]:
    """Return the keys of the installed frameworks by oracle, and the messages for the others."""
    here = {each.name: each.key for each in FRAMEWORKS.values() if each.is_installed}
    missing = {each.name: each.missing for each in FRAMEWORKS.values() if each.name not in here}
    return here, missing


def certify(
    claim: Claim,
    trials: Sequence[Trial],
    frameworks: Mapping[str, str],
    where: Callable[[int], str],
    passes: int = PASSES,
) -> Certified:
    """Judge a claim.

    Args:
        claim: the claim.
        trials: its runs: the one with the book's own values first, then those with sampled ones.
        frameworks: the keys of the installed frameworks, by oracle.
        where: from a line of the claim's cell to its place in the book.
        passes: how many passes of a loop are judged with the book's own values.

    Returns:
        The result; it is INCONCLUSIVE, with the reason, where the claim could not be judged.

    """
    own = trials[0] if trials else None
    if own is None or own.error or not own.snapshots:
        reason = own.error if own and own.error else "not recorded: the cell was not run"
        finding = Finding(where(0), str(claim), Verdict.INCONCLUSIVE, None, reason=reason)
        return Certified(claim, finding)
    chosen, left_out = _some(own.snapshots, passes)
    try:
        judged = [
            *_judged(chosen, frameworks),
            *_judged([m for trial in trials[1:] for m in trial.snapshots], frameworks),
        ]
    except Exception as error:  # noqa: BLE001 - the recording is the book's: it costs this claim
        reason = f"{type(error).__name__}: {error}"
        finding = Finding(where(0), str(claim), Verdict.INCONCLUSIVE, None, reason=reason)
        return Certified(claim, finding)
    snapshots, judgements = zip(*judged, strict=True)
    failed = [trial.error for trial in trials[1:] if trial.error]
    verdict, reason = _verdict(snapshots, judgements, len(trials) - 1, failed)
    if left_out and verdict is not Verdict.DISAGREE:
        reason = "; ".join(filter(None, (reason, left_out)))
    first = own.snapshots[0]
    finding = Finding("", str(claim), verdict, first.actual, judgements, reason=reason)
    line = (snapshots[finding.worst[0]] if finding.worst else first).line
    finding = replace(finding, example=where(line))
    slopes = differences(first, frameworks)
    return Certified(claim, finding, snapshots, line, slopes, _diagnosis(claim, finding, snapshots))


def _some(snapshots: Sequence[Recorded], passes: int) -> tuple[list[Recorded], str]:
    """Return the snapshots of some passes, and which those are, in words; "" if they are all.

    The first and the last pass, and others between them at growing distances.
    """
    numbers = sorted({snapshot.number for snapshot in snapshots})
    if len(numbers) <= passes:
        return list(snapshots), ""
    places = {int(i) for i in np.geomspace(1, len(numbers), passes).round()}
    more = (i for i in range(1, len(numbers)) if i not in places)  # the first ones coincide
    places |= set(itertools.islice(more, passes - len(places)))
    kept = {numbers[i - 1] for i in places}
    said = f"{passes} of {len(numbers)} passes judged"
    return [snapshot for snapshot in snapshots if snapshot.number in kept], said


def _is_stale(pairs: Sequence[tuple[Recorded, Judgement]]) -> bool:
    """Return whether the gradient is right at the book's values, and is the same at all others."""
    own = {s.number: (s, j) for s, j in pairs if not s.run}
    moved = [s for s, _ in pairs if s.run and s.number in own]
    return (
        bool(moved)
        and all(judgement.verdict is Verdict.AGREE for _, judgement in own.values())
        and all(np.array_equal(s.actual, own[s.number][0].actual) for s in moved)
        and not all(np.array_equal(s.leaf, own[s.number][0].leaf) for s in moved)
    )


def _diagnosis(claim: Claim, finding: Finding, snapshots: Sequence[Recorded]) -> Diagnosis | None:
    """Return the diagnosis of a claim that disagrees; None if the loss has no gradient."""
    if finding.verdict is not Verdict.DISAGREE or not any(
        snapshot.depends for snapshot in snapshots
    ):
        return None
    from crosscheck.diagnosis import Observation, PointData, diagnose, undiagnosed

    name = claim.variable
    observations = [
        Observation(PointData(snapshot.recording), {name: snapshot.actual})
        for snapshot in snapshots
    ]
    lengths = {n: [f"axis {k} of {name}"] for k, n in enumerate(snapshots[0].leaf.shape) if n > 1}
    try:
        return diagnose(observations, [name], lengths, BUDGET)
    except Exception as error:  # noqa: BLE001 - the verdict stands without a diagnosis
        return undiagnosed([name], f"the diagnosis failed: {type(error).__name__}: {error}")


def _judged(
    snapshots: Sequence[Recorded], frameworks: Mapping[str, str]
) -> Iterator[tuple[Recorded, Judgement]]:
    """Yield snapshots and their judgements, until enough of them disagree.

    Of two recordings of one snapshot the second is taken where only the first disagrees.
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
    """Return the verdict on all snapshots, and its reason unless the judgements have it.

    The book's own values may lie on a kink, where correct gradients differ: a disagreement there
    alone, at no sampled values, is INCONCLUSIVE. Half of the sampled runs must be conclusive.
    """
    pairs = list(zip(snapshots, judgements, strict=True))
    if not any(snapshot.depends for snapshot in snapshots):
        nonzero = any(norm(snapshot.actual) for snapshot in snapshots)
        return (Verdict.DISAGREE if nonzero else Verdict.INCONCLUSIVE), NO_PATH
    sampled = [pair for pair in pairs if pair[0].run]
    verdict = overall([judgement.verdict for _, judgement in sampled])
    repeated = {snapshot.number for snapshot, _ in sampled}
    wrong = {s.number for s, j in pairs if not s.run and j.verdict is Verdict.DISAGREE}
    if verdict is Verdict.DISAGREE and _is_stale(pairs):
        return Verdict.INCONCLUSIVE, STALE
    if verdict is Verdict.DISAGREE or (wrong and not wrong & repeated):
        return Verdict.DISAGREE, ""
    conclusive = {s.run for s, j in sampled if j.verdict is Verdict.AGREE and j.resolved}
    if 2 * len(conclusive) < runs:
        reason = (
            f"inconclusive at {runs - len(conclusive)} of {runs} sampled values, where the "
            "gradient is zero or rounding; try another --seed"
        )
        if failed:
            reason = f"with sampled values the cell fails: {failed[0]}"
        return Verdict.INCONCLUSIVE, reason
    if wrong:
        reason = "disagrees at the book's own values only, which may lie on a kink; change them"
        return Verdict.INCONCLUSIVE, reason
    return Verdict.AGREE, next((j.reason for j in judgements if j.reason), "")


def _at_a_kink(snapshot: Recorded, found: Judgement, frameworks: Mapping[str, str]) -> Judgement:
    """Return the judgement; AGREE if a choice of slopes at kinks gives the hand-written gradient.

    At a kink (a bias of zero before a ReLU) a gradient may have any slope between the two sides'.
    """
    wrong = found.verdict is Verdict.DISAGREE
    if snapshot.run or not wrong or snapshot.actual.shape != snapshot.leaf.shape:
        return found
    framework = next(iter(frameworks.values()))
    programs = parametrised([snapshot.recording], backend(framework))
    if not programs[0].kinks:
        return found
    convention, error = producing(programs, [Target(0, snapshot.actual, found.tolerance)])
    if not convention:
        return found
    errors = dict.fromkeys(found.errors, error * found.tolerance)
    reason = f"the book's own values lie on a kink; there {convention}"
    return replace(found, verdict=Verdict.AGREE, errors=errors, reason=reason)


def _judgement(snapshot: Recorded, frameworks: Mapping[str, str]) -> Judgement:
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
    """Return nothing: the book's code does not run here, its float32 noise is not known."""
    return HandWritten({})


def ask(framework: str, snapshot: Recorded, asked: Sequence[Request]) -> list[list[Quantities]]:
    """Return a recorded loss and its gradient, at the requested values of its leaf.

    Raises:
        ValueError: the framework does not compute the loss that NumPy computed.

    """
    run = backend(framework).run
    results = []
    for request in asked:
        program = snapshot.program.in_precision(request.dtype)
        quantities = []
        for point in request.points:
            leaf: Array = np.asarray(point.params["x"], dtype=request.dtype)
            value, gradients = run(program, [leaf])
            if leaf.dtype == np.float64 and np.array_equal(leaf, snapshot.leaf):
                _check(framework, value, snapshot)
            quantities.append(named(value, {"x": gradients[0]}, {}))
        results.append(quantities)
    return results


def differences(
    snapshot: Recorded, frameworks: Mapping[str, str]
) -> tuple[tuple[float, float], ...]:
    """Return pairs of a step and the relative error of the hand-written slope.

    The slope is in one normal direction (a softmax is invariant to a shift, entries ±1 may be one),
    against a central difference of the recorded loss. Of a correct gradient the error falls with
    the step while truncation dominates and rises with rounding; of a wrong one it stays.
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
    if not same_value(value, snapshot.loss):
        msg = f"{framework} computes the loss {value}, the book {snapshot.loss}"
        raise ValueError(msg)
