"""The document's examples × points × oracles -> one certificate."""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import TYPE_CHECKING, Any

from crosscheck.certificate import Certificate
from crosscheck.certification.diagnose import BUDGET, diagnose_findings
from crosscheck.certification.entries import with_entries
from crosscheck.core.evidence import Evidence, requests
from crosscheck.core.verdict import Verdict, overall
from crosscheck.core.versions import versions
from crosscheck.errors import NotGenericError, OracleUnavailableError
from crosscheck.examples import points as at
from crosscheck.examples.central_difference import difference
from crosscheck.examples.hand_written import hand_written
from crosscheck.examples.recorded_output import published
from crosscheck.results import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crosscheck.core.types import Array, Oracle, Point, Quantities
    from crosscheck.diagnosis import Diagnosis, Observation
    from crosscheck.results import Difference
    from reference.example import Example


def certify_examples(
    examples: Sequence[Example], oracles: Mapping[str, Oracle], *, points: int = 8, seed: int = 0
) -> Certificate:
    """Judge the examples at the document's point and at `points` sampled ones.

    Raises ValueError for fewer than 8 points or a negative seed. An oracle that is unavailable is
    named in the certificate, and the others judge without it.
    """
    names = [example.__name__.rpartition(".")[2] for example in examples]
    with ThreadPoolExecutor(max_workers=max(1, len(oracles))) as pool:
        # The oracles are asked first, and work while this process does its own part.
        where = [_points(example, points, seed) for example in examples]
        asked = [*chain(*(requests(name, p) for name, (p, _) in zip(names, where, strict=True)))]
        pending = {name: pool.submit(ask, asked) for name, ask in oracles.items()}
        actuals = [
            [hand_written(example, point) for point in places]
            for example, (places, _) in zip(examples, where, strict=True)
        ]
        results: dict[str, list[list[Quantities]]] = {}
        unavailable: dict[str, str] = {}
        for name, future in pending.items():
            try:
                results[name] = future.result()
            except OracleUnavailableError as error:
                unavailable[name] = str(error)
    available = {name: oracles[name] for name in results}
    findings: list[Finding] = []
    diagnoses: dict[str, Diagnosis] = {}
    for i, (example, (places, shortage)) in enumerate(zip(examples, where, strict=True)):
        double = {name: answer[2 * i] for name, answer in results.items()}
        single = {name: answer[2 * i + 1] for name, answer in results.items()}
        rerun = functools.partial(hand_written, example)
        evidence = Evidence(names[i], places, actuals[i], double, single, available, rerun)
        own = _findings(example, evidence, shortage)
        findings += own
        read = functools.partial(_read, example)
        shapes = {name: a.shape for side in places[0] for name, a in side.items()}
        diagnoses |= diagnose_findings(read, own, places[1:], shapes, seed, BUDGET)
    return Certificate(
        subject=f"{len(examples)} hand-written example{'s' * (len(examples) != 1)}",
        start="the document's point",
        findings=tuple(findings),
        points=points,
        seed=seed,
        oracles=tuple(results),
        unavailable=unavailable,
        versions=versions(results),
        diagnoses=diagnoses,
    )


def _read(example: Example, point: Point, first: bool) -> Observation:  # noqa: FBT001 - explained.Read
    """Return what a diagnosis needs to know of an example at a point."""
    from crosscheck.diagnosis import Observation, PointData
    from crosscheck.tracing import record

    def loss(**arguments: Any) -> Any:
        return example.forward(**arguments)[0]

    actual = hand_written(example, point).quantities
    recording = record(loss, point.params, point.data, origins=first)
    return Observation(
        PointData(recording), {name: actual[f"grad {name}"] for name in point.params}
    )


def _findings(example: Example, evidence: Evidence, shortage: str) -> list[Finding]:
    """Return the findings of one example; `shortage` says why no points were sampled, if so."""
    point, values = evidence.points[0], evidence.actual[0].quantities
    printed = published(example)
    findings = []
    for quantity in evidence.quantities():
        judgements = tuple(evidence.judgement(i, quantity) for i in range(len(evidence.points)))
        verdict, reason = overall([judgement.verdict for judgement in judgements]), shortage
        if verdict is Verdict.AGREE and not any(j.resolved for j in judgements[1:]):
            verdict = Verdict.INCONCLUSIVE
            reason = shortage or "at no sampled point is the resolution 1e-6 or better"
        low = [j for j in judgements if j.precision != "float64"]
        if verdict is Verdict.AGREE and low:
            verdict = Verdict.DISAGREE
            reason = f"computed in {low[0].precision}, where float64 came in"
        near = _difference(example, point, quantity, values.get(quantity))
        finding = Finding(
            example=evidence.name,
            quantity=quantity,
            verdict=verdict,
            value=values.get(quantity),
            judgements=judgements,
            published=printed.pop(quantity, None),
            difference=near,
            reason=reason,
        )
        findings.append(with_entries(finding, evidence))
    # What the document prints and no oracle computes, its numerical gradient, is only reported.
    differences = {f.quantity.replace("grad", "difference"): f.difference for f in findings}
    for quantity, shown in printed.items():
        near = differences.get(quantity)
        value = near.value if near else None
        findings.append(Finding(evidence.name, quantity, None, value, published=shown))
    return findings


def _points(example: Example, count: int, seed: int) -> tuple[tuple[Point, ...], str]:
    """Return the document's point and the sampled ones, and why there are none."""
    try:
        return (at.documented(example), *at.draw(example, count, seed)), ""
    except NotGenericError as error:
        return (at.documented(example),), f"no points could be sampled: {error}"


def _difference(
    example: Example, point: Point, quantity: str, grad: Array | None
) -> Difference | None:
    """Return the central difference beside a gradient; None where there is none to be had."""
    kind, _, parameter = quantity.partition(" ")
    if kind != "grad" or grad is None or parameter not in point.params:
        return None
    try:
        return difference(example, point, parameter, grad)
    except Exception:  # noqa: BLE001 - it decides nothing, and what raised is a finding already
        return None
