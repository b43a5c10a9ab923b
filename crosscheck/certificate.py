"""Points × oracles × quantities -> one certificate."""

from __future__ import annotations

import functools
import importlib.metadata
import platform
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from math import inf, isfinite
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np

from crosscheck import __version__
from crosscheck import points as at
from crosscheck.differences import Difference, difference
from crosscheck.hand import by_hand
from crosscheck.processes import MODULES, OracleUnavailableError
from crosscheck.published import Published, published
from crosscheck.quantities import Point, Request
from crosscheck.verdict import (
    Judgement,
    Verdict,
    float32_noise,
    judge,
    max_or_nan,
    norm,
    overall,
    unjudged,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from crosscheck.quantities import Oracle, Quantities
    from reference.example import Array, Example

    Answers: TypeAlias = Mapping[str, Quantities]  # oracle -> its quantities at one point

T = TypeVar("T")


@dataclass(frozen=True)
class Finding:
    """One quantity of one example, judged at every point: the document's first, then the drawn.

    `value` is the hand-written one at the document's point, None where it was not to be had.
    `verdict` is None for what is reported and decides nothing: a central difference.
    """

    example: str
    quantity: str
    verdict: Verdict | None
    value: Array | None
    judgements: tuple[Judgement, ...] = ()
    published: Published | None = None
    difference: Difference | None = None
    reason: str = ""

    @property
    def errors(self) -> dict[str, float]:
        """Oracle -> largest |hand − oracle| over the points, relative to the quantity's size."""
        names = dict.fromkeys(chain.from_iterable(j.errors for j in self.judgements))
        return {
            name: float(np.max([_relative(j.errors[name], j.size) for j in self.judgements]))
            for name in names
        }

    @property
    def resolution(self) -> float:
        """The smallest relative mistake seen at each point that resolves any; inf where none does."""
        return max((j.resolution for j in self.judgements if j.resolved), default=inf)

    @property
    def worst(self) -> tuple[int, Judgement] | None:
        """The point, by number, and the judgement there that decided the verdict."""
        ranked = [(i, j) for i, j in enumerate(self.judgements) if j.verdict is self.verdict]
        return max(ranked, key=lambda pair: _excess(pair[1]), default=None)


@dataclass(frozen=True)
class Certificate:
    """The findings, and what it takes to repeat them: points, seed, versions.

    `unavailable`: oracle -> why it did not answer, and what to do about it.
    """

    findings: tuple[Finding, ...]
    points: int
    seed: int
    oracles: tuple[str, ...]
    unavailable: Mapping[str, str]
    versions: Mapping[str, str]

    @property
    def verdict(self) -> Verdict:
        """DISAGREE where any finding does or a published number is not reproduced, and so on."""
        verdicts = [finding.verdict for finding in self.findings if finding.verdict is not None]
        if any(f.published and not f.published.reproduced for f in self.findings):
            verdicts.append(Verdict.DISAGREE)
        if self.unavailable:
            verdicts.append(Verdict.INCONCLUSIVE)
        return overall(verdicts)

    @property
    def exit_status(self) -> int:
        """0 everything agrees, 1 something disagrees, 3 not certified."""
        return {Verdict.AGREE: 0, Verdict.DISAGREE: 1, Verdict.INCONCLUSIVE: 3}[self.verdict]


def certify_examples(
    examples: Sequence[Example], oracles: Mapping[str, Oracle], *, points: int = 8, seed: int = 0
) -> Certificate:
    """Judge the examples at the document's point and at `points` drawn ones.

    Raises ValueError for fewer than 8 points or a negative seed. An oracle that is unavailable is
    named in the certificate, and the others judge without it.
    """
    with ThreadPoolExecutor(max_workers=max(1, len(oracles))) as pool:
        # The oracles are asked first, and work while this process does its own part.
        drawn = [_points(example, points, seed) for example in examples]
        requests = [
            _requests(_name(example), where)
            for example, (where, _) in zip(examples, drawn, strict=True)
        ]
        asked = {name: pool.submit(ask, [*chain(*requests)]) for name, ask in oracles.items()}
        hands = [
            [_attempt(by_hand, example, point) for point in where]
            for example, (where, _) in zip(examples, drawn, strict=True)
        ]
        answers: dict[str, list[list[Quantities]]] = {}
        unavailable: dict[str, str] = {}
        for name, future in asked.items():
            try:
                answers[name] = future.result()
            except OracleUnavailableError as error:
                unavailable[name] = str(error)
    available = {name: oracles[name] for name in answers}
    findings: list[Finding] = []
    for i, (example, (where, shortage), hand) in enumerate(zip(examples, drawn, hands, strict=True)):
        pair = {name: (answer[2 * i], answer[2 * i + 1]) for name, answer in answers.items()}
        evidence = Evidence(example, where, hand, pair, shortage)
        findings += _judged(evidence, functools.partial(_noise_nearby, available, _name(example)))
    return Certificate(
        tuple(findings), points, seed, tuple(answers), unavailable, versions(answers)
    )


@dataclass(frozen=True)
class Evidence:
    """What every author said of one example.

    `hand`: at each point the quantities, or the exception instead. `oracles`: name -> (float64 at
    every point and last at the document's rounded to float32, float32 at every point rounded).
    `shortage`: why there are no drawn points, if there are none.
    """

    example: Example
    points: tuple[Point, ...]
    hand: list[Quantities | Exception]
    oracles: Mapping[str, tuple[list[Quantities], list[Quantities]]]
    shortage: str

    def names(self) -> list[str]:
        """Return every quantity that an author has, in the hand's order."""
        everyone = [q for q in self.hand if not isinstance(q, Exception)]
        everyone += [double[0] for double, _ in self.oracles.values()]
        return list(dict.fromkeys(chain(*everyone)))

    def double(self, i: int) -> Answers:
        """Return the oracles' float64 quantities at point i."""
        return {name: double[i] for name, (double, _) in self.oracles.items()}

    def noise(self, i: int, quantity: str) -> float:
        """Return the float32 noise of a quantity at point i rounded to float32."""
        # Only the document's point is not exact in float32: its rounded twin comes last.
        twin = i if i > 0 else -1
        return _noise(
            {name: single[i] for name, (_, single) in self.oracles.items()},
            {name: double[twin] for name, (double, _) in self.oracles.items()},
            quantity,
        )


def _judged(evidence: Evidence, noise_nearby: Callable[[Point, str], float]) -> list[Finding]:
    """Return the findings of one example."""
    example, point, hand = evidence.example, evidence.points[0], evidence.hand[0]
    printed = published(example)
    findings = []
    for quantity in evidence.names():
        judgements = tuple(
            _judge(evidence, i, quantity, noise_nearby) for i in range(len(evidence.points))
        )
        verdict = overall([judgement.verdict for judgement in judgements])
        reason = evidence.shortage
        if verdict is Verdict.AGREE and not any(j.resolved for j in judgements[1:]):
            verdict = Verdict.INCONCLUSIVE
            reason = reason or "at no drawn point would a mistake of 1e-6 have been seen"
        value = None if isinstance(hand, Exception) else hand.get(quantity)
        kind, _, parameter = quantity.partition(" ")
        near = None
        if kind == "grad" and value is not None and parameter in point.params:
            near = _attempt(difference, example, point, parameter, value)
            near = None if isinstance(near, Exception) else near
        findings.append(
            Finding(
                _name(example), quantity, verdict, value, judgements,
                printed.get(quantity), near, reason,
            )
        )
        shown = printed.get(f"difference {parameter}") if near else None
        if shown:
            findings.append(
                Finding(_name(example), f"difference {parameter}", None, near.value, (), shown)
            )
    return findings


def _judge(
    evidence: Evidence, i: int, quantity: str, noise_nearby: Callable[[Point, str], float]
) -> Judgement:
    """Return the judgement on one quantity at point i."""
    hand, answers = evidence.hand[i], evidence.double(i)
    knowing = {name: answer[quantity] for name, answer in answers.items() if quantity in answer}
    if isinstance(hand, Exception):
        return unjudged(Verdict.DISAGREE, answers, f"by hand: {type(hand).__name__}: {hand}")
    if quantity not in hand:
        return unjudged(Verdict.DISAGREE, answers, "by hand: not computed")
    if answers and not knowing:
        return unjudged(Verdict.DISAGREE, answers, "computed by hand, unknown to the oracles")
    if not knowing:
        return unjudged(Verdict.INCONCLUSIVE, answers, "no oracle to ask")
    kin = [quantity]
    if quantity.startswith("grad "):
        kin = [name for name in evidence.names() if name.startswith("grad ")]
    scale = max_or_nan(*(norm(answer[q]) for answer in answers.values() for q in kin if q in answer))
    return judge(
        hand[quantity],
        knowing,
        evidence.noise(i, quantity),
        scale,
        functools.partial(noise_nearby, evidence.points[i], quantity),
    )


def _requests(name: str, points: tuple[Point, ...]) -> list[Request]:
    """Return what is asked about one example: see Evidence.oracles."""
    rounded = tuple(point.representable() for point in points)
    return [Request(name, (*points, rounded[0]), "float64"), Request(name, rounded, "float32")]


def _noise_nearby(oracles: Mapping[str, Oracle], name: str, point: Point, quantity: str) -> float:
    """Return the largest float32 noise of a quantity at points near `point`."""
    near = at.nearby(point)
    requests = [Request(name, near, "float64"), Request(name, near, "float32")]
    answers = {oracle: ask(requests) for oracle, ask in oracles.items()}
    return max_or_nan(
        *(
            _noise(
                {oracle: single[i] for oracle, (_, single) in answers.items()},
                {oracle: double[i] for oracle, (double, _) in answers.items()},
                quantity,
            )
            for i in range(len(near))
        )
    )


def _noise(single: Answers, double: Answers, quantity: str) -> float:
    """Return the float32 noise of one quantity, from the oracles' answers at one point."""
    return float32_noise(
        {name: answer[quantity] for name, answer in single.items()},
        {name: answer[quantity] for name, answer in double.items()},
    )


def _points(example: Example, count: int, seed: int) -> tuple[tuple[Point, ...], str]:
    """Return the document's point and the drawn ones, and why there are none if there are none."""
    try:
        return (at.documented(example), *at.draw(example, count, seed)), ""
    except at.NotGenericError as error:
        return (at.documented(example),), f"no points could be drawn: {error}"


def _attempt(function: Callable[..., T], *args: object) -> T | Exception:
    """Return what the function returns, or the exception that the hand-written code raised."""
    try:
        return function(*args)
    except Exception as error:  # noqa: BLE001 - a finding, not a crash
        return error


def _name(example: Example) -> str:
    """Return the name that the example has in every room."""
    return example.__name__.rpartition(".")[2]


def _relative(error: float, size: float) -> float:
    """Return error / size; 0 where nothing is off, even if the size is 0 too."""
    return 0.0 if error == 0 else error / size if size else inf


def _excess(judgement: Judgement) -> float:
    """Return by how much the largest error exceeds the tolerance; inf where no number decided."""
    errors = [*judgement.errors.values(), 0.0]
    if not all(map(isfinite, [*errors, judgement.tolerance])):
        return inf
    return max(errors) / judgement.tolerance if judgement.tolerance else max(errors)


def versions(oracles: Iterable[str]) -> dict[str, str]:
    """Return the versions of everything that takes part, the named oracles' frameworks included."""
    packages = ["numpy", *(MODULES[name][0] for name in oracles)]
    return {
        "backprop-crosscheck": __version__,
        "python": platform.python_version(),
        **{package: importlib.metadata.version(package) for package in packages},
    }
