"""One network, the certificate's evidence on it, and what the diagnosis says of each mutant."""

from __future__ import annotations

import dataclasses
import functools
import threading
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.accuracy.diagnosis.mutants import mutants
from benchmarks.accuracy.diagnosis.networks import draw
from crosscheck.certification.ask_oracles import ask_oracles
from crosscheck.certification.diagnose import BUDGET, diagnose_findings
from crosscheck.certification.findings import judged
from crosscheck.certification.user_loss import UserLoss
from crosscheck.core.sampling import FEWEST
from crosscheck.core.verdict import Verdict
from crosscheck.diagnosis import Observation, PointData
from crosscheck.kinks.given_point import kinks_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.accuracy.diagnosis.mutants import Mutant
    from benchmarks.accuracy.networks.architectures import Net
    from crosscheck.core.evidence import Evidence
    from crosscheck.core.types import Point
    from crosscheck.diagnosis import Diagnosis
    from crosscheck.diagnosis.wording import Cause

STRIDE = 13  # consecutive networks are of different families: 13 and their number have no divisor

ORACLES = ("torch", "jax")

# Tracing and silenced warnings are the process's; a cluster's worker may have several threads.
_alone = threading.Lock()

RIGHT, SEVERAL, UNKNOWN, WRONG = "right", "among several", "unknown", "WRONG"


@dataclass(frozen=True)
class Outcome:
    """What became of one mutant: `said` in full if not rightly; `catalogue`: it has a name."""

    net: int
    family: str
    kind: str
    catalogue: bool
    result: str
    said: str = ""


@dataclass(frozen=True)
class Part:
    """What became of the mutants of networks `first` to `last` − 1."""

    first: int
    last: int
    outcomes: tuple[Outcome, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return dataclasses.asdict(self)


def from_json(kept: Mapping[str, Any]) -> Part:
    """Return what `to_json` gave."""
    return Part(**{**kept, "outcomes": tuple(Outcome(**one) for one in kept["outcomes"])})


def judge_chunk(seed: int, first: int, last: int) -> Part:
    """Judge networks `first` to `last` − 1 of a seed."""
    with _alone:
        outcomes = [one for number in range(first, last) for one in judge(seed, number)]
    return Part(first, last, tuple(outcomes))


@dataclass(frozen=True)
class Subject:
    """A network, certified: what its oracles said serves for every mutant of it."""

    net: Net
    user_loss: UserLoss
    evidence: Evidence
    datas: dict[tuple[bytes, bool], PointData] = field(default_factory=dict)

    def read(self, user_loss: UserLoss, point: Point, first: bool) -> Observation:  # noqa: FBT001 - explained.Read
        """Return the observation of a mutant; the loss is recorded once for all mutants."""
        key = b"".join(array.tobytes() for array in point.params.values()), first
        if key not in self.datas:
            self.datas[key] = PointData(user_loss.record(point, origins=first))
        actual = user_loss.hand_written(point).quantities
        return Observation(self.datas[key], {path: actual[f"grad {path}"] for path in point.params})


def judge(seed: int, number: int) -> list[Outcome]:
    """Judge every mutant of a network that the certificate notices."""
    with np.errstate(all="ignore"):
        one = subject(draw(seed, number * STRIDE))
        return [found for mutant in mutants(one.net, seed) if (found := outcome(one, mutant))]


def subject(net: Net) -> Subject:
    """Ask the oracles about a network, at the points of a certificate."""
    module = net.architecture.module
    user_loss = UserLoss(
        module.loss, module.gradient, net.params, net.data, net.architecture.family
    )
    evidence, *_ = ask_oracles(user_loss, FEWEST, net.index, ORACLES, {})
    return Subject(net, user_loss, evidence)


def outcome(one: Subject, mutant: Mutant) -> Outcome | None:
    """Return what becomes of a mutant; None where the certificate does not call it wrong."""
    user_loss = dataclasses.replace(one.user_loss, gradient=mutant.gradient)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # the mean of no rows
            actual = [
                user_loss.with_gradient(said.quantities["loss"], point)
                for point, said in zip(one.evidence.points, one.evidence.actual, strict=True)
            ]
    except ValueError as error:  # here the shapes stop it
        if "dimension" not in str(error) and "broadcast" not in str(error):
            raise
        return None
    # The noise nearby is measured once, with the right gradient's own.
    evidence = dataclasses.replace(one.evidence, actual=actual)
    kinks = functools.cache(lambda: kinks_at(user_loss, evidence.points[0], ORACLES[0]))
    findings = judged(evidence, (), kinks)
    wrong = [found.quantity for found in findings if found.verdict is Verdict.DISAGREE]
    read = functools.partial(one.read, user_loss)
    points, shapes = evidence.points[1:], user_loss.shapes()
    found = diagnose_findings(read, findings, points, shapes, one.net.index, BUDGET)
    if not found:
        return None
    (diagnosis,) = found.values()
    result = graded(mutant, wrong, diagnosis)
    said = "" if result == RIGHT or (result == UNKNOWN and not mutant.answers) else str(diagnosis)
    net = one.net
    return Outcome(
        net.index, net.architecture.family, mutant.kind, bool(mutant.answers), result, said
    )


def graded(mutant: Mutant, wrong: Sequence[str], diagnosis: Diagnosis) -> str:
    """Return how right a diagnosis is; `wrong` are the gradients that disagree.

    A diagnosis at no point is one that failed, which is wrong.
    """
    if not diagnosis.explanations:
        return UNKNOWN if diagnosis.points else WRONG
    if not any(_meets(mutant, wrong, causes) for causes in diagnosis.explanations):
        return WRONG
    return RIGHT if len(diagnosis.explanations) == 1 else SEVERAL


def _meets(mutant: Mutant, wrong: Sequence[str], causes: Sequence[Cause]) -> bool:
    """Return whether one cause explains a mutant, by a name and with a line that are right.

    No line is needed where one gradient alone is wrong, and is named, nor of what has none, such as
    a difference quotient.
    """
    (cause, *more) = causes
    if more or not any(answer.meets(cause) for answer in mutant.answers):
        return False
    if cause.places:
        place = cause.places[0]
        return (place.file, place.line) in mutant.lines
    if not mutant.lines:
        return True
    return len(wrong) == 1 and [f"grad {name}" for name in cause.gradients] == list(wrong)
