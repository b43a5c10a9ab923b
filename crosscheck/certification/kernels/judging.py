"""The findings on a kernel: every output and gradient, in every precision, and side effects."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.kernels.numbers import what_it_is
from crosscheck.certification.kernels.rule import judge_low
from crosscheck.certification.kernels.runner import is_float
from crosscheck.certification.kernels.shapes import other_shapes
from crosscheck.certification.side_effects import attempt
from crosscheck.core.norms import max_or_nan, norm
from crosscheck.core.sampling import AROUND, COTANGENT, moved
from crosscheck.core.verdict import Verdict, float32_noise, judge, overall
from crosscheck.results import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crosscheck.certification.kernels.reference import Reference
    from crosscheck.certification.kernels.runner import Pass, Runner

    Array = np.ndarray[Any, Any]

NONE = "None is returned where there should be a result"
DTYPES = ("float64", "float32", "float16", "bfloat16")


@dataclass(frozen=True)
class Kernel:
    """What is judged: a function with a backward pass of its own, beside its reference."""

    runner: Runner
    function: Callable[..., Any]
    reference: Reference
    inputs: Sequence[Any]
    names: Sequence[str]
    points: int
    seed: int

    @property
    def oracle(self) -> str:
        """What the reference is called in a certificate."""
        return self.reference.framework


@dataclass(frozen=True)
class Results:
    """What a kernel, the truth and the reference gave at one point, by quantity."""

    actual: dict[str, Array | None]
    truth: dict[str, Array]
    reference: dict[str, Array]
    faults: tuple[str, ...]


def findings(kernel: Kernel, dtypes: Sequence[str]) -> tuple[Finding, ...]:
    """Return the findings in each precision, and one on side effects."""
    found: list[Finding] = []
    faults: list[str] = []
    for dtype in dtypes:
        points = [_results(kernel, point, dtype) for point in _points(kernel, dtype)]
        failed = next((each for each in points if isinstance(each, Finding)), None)
        results = [each for each in points if isinstance(each, Results)]
        if failed is not None:
            found.append(failed)
            continue
        found += [_finding(results, q, dtype, kernel.oracle) for q in results[0].truth]
        faults += [f"{fault} (in {dtype})" for fault in results[0].faults]
    wrong, remarks = _side_effects(kernel)
    faults += wrong
    verdict = Verdict.DISAGREE if faults else Verdict.AGREE
    said = "; ".join(dict.fromkeys([*faults, *remarks]))
    return (
        *found,
        Finding("float64", "side effects", verdict, None, reason=said),
        *_own_checks(kernel),
    )


def _own_checks(kernel: Kernel) -> list[Finding]:
    """Return what the framework's own checks say, which decides nothing here."""
    cotangents = _cotangents(kernel, kernel.inputs, "float32")
    checks, _ = attempt(
        lambda: kernel.runner.own_checks(kernel.function, kernel.inputs, cotangents)
    )
    return [Finding("float64", name, None, None, reason=said) for name, said in checks or []]


def _side_effects(kernel: Kernel) -> tuple[list[str], list[str]]:
    """Return what is wrong beside the numbers, and remarks; nothing where the kernel fails."""
    cotangents = _cotangents(kernel, kernel.inputs, "float32")
    look = kernel.runner.side_effects
    seen, raised = attempt(
        lambda: look(kernel.function, kernel.reference.plain, kernel.inputs, cotangents)
    )
    faults, remarks = seen or ([], [raised])
    run = functools.partial(kernel.runner.run, kernel.function)
    others = other_shapes(run, kernel.reference.run, kernel.inputs, kernel.seed)
    return [*faults, *others[0]], [*remarks, *others[1]]


def _results(kernel: Kernel, point: Sequence[Any], dtype: str) -> Results | Finding:
    """Return the results at a point; a finding where one of the two does not run."""
    low = _low(dtype)
    cotangents = _cotangents(kernel, point, low)
    run = kernel.runner.run
    truth = kernel.reference.run(point, "float64", cotangents)
    noisy, refused = attempt(lambda: kernel.reference.run(point, low, cotangents))
    if refused:
        reason = f"the reference does not run in {low}: {refused}"
        return Finding(dtype, "outputs", Verdict.INCONCLUSIVE, None, reason=reason)
    mine, raised = attempt(lambda: run(kernel.function, point, dtype, cotangents))
    if raised:
        reason = f"it fails where the reference does not: {raised}"
        return Finding(dtype, "outputs", Verdict.DISAGREE, None, reason=reason)
    actual = _named(mine, kernel.names)
    known, measured = (_known(_named(each, kernel.names), actual) for each in (truth, noisy))
    return Results(actual, known, measured, mine.faults)


def _low(dtype: str) -> str:
    """Return the precision whose rounding is measured: of float64 that of float32."""
    return "float32" if dtype == "float64" else dtype


def _points(kernel: Kernel, dtype: str) -> Iterator[list[Any]]:
    """Yield the inputs and others around them, in float64, exact in the lower precision."""
    rng = np.random.default_rng([kernel.seed, AROUND])
    for number in range(kernel.points):
        yield [
            kernel.runner.rounded(moved(value, rng) if number else value, _low(dtype))
            if is_float(value)
            else value
            for value in kernel.inputs
        ]


def _cotangents(kernel: Kernel, point: Sequence[Any], low: str) -> list[Array]:
    """Return a random upstream gradient for each float output."""
    rng = np.random.default_rng([kernel.seed, COTANGENT])
    outputs = kernel.reference.run(point, "float64").outputs
    drawn = [np.asarray(rng.standard_normal(o.shape)) for o in outputs]
    return [kernel.runner.rounded(cotangent, low) for cotangent in drawn]


def _named(result: Pass, names: Sequence[str]) -> dict[str, Array | None]:
    """Return outputs and gradients by name."""
    several = len(result.outputs) > 1
    outputs = {f"output {i}" if several else "output": o for i, o in enumerate(result.outputs)}
    gradients = zip(names, result.gradients, strict=True)
    return {**outputs, **{f"grad {name}": gradient for name, gradient in gradients}}


def _known(
    quantities: dict[str, Array | None], actual: dict[str, Array | None]
) -> dict[str, Array]:
    """Return the reference's quantities; where it has no gradient and the kernel has one, zero."""
    known = {}
    for name, array in quantities.items():
        beside = actual.get(name)
        if array is not None:
            known[name] = array
        elif beside is not None:
            known[name] = np.zeros_like(beside)
    return known


def _finding(results: Sequence[Results], quantity: str, dtype: str, oracle: str) -> Finding:
    """Return the finding on one quantity in one precision."""
    first = results[0]
    actual = first.actual.get(quantity)
    if any(r.actual.get(quantity) is None and norm(r.truth[quantity]) for r in results):
        return Finding(dtype, quantity, Verdict.DISAGREE, actual, reason=NONE)
    triples = [_triple(each, quantity) for each in results]
    if dtype == "float64":
        scale = [max_or_nan(*map(norm, r.truth.values())) for r in results]
        judgements = [
            judge(a, {oracle: t}, float32_noise({oracle: n}, {oracle: t}), s)
            for (a, t, n), s in zip(triples, scale, strict=True)
        ]
    else:
        judgements = [judge_low(triples, dtype, oracle)]
    verdict = overall([judgement.verdict for judgement in judgements])
    if verdict is Verdict.AGREE and not any(norm(truth) for _, truth, _ in triples):
        reason = "zero at every point: that certifies nothing"
        return Finding(
            dtype, quantity, Verdict.INCONCLUSIVE, actual, tuple(judgements), reason=reason
        )
    finding = Finding(dtype, quantity, verdict, triples[0][0], tuple(judgements))
    if verdict is not Verdict.DISAGREE:
        return finding
    noise = max_or_nan(*(judgement.tolerance for judgement in judgements))
    others = {
        name.removeprefix("grad "): [r.truth[name] for r in results]
        for name in first.truth
        if name.startswith("grad ") and name != quantity
        if first.truth[name].shape == triples[0][1].shape
    }
    digits = 6 if dtype in {"float64", "float32"} else 3
    said = what_it_is([(a, t) for a, t, _ in triples], noise, others, digits)
    return replace(finding, reason=said)


def _triple(results: Results, quantity: str) -> tuple[Array, Array, Array]:
    """Return the three results for a quantity; None is a gradient of zero."""
    actual, truth = results.actual.get(quantity), results.truth[quantity]
    return np.zeros_like(truth) if actual is None else actual, truth, results.reference[quantity]
