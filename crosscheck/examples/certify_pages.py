"""The pages × cases × oracles -> one certificate, by the rule of the document's examples."""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from crosscheck.certificate import Certificate
from crosscheck.certification.diagnose import BUDGET, diagnose_findings
from crosscheck.core.evidence import Evidence, requests
from crosscheck.core.sampling import FEWEST
from crosscheck.core.verdict import Verdict, overall
from crosscheck.core.versions import versions
from crosscheck.errors import OracleUnavailableError
from crosscheck.examples.page_points import Case, cases, split
from crosscheck.examples.pages import hand_written_page
from crosscheck.results import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crosscheck.core.types import Oracle, Point, Quantities, Request
    from crosscheck.core.verdict import Judgement
    from crosscheck.diagnosis import Diagnosis, Observation
    from reference.example import Page

    Answers = Mapping[str, list[list[Quantities]]]  # oracle -> a request -> a point


@dataclass(frozen=True)
class Work:
    """One page, and where it is judged; `raised` says why there is no case."""

    page: Page
    name: str
    cases: tuple[Case, ...]
    raised: str = ""

    @property
    def requests(self) -> list[Request]:
        """What an oracle is asked about this page: two requests a case."""
        return [
            request._replace(options=case.options)
            for case in self.cases
            for request in requests(self.name, case.points)
        ]


def certify_pages(  # noqa: PLR0913 - what is judged, against whom, and how
    pages: Sequence[Page],
    oracles: Mapping[str, Oracle],
    *,
    points: int = 8,
    seed: int = 0,
    progress: Callable[[str], None] = lambda _: None,
    budget: float = BUDGET,
) -> Certificate:
    """Judge each page at its own numbers and at `points` sampled ones for each shape and option.

    `progress` is called with a line for each page that an oracle computes. `budget`: seconds for
    the diagnosis of a page that disagrees. An oracle that is unavailable is named in the
    certificate, and the others judge without it.

    Raises ValueError for fewer than 8 points or a negative seed.
    """
    if points < FEWEST or seed < 0:
        msg = f"points is {points} and seed {seed}; pass {FEWEST} points or more, a seed from 0 on"
        raise ValueError(msg)
    work = [_work(page, points, seed) for page in pages]

    def everything(name: str, ask: Oracle) -> list[list[list[Quantities]]]:
        found = []
        for one in work:
            progress(f"{name}: {one.name}")
            found.append(ask(one.requests))
        return found

    results: dict[str, list[list[list[Quantities]]]] = {}
    unavailable: dict[str, str] = {}
    with ThreadPoolExecutor(max_workers=max(1, len(oracles))) as pool:
        pending = {name: pool.submit(everything, name, ask) for name, ask in oracles.items()}
        for name, future in pending.items():
            try:
                results[name] = future.result()
            except OracleUnavailableError as error:
                unavailable[name] = str(error)
    available = {name: oracles[name] for name in results}
    findings: list[Finding] = []
    diagnoses: dict[str, Diagnosis] = {}
    for i, one in enumerate(work):
        answers = {name: answer[i] for name, answer in results.items()}
        own = _findings(one, _evidence(one, answers, available))
        findings += own
        diagnoses |= _diagnoses(one, own, seed, budget)
    return Certificate(
        subject=f"{len(pages)} hand-written page{'s' * (len(pages) != 1)}",
        start="the page's own numbers",
        findings=tuple(findings),
        points=points,
        seed=seed,
        oracles=tuple(results),
        unavailable=unavailable,
        versions=versions(results),
        diagnoses=diagnoses,
    )


def joined(document: Certificate, pages: Certificate) -> Certificate:
    """Return the certificates of the document's examples and of pages as one."""
    return replace(
        document,
        subject=f"{document.subject} and {pages.subject}",
        start="the given point",
        findings=(*document.findings, *pages.findings),
        unavailable={**document.unavailable, **pages.unavailable},
        oracles=tuple(name for name in document.oracles if name in pages.oracles),
        diagnoses={**document.diagnoses, **pages.diagnoses},
    )


def _work(page: Page, points: int, seed: int) -> Work:
    """Return the cases of a page, or why there are none."""
    name = page.__name__.removeprefix("reference.")
    try:
        return Work(page, name, tuple(cases(page, points, seed)))
    except Exception as error:  # noqa: BLE001 - a finding, not a crash
        return Work(page, name, (), f"{type(error).__name__}: {error}")


def _evidence(work: Work, answers: Answers, oracles: Mapping[str, Oracle]) -> list[Evidence]:
    """Return what was computed of each case."""
    found = []
    for i, case in enumerate(work.cases):
        rerun = functools.partial(hand_written_page, work.page, dict(case.options))
        found.append(
            Evidence(
                work.name,
                case.points,
                [rerun(point) for point in case.points],
                {name: answer[2 * i] for name, answer in answers.items()},
                {name: answer[2 * i + 1] for name, answer in answers.items()},
                {name: _with(case.options, ask) for name, ask in oracles.items()},
                rerun,
            )
        )
    return found


def _with(options: tuple[tuple[str, Any], ...], ask: Oracle) -> Oracle:
    """Return an oracle that is always asked with these options."""
    return lambda asked: ask([request._replace(options=options) for request in asked])


def _findings(work: Work, evidence: list[Evidence]) -> list[Finding]:
    """Return the findings of one page, in the order of the hand-written quantities."""
    name = work.name.rpartition(".")[2]
    if work.raised:
        return [Finding(name, "forward", Verdict.DISAGREE, None, reason=work.raised)]
    quantities = dict.fromkeys(q for each in evidence for q in each.quantities())
    return [_finding(name, quantity, work.cases, evidence) for quantity in quantities]


def _finding(name: str, quantity: str, cases: tuple[Case, ...], all_: list[Evidence]) -> Finding:
    """Return the finding on one quantity over all cases."""
    verdicts, reasons = [], []
    judgements: list[Judgement] = []
    for number, (case, evidence) in enumerate(zip(cases, all_, strict=True)):
        every = range(len(case.points))
        own = evidence.confirmed(quantity, [evidence.judgement(i, quantity) for i in every])
        judgements += [
            j for j in own if not case.is_degenerate or j.resolved or j.verdict is Verdict.DISAGREE
        ]
        verdict, reason = overall([judgement.verdict for judgement in own]), ""
        resolved = any(judgement.resolved for judgement in own)
        if case.is_degenerate and verdict is Verdict.INCONCLUSIVE:
            verdict = Verdict.AGREE
        elif verdict is Verdict.AGREE and number and not resolved and not case.is_degenerate:
            verdict, reason = Verdict.INCONCLUSIVE, "no resolution of 1e-6 or better; "
        low = [judgement for judgement in own if judgement.precision != "float64"]
        if verdict is Verdict.AGREE and low:
            verdict = Verdict.DISAGREE
            reason = f"computed in {low[0].precision}, where float64 came in; "
        verdicts.append(verdict)
        reasons.append(f"{reason}at {case.where}")
    verdict = overall(verdicts)
    reason = "" if verdict is Verdict.AGREE else reasons[verdicts.index(verdict)]
    value = all_[0].actual[0].quantities.get(quantity)
    return Finding(name, quantity, verdict, value, tuple(judgements), reason=reason)


def _diagnoses(
    work: Work, findings: list[Finding], seed: int, budget: float
) -> dict[str, Diagnosis]:
    """Return what explains the gradients that disagree, read at the first case of sampled points.

    A mistake that another case alone shows is not explained there.
    """
    if work.raised:
        return {}
    case = work.cases[1]
    options = dict(case.options)
    shapes = {name: a.shape for side in case.points[0] for name, a in side.items()}
    read = functools.partial(_read, work.page, options)
    return diagnose_findings(read, findings, case.points, shapes, seed, budget)


def _read(page: Any, options: Mapping[str, Any], point: Point, first: bool) -> Observation:  # noqa: FBT001 - diagnose.Read
    """Return what a diagnosis needs to know of a page at a point."""
    from crosscheck.diagnosis import Observation, PointData
    from crosscheck.tracing import record

    def loss(**arguments: Any) -> Any:
        given, douts = split(arguments)
        out, _ = page.forward(**given, **options)
        outs = out if isinstance(out, tuple) else (out,)
        return sum((o * dout).sum() for o, dout in zip(outs, douts, strict=True)) if douts else out

    actual = hand_written_page(page, options, point).quantities
    recording = record(loss, point.params, point.data, origins=first)
    return Observation(
        PointData(recording), {name: actual[f"grad {name}"] for name in point.params}
    )
