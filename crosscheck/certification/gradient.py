"""Certify a hand-written NumPy gradient of any NumPy loss, without a line of PyTorch or JAX."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crosscheck.certificate import Certificate
from crosscheck.certification.ask_oracles import ask_oracles
from crosscheck.certification.contradiction import contradictions
from crosscheck.certification.diagnose import BUDGET, diagnose_findings
from crosscheck.certification.side_effects import SideEffects, side_effects
from crosscheck.certification.user_loss import UserLoss, name_of
from crosscheck.core.sampling import FEWEST
from crosscheck.core.verdict import Judgement, Verdict, overall
from crosscheck.core.versions import versions
from crosscheck.frameworks import FRAMEWORKS
from crosscheck.kinks.given_point import kinks_at, resolve_at_kink
from crosscheck.results import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from crosscheck.certification.coverage import Coverage
    from crosscheck.core.evidence import Evidence
    from crosscheck.kinks.given_point import Kinks

FEW, MANY = 2, 100_000  # points suffice for so many parameters: every one is judged at every point


def certify(  # noqa: PLR0913 - what is certified, and how hard
    loss: Callable[..., Any],
    gradient: Callable[..., Any],
    params: Mapping[str, Any],
    data: Mapping[str, Any] | None = None,
    *,
    points: int | None = None,
    seed: int = 0,
    oracles: Sequence[str] = ("torch", "jax"),
    rebuilt: Mapping[str, Callable[..., Any]] | None = None,
    zero: Collection[str] = (),
    diagnose: float = BUDGET,
) -> Certificate:
    """Judge a hand-written gradient against PyTorch and JAX, at `params` and at points around it.

    Args:
        loss: plain NumPy; `loss(**params, **data)` returns one float. It runs unchanged under both
            frameworks.
        gradient: plain NumPy; `gradient(**params, **data)` returns a mapping by parameter name, a
            sequence in the order of `params`, or one array where there is one parameter. Each array
            has its parameter's shape.
        params: name -> float array of any shape, or a nested dict, list, tuple or dataclass of
            them. What is differentiated.
        data: name -> whatever else the two functions take.
        points: how many points are sampled beside the given one, 8 or more; every parameter is
            moved by a tenth of its largest entry. By default 8, or 2 from 100,000 parameters on:
            every one of them is judged at every point.
        seed: of the sampled points.
        oracles: "torch", "jax" or both.
        rebuilt: {"torch": f, "jax": g}: the same loss written for a framework, called with its
            arrays in place of NumPy's; then the forward pass is certified, too.
        zero: names of parameters whose gradient may be zero everywhere. Otherwise that certifies
            nothing: any multiple of zero is zero.
        diagnose: seconds that may be spent on naming the mistake where a gradient disagrees; 0
            turns it off.

    Returns:
        The certificate: true where everything agrees; `findings`, one for each quantity;
        `diagnosis`, which names the mistake and its line; `assert_agrees()`, `to_json()`.

    Raises:
        TypeError: a parameter is not floating; the gradient is no mapping, sequence or array, or
            not of numbers; what is no function, or no mapping by name.
        ValueError: bad numbers or names; a parameter, or the loss at `params`, is not finite.
        LostGradientError: a line of the loss would lose the gradient.
        Exception: whatever the two functions raise, with a note that says where.

    >>> import numpy as np
    >>> from crosscheck import certify
    >>> certificate = certify(lambda w: np.sum(w**3), lambda w: 3 * w**2, {"w": np.ones(3)})
    >>> bool(certificate)
    True

    The rule is derived in `crosscheck.core.verdict`.

    """
    data = {} if data is None else data
    check_functions(loss=loss, gradient=gradient)
    _check_names(params, data)
    user_loss = UserLoss(loss, gradient, params, data, name_of(gradient), name_of(loss))
    subject = f"{user_loss.gradient_name}, the gradient of {user_loss.name},"
    try:
        return certified(
            user_loss, subject, points, seed, oracles, zero, rebuilt or {}, diagnose=diagnose
        )
    finally:
        user_loss.state.restore()


def certified(  # noqa: PLR0913, PLR0917 - what is certified, and how hard
    user_loss: UserLoss,
    subject: str,
    points: int | None,
    seed: int,
    oracles: Sequence[str],
    zero: Collection[str],
    rebuilt: Mapping[str, Callable[..., Any]],
    further: Callable[[], SideEffects] = SideEffects,
    diagnose: float = BUDGET,
) -> Certificate:
    """Return the certificate of a loss; `further` looks for more side effects."""
    leaves = user_loss.given.params
    _check_options(points, seed, oracles, zero, leaves, diagnose)
    if points is None:
        points = FEW if sum(leaf.size for leaf in leaves.values()) >= MANY else FEWEST
    if set(rebuilt) - set(oracles):
        msg = f"rebuilt has {sorted(rebuilt)}; its keys are among the oracles, {tuple(oracles)}"
        raise ValueError(msg)
    evidence, unavailable, coverage = ask_oracles(user_loss, points, seed, oracles, rebuilt)
    present = [oracle for oracle in oracles if FRAMEWORKS[oracle].name in evidence.oracles]
    kinks = functools.cache(lambda: kinks_at(user_loss, evidence.points[0], present[0]))
    findings = judged(evidence, zero, kinks)
    traced = [name for name in present if name not in rebuilt]
    unknown = {}
    if traced:
        oracle = FRAMEWORKS[traced[0]].name
        unknown = contradictions(user_loss, evidence, oracle, findings[0])
    for i, finding in enumerate(findings):
        if why := unknown.get(finding.quantity.removeprefix("grad ")):
            findings[i] = replace(finding, verdict=Verdict.INCONCLUSIVE, reason=why)
    effects = side_effects(user_loss, evidence, findings) + further()
    return Certificate(
        subject=subject,
        start="the given point",
        findings=(
            *findings,
            Finding(evidence.name, "side effects", effects.verdict, None, reason=effects.text()),
        ),
        points=len(evidence.points) - 1,
        seed=seed,
        oracles=tuple(evidence.oracles),
        unavailable=unavailable,
        versions=versions(evidence.oracles),
        arguments=user_loss.kinds(),
        uncovered=_uncovered(coverage, evidence, findings),
        diagnoses=diagnose_findings(
            user_loss.read, findings, evidence.points[1:], user_loss.shapes(), seed, diagnose
        ),
    )


def _uncovered(
    coverage: Coverage, evidence: Evidence, findings: Sequence[Finding]
) -> tuple[str, ...]:
    """Return the sides of switches at which no gradient was judged."""
    lost = [
        sentence
        for i, reached in zip(range(-evidence.added, 0), coverage.reached, strict=True)
        if not any(finding.judgements[i].resolved for finding in findings[1:])
        for sentence in reached
    ]
    return tuple(dict.fromkeys((*coverage.uncovered, *lost)))


def judged(evidence: Evidence, zero: Collection[str], kinks: Callable[[], Kinks]) -> list[Finding]:
    """Return the finding on every quantity."""
    return [_finding(evidence, quantity, zero, kinks) for quantity in evidence.quantities()]


def check_functions(**functions: Any) -> None:
    """Raise TypeError for what is no function."""
    for name, function in functions.items():
        if not callable(function):
            msg = f"{name} is {function!r}; pass a function"
            raise TypeError(msg)


def _check_names(params: Any, data: Any) -> None:
    """Raise TypeError for what is no mapping by name, ValueError for a name in both."""
    for what, given in (("params", params), ("data", data)):
        if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
            msg = f"{what} is {given!r}; pass a mapping by the names of the loss's arguments"
            raise TypeError(msg)
    if both := sorted(set(params) & set(data)):
        msg = f"params and data both have {both}; an argument is a parameter, or data"
        raise ValueError(msg)


def _check_options(  # noqa: PLR0913, PLR0917 - what certify is called with
    points: int | None,
    seed: int,
    oracles: Sequence[str],
    zero: Collection[str],
    leaves: Mapping[str, Any],
    diagnose: float,
) -> None:
    if points is not None and points < FEWEST:
        msg = f"points is {points}; pass {FEWEST} or more"
        raise ValueError(msg)
    if not diagnose >= 0:
        msg = f"diagnose is {diagnose}; pass a number of seconds, or 0 for no diagnosis"
        raise ValueError(msg)
    if seed < 0:
        msg = f"seed is {seed}; a seed is 0 or more"
        raise ValueError(msg)
    if not oracles or set(oracles) - set(FRAMEWORKS):
        msg = f"oracles is {oracles!r}; pass one or both of {tuple(FRAMEWORKS)}"
        raise ValueError(msg)
    if set(zero) - set(leaves):
        msg = f"zero names {sorted(set(zero) - set(leaves))}; the parameters are {sorted(leaves)}"
        raise ValueError(msg)


def _finding(
    evidence: Evidence, quantity: str, zero: Collection[str], kinks: Callable[[], Kinks]
) -> Finding:
    """Return the finding on one quantity.

    A sampled point that is inconclusive is passed over, as long as half of them are not. The given
    point may lie on a kink, where correct gradients differ (a bias of exactly zero before a ReLU):
    an error there and nowhere near it is resolved by itself.
    """
    each = [evidence.judgement(i, quantity) for i in range(len(evidence.points))]
    judgements = (each[0], *evidence.confirmed(quantity, each)[1:])
    given, sampled = judgements[0], judgements[1 : len(each) - evidence.added]
    added = [j.verdict for j in judgements[len(each) - evidence.added :]]
    verdict, reason = overall([j.verdict for j in sampled]), ""
    if Verdict.DISAGREE in added:
        verdict = Verdict.DISAGREE
    telling = [j for j in sampled if j.verdict is Verdict.AGREE and j.resolved]
    accepted = quantity.removeprefix("grad ") in zero and all(map(_agrees, judgements))
    if verdict is not Verdict.DISAGREE and not accepted:
        if 2 * len(telling) < len(sampled):
            verdict = Verdict.INCONCLUSIVE
            if all(map(_agrees, judgements)):
                reason = (
                    "the gradient is zero, or rounding, at every sampled point; declare that with "
                    "zero=, or pass parameters that use it"
                )
        elif _agrees(given):
            verdict = Verdict.AGREE
        else:
            given, verdict, reason = resolve_at_kink(evidence, quantity, given, kinks)
            judgements = (given, *judgements[1:])
    value = evidence.actual[0].quantities.get(quantity)
    return Finding(evidence.name, quantity, verdict, value, judgements, reason=reason)


def _agrees(judgement: Judgement) -> bool:
    return judgement.verdict is Verdict.AGREE
