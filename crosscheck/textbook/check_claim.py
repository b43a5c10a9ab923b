"""From a claim's moments to a finding: each gradient by PyTorch and JAX, judged by the rule.

Outside the book's process, from plain arrays and recorded programs. A moment is evidence of one
point; the book's own moments come first, the moved ones take the place of drawn points.
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
from crosscheck.core.types import Hand, Point, named
from crosscheck.core.verdict import Verdict, overall
from crosscheck.frameworks import FRAMEWORKS
from crosscheck.ir.recording import same_value
from crosscheck.ir.run import backend
from crosscheck.kinks.conventions import producing
from crosscheck.kinks.parametrised import opened
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
    """A claim and what was found. `moments`: recordings and hand values, judgement by judgement.

    `line`: of the book, where the moment that decided stands; 0 for the cell's end.
    `differences`: step -> how far the hand's slope in one direction is from a central difference's,
    relative to it, with the book's own values.
    """

    claim: Claim
    finding: Finding
    moments: tuple[Recorded, ...] = ()
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
    if own is None or own.error or not own.moments:
        reason = own.error if own and own.error else "never applied: the cell was not run"
        finding = Finding(where(0), str(claim), Verdict.INCONCLUSIVE, None, reason=reason)
        return Certified(claim, finding)
    try:
        judged = [
            *_judged(own.moments, frameworks),
            *_judged([m for trial in trials[1:] for m in trial.moments], frameworks),
        ]
    except Exception as error:  # noqa: BLE001 - the book recorded it: it costs this claim
        reason = f"{type(error).__name__}: {error}"
        finding = Finding(where(0), str(claim), Verdict.INCONCLUSIVE, None, reason=reason)
        return Certified(claim, finding)
    moments, judgements = zip(*judged, strict=True)
    failed = [trial.error for trial in trials[1:] if trial.error]
    verdict, reason = _verdict(moments, judgements, len(trials) - 1, failed)
    first = own.moments[0]
    finding = Finding("", str(claim), verdict, first.hand, judgements, reason=reason)
    line = (moments[finding.worst[0]] if finding.worst else first).line
    finding = replace(finding, example=where(line))
    slopes = differences(first, frameworks)
    return Certified(claim, finding, moments, line, slopes, _diagnosis(claim, finding, moments))


def _diagnosis(claim: Claim, finding: Finding, moments: Sequence[Recorded]) -> Diagnosis | None:
    """Return what the mistake is, where there is one and the loss has a gradient to spoil."""
    if finding.verdict is not Verdict.DISAGREE or not any(moment.depends for moment in moments):
        return None
    from crosscheck.diagnosis import Reading, Spot, diagnose, undiagnosed

    name = claim.variable
    readings = [Reading(Spot(moment.recording), {name: moment.hand}) for moment in moments]
    lengths = {n: [f"axis {k} of {name}"] for k, n in enumerate(moments[0].leaf.shape) if n > 1}
    try:
        return diagnose(readings, [name], lengths, BUDGET)
    except Exception as error:  # noqa: BLE001 - the verdict stands without a diagnosis
        return undiagnosed(name, f"none could be made: {type(error).__name__}: {error}")


def _judged(
    moments: Sequence[Recorded], frameworks: Mapping[str, str]
) -> Iterator[tuple[Recorded, Judgement]]:
    """Yield moments and their judgements, until enough of them disagree: more would say no more.

    Of two recordings of one moment the second stands where the first disagrees and it does not.
    """
    wrong = 0
    for _, same in itertools.groupby(moments, lambda moment: (moment.run, moment.number)):
        first, *others = same
        moment, judgement = first, _at_a_kink(first, _judgement(first, frameworks), frameworks)
        for other in others if judgement.verdict is Verdict.DISAGREE else ():
            found = _judgement(other, frameworks)
            if found.verdict is not Verdict.DISAGREE:
                moment, judgement = other, found
        yield moment, judgement
        wrong += judgement.verdict is Verdict.DISAGREE
        if wrong == ENOUGH:
            return


def _verdict(
    moments: Sequence[Recorded], judgements: Sequence[Judgement], runs: int, failed: Sequence[str]
) -> tuple[Verdict, str]:
    """Return the verdict on all moments, and why where the judgements do not say it.

    The book's own values may lie on a kink, where correct gradients differ: a disagreement there
    that no moved run shows is not the hand's. Half of the moved runs must be able to tell.
    """
    pairs = list(zip(moments, judgements, strict=True))
    if not any(moment.depends for moment in moments):
        wrong = any(norm(moment.hand) for moment in moments)
        return (Verdict.DISAGREE if wrong else Verdict.INCONCLUSIVE), NO_PATH
    moved = [pair for pair in pairs if pair[0].run]
    verdict = overall([judgement.verdict for _, judgement in moved])
    tried = {moment.number for moment, _ in moved}
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


def _at_a_kink(moment: Recorded, found: Judgement, frameworks: Mapping[str, str]) -> Judgement:
    """Return the judgement on the book's own values, by the hand's own slopes if they explain it.

    At a kink (a bias of zero before a ReLU) a gradient may have any slope between the two sides'.
    """
    wrong = found.verdict is Verdict.DISAGREE
    if moment.run or not wrong or moment.hand.shape != moment.leaf.shape:
        return found
    framework = next(iter(frameworks.values()))
    programs = opened([moment.recording], backend(framework))
    if not programs[0].kinks:
        return found
    said, off = producing(programs, 0, moment.hand, found.tolerance)
    if not said:
        return found
    errors = dict.fromkeys(found.errors, off)
    reason = f"the book's own values lie on a kink; there {said}"
    return replace(found, verdict=Verdict.AGREE, errors=errors, reason=reason)


def _judgement(moment: Recorded, frameworks: Mapping[str, str]) -> Judgement:
    """Return the judgement on one moment."""
    point = Point({"x": moment.leaf}, {})
    asked = requests("claim", (point,))
    oracles: dict[str, Oracle] = {
        name: functools.partial(ask, framework, moment) for name, framework in frameworks.items()
    }
    answers = {name: oracle(asked) for name, oracle in oracles.items()}
    constants = [norm(c) for c in moment.program.constants if c.dtype.kind == "f"]
    evidence = Evidence(
        "claim",
        (point,),
        [Hand({"grad x": moment.hand})],
        {name: double for name, (double, _) in answers.items()},
        {name: single for name, (_, single) in answers.items()},
        oracles,
        _silent,
        max_or_nan(1.0, *constants),
    )
    return evidence.judgement(0, "grad x")


def _silent(_: Point, __: Dtype) -> Hand:
    """Return nothing: the book's own code does not run here, so its float32 noise is not known."""
    return Hand({})


def ask(framework: str, moment: Recorded, asked: Sequence[Request]) -> list[list[Quantities]]:
    """Answer requests about a recorded loss: itself and its gradient, at any value of its leaf.

    Raises ValueError where the framework does not compute the loss that NumPy computed.
    """
    run = backend(framework).run
    answers = []
    for request in asked:
        program = moment.program.in_precision(request.dtype)
        said = []
        for point in request.points:
            leaf: Array = np.asarray(point.params["x"], dtype=request.dtype)
            value, gradients = run(program, [leaf])
            if leaf.dtype == np.float64 and np.array_equal(leaf, moment.leaf):
                _check(framework, value, moment)
            said.append(named(value, {"x": gradients[0]}, {}))
        answers.append(said)
    return answers


def differences(moment: Recorded, frameworks: Mapping[str, str]) -> tuple[tuple[float, float], ...]:
    """Return step -> error of the hand's slope against a central difference of the recorded loss.

    In one random direction, not one of entries ±1 (a softmax does not see a shift); relative to the
    difference's slope. Right gradients give a valley, truncation on one side and rounding on the
    other; wrong ones a plain.
    """
    direction = np.random.default_rng(0).standard_normal(moment.leaf.shape)
    if not frameworks or moment.hand.shape != moment.leaf.shape:
        return ()
    framework = next(iter(frameworks.values()))
    run = backend(framework).run

    def loss(at: Point) -> Array:
        return np.asarray(run(moment.program, [at.params["x"]])[0])

    point = Point({"x": moment.leaf}, {})
    expected, found = float(np.sum(moment.hand * direction)), []
    for step in STEPS:
        difference = slope(loss, point, {"x": np.asarray(direction)}, step)
        if np.isfinite(difference) and difference:
            found.append((step, abs(expected - difference) / abs(difference)))
    return tuple(found)


def _check(framework: str, value: Any, moment: Recorded) -> None:
    """Raise where a framework's loss is not the book's."""
    if not same_value(value, moment.loss):
        msg = f"{framework} computes the loss {value}, the book {moment.loss}"
        raise ValueError(msg)
