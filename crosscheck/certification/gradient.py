"""Certify a hand-written NumPy gradient of any NumPy loss, without a line of PyTorch or JAX."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crosscheck.certificate import Certificate
from crosscheck.certification.ask_oracles import ask_oracles
from crosscheck.certification.contradiction import contradictions
from crosscheck.certification.diagnose import BUDGET, diagnose_findings
from crosscheck.certification.domain import Trial, right_where, sampled_by
from crosscheck.certification.findings import hidden, judged, uncovered, undecided
from crosscheck.certification.hints import told
from crosscheck.certification.limits import conventions, limits
from crosscheck.certification.options import Options, check_functions, check_names
from crosscheck.certification.reference import user_loss_of
from crosscheck.certification.side_effects import SideEffects, side_effects
from crosscheck.certification.structures import declared, named, projected, structured
from crosscheck.certification.third_vote import outlier
from crosscheck.certification.unfinished import unfinished
from crosscheck.core.verdict import Verdict
from crosscheck.core.versions import versions
from crosscheck.core.watch import TimeLimitError, check, time_left, watched
from crosscheck.errors import DomainError
from crosscheck.frameworks import ORACLES, usual
from crosscheck.kinks.given_point import kinks_at
from crosscheck.results import Finding

MISSING = "no gradient was found, as for others; grads= says where it is, or None if it has none"

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from crosscheck.certification.hints import Hint
    from crosscheck.certification.structures import Structure
    from crosscheck.certification.user_loss import UserLoss
    from crosscheck.core.evidence import Evidence
    from crosscheck.core.types import Point


def certify(  # noqa: PLR0913 - what is certified, and how hard
    loss: Callable[..., Any],
    gradient: Callable[..., Any] | None,
    params: Mapping[str, Any],
    data: Mapping[str, Any] | None = None,
    *,
    grads: Mapping[str, str | None] | Sequence[str] | None = None,
    points: int | None = None,
    seed: int = 0,
    oracles: Sequence[str] | None = None,
    rebuilt: Mapping[str, Callable[..., Any]] | None = None,
    zero: Collection[str] = (),
    structure: Mapping[str, str] | None = None,
    sample: Callable[..., Mapping[str, Any]] | None = None,
    dtype: str = "own",
    strict: bool = False,
    diagnose: float = BUDGET,
    seconds: float | None = None,
    hint: Hint = "full",
) -> Certificate:
    """Judge a hand-written gradient against PyTorch and JAX, at `params` and at points around it.

    Args:
        loss: plain NumPy; `loss(**params, **data)` returns one float. It runs unchanged under both
            frameworks. Where it takes no parameters, as a method of a network does, it is
            `loss(**data)`, and uses the very arrays that `params` names; where it takes one mapping
            of all, `loss(params, **data)`.
        gradient: plain NumPy; `gradient(**params, **data)` returns a mapping by parameter name, a
            sequence in the order of `params`, or one array where there is one parameter. Each array
            has its parameter's shape. None where `loss` returns the loss and the gradients. A
            method may leave gradients in its object, under names that tell: `W` and `dW`.
        params: name -> float array of any shape, or a nested dict, list, tuple or dataclass of
            them. What is differentiated.
        data: name -> whatever else the two functions take.
        grads: parameter -> path where a method leaves its gradient, where the names do not tell.
        points: how many points are sampled beside the given one, 8 or more; every parameter is
            moved by a tenth of its largest entry. By default 8, or 2 from 100,000 parameters on:
            every one of them is judged at every point.
        seed: of the sampled points.
        oracles: "torch", "jax", "numpy", or several; by default both frameworks. "numpy" is the
            reverse pass of this package, no independent judge; it is the default where neither
            framework is installed.
        rebuilt: {"torch": f, "jax": g}: the same loss written for a framework, called with its
            arrays in place of NumPy's; then the forward pass is certified, too.
        zero: names of parameters whose gradient may be zero everywhere. Otherwise that certifies
            nothing: any multiple of zero is zero.
        structure: name -> the structure that a parameter always has: "positive", "between 0 and 1",
            "rows that sum to one", "lower triangular", "upper triangular", "symmetric", "positive
            definite" or "orthogonal". Points keep it, and the gradient's part along it is judged.
        sample: `sample(params, rng)` returns parameters to judge the gradient at, where the loss
            has a domain of its own.
        dtype: "own": code that computes in float32 is judged in float32; "strict": float32 where
            float64 came in is a mistake.
        strict: whether a branch that no point takes makes the certificate inconclusive.
        diagnose: the work that may be spent on naming the mistake where a gradient disagrees, in
            seconds of one core; 0 turns it off.
        seconds: a limit for the whole call, looked at between one evaluation and the next. What is
            not judged by then is INCONCLUSIVE, and the certificate says how far it came.
        hint: how much is told of a mistake: "none", "kind", "line" or "full"; see
            `Certificate.with_hint`.

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
    gradient = loss if gradient is None else gradient
    check_functions(loss=loss, gradient=gradient)
    check_names(params, data)
    user_loss = user_loss_of(loss, gradient, params, data, grads)
    subject = f"{user_loss.gradient_name}, the gradient of {user_loss.name},"
    options = Options(
        points,
        seed,
        usual() if oracles is None else oracles,
        rebuilt or {},
        zero,
        structure or {},
        sample,
        dtype,
        strict,
        diagnose,
        seconds,
        hint,
    )
    try:
        with watched(seconds):
            return told(certified(user_loss, subject, options), hint)
    finally:
        user_loss.state.restore()


def certified(
    user_loss: UserLoss,
    subject: str,
    options: Options,
    further: Callable[[], SideEffects] = SideEffects,
) -> Certificate:
    """Return the certificate of a loss; `further` looks for more side effects."""
    options.check(user_loss.given.params)
    known: list[Evidence] = []
    with watched(options.seconds) as watch:
        try:
            return _finished(user_loss, subject, options, further, known)
        except TimeLimitError:
            evidence = known[0] if known else None
            return unfinished(user_loss, subject, options, evidence, watch.seconds or 0.0)


def _finished(
    user_loss: UserLoss,
    subject: str,
    options: Options,
    further: Callable[[], SideEffects],
    known: list[Evidence],
) -> Certificate:
    """Return the certificate if there is time for it; evidence is `known` as soon as it is there.

    Raises TimeLimitError where there is not.
    """
    given = user_loss.given
    structures = declared(given, options.structure)
    sampled = None
    if options.sample is not None:
        sampled = sampled_by(options.sample, user_loss, options.seed)
    elif structures:
        sampled = structured(given, options.seed, structures)
    run = functools.partial(_trial, user_loss, options, known)
    reason = ""
    try:
        trial = run(sampled, structures)
    except DomainError as error:
        trial, reason = right_where(run, given, options.seed, why=str(error))
    findings = trial.findings
    diagnoses = diagnose_findings(
        user_loss.read,
        findings,
        trial.evidence.points[1:],
        user_loss.shapes(),
        options.seed,
        0 if reason else min(options.diagnose, time_left() / 2),
    )
    present = {key for key in options.oracles if ORACLES[key].name in trial.evidence.oracles}
    traced = bool(present - {*options.rebuilt})
    read = conventions(user_loss) if traced else ()
    if sampled is None and not reason and trial.disagreeing():
        reason = right_where(run, given, options.seed, trial, triangles=bool(read))[1]
        diagnoses = {} if reason else diagnoses
    if reason:
        wrong = trial.disagreeing() or trial.gradients()
        findings = [
            replace(f, verdict=Verdict.INCONCLUSIVE, reason=reason) if f.quantity in wrong else f
            for f in findings
        ]
    effects = side_effects(user_loss, trial.evidence, findings, options.dtype) + further()
    evidence = trial.evidence
    missing = uncovered(trial.coverage, evidence, findings)
    return Certificate(
        subject=subject,
        start="the given point",
        findings=(
            *findings,
            *(
                Finding(evidence.name, f"grad {name}", Verdict.INCONCLUSIVE, None, reason=MISSING)
                for name in user_loss.missing
            ),
            Finding(evidence.name, "side effects", effects.verdict, None, reason=effects.text()),
        ),
        points=len(evidence.points) - 1,
        seed=options.seed,
        oracles=tuple(evidence.oracles),
        unavailable=trial.unavailable,
        versions=versions(evidence.oracles),
        arguments=user_loss.kinds(),
        uncovered=missing,
        untested=(
            *hidden(findings),
            *undecided(findings),
            *(limits(user_loss, evidence.points, missing) if traced else ()),
        ),
        conventions=read,
        is_strict=options.strict,
        domain=named(structures),
        diagnoses=diagnoses,
        parameters=user_loss.parameters,
        unjudged=user_loss.unjudged,
    )


def _trial(  # noqa: PLR0913, PLR0917 - what is certified, how hard, and where
    user_loss: UserLoss,
    options: Options,
    known: list[Evidence],
    sampled: Iterator[Point] | None,
    structures: Mapping[str, Structure],
    count: int | None = None,
) -> Trial:
    """Return what is found at the given point and at sampled ones."""
    leaves = user_loss.given.params
    count = count or options.count(leaves)
    evidence, unavailable, coverage = ask_oracles(
        user_loss,
        count,
        options.seed,
        options.oracles,
        options.rebuilt,
        sampled,
        structures,
    )
    known += [evidence] if evidence.points else []
    if len(evidence.points) <= count:
        raise TimeLimitError
    check()  # before branches were looked for, perhaps
    if structures:
        evidence = projected(evidence, structures)
    present = [key for key in options.oracles if ORACLES[key].name in evidence.oracles]
    kinks = functools.cache(lambda: kinks_at(user_loss, evidence.points[0], present[0]))
    findings = judged(evidence, options.zero, kinks)
    traced = [key for key in present if key not in options.rebuilt]
    unknown: dict[str, str] = {}
    if traced and not structures:
        oracle = ORACLES[traced[0]].name
        unknown = contradictions(user_loss, evidence, oracle, findings[0])
    for i, finding in enumerate(findings):
        why = unknown.get(finding.quantity.removeprefix("grad "), "")
        if why := why or outlier(user_loss, evidence, finding):
            findings[i] = replace(finding, verdict=Verdict.INCONCLUSIVE, reason=why)
    return Trial(evidence, unavailable, coverage, findings)
