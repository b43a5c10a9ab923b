"""Judge one recorded call of a candidate: by the frameworks, or where that fails by differences."""

from __future__ import annotations

import contextlib
import warnings
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.core.sampling import COTANGENT
from crosscheck.core.verdict import Verdict
from crosscheck.discover.readings import VECTOR
from crosscheck.discover.results import DIFFERENCES, FRAMEWORKS, RIGHT, UNKNOWN, WRONG
from crosscheck.discover.trial import CLOSE, tried

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crosscheck.certificate import Certificate
    from crosscheck.certification.options import Options
    from crosscheck.discover.jobs import How
    from crosscheck.discover.readings import Reading
    from crosscheck.discover.trial import Trial

DIAGNOSE = 5.0  # seconds for naming a mistake
NEAR = 1e-3  # relative: points so near stay where a function is defined
EFFECTS = "side effects: "
OTHERS = 2  # points at which differences must contradict as well


@dataclass(frozen=True)
class Outcome:
    """What one call shows; its fields are those of a Result."""

    verdict: str
    by: str = ""
    reading: str = ""
    reason: str = ""
    resolution: float | None = None
    error: float | None = None
    differences: str = ""


def judge_readings(found: Sequence[Reading], names: tuple[str, str], how: How) -> Outcome:
    """Return what a call shows of a pair.

    One reading is judged. Of several, the one that differences fit is; if they fit none, the pair
    is ambiguous, unless the readings are one parameter's.

    Args:
        found: the readings that shapes allow.
        names: of the derivative and of the function.
        how: how it is judged.

    Returns:
        The outcome.

    """
    if not found:
        return Outcome(UNKNOWN, reason="no argument has a shape that the derivative could be by")
    all_tried = [(reading, _attempt(reading)) for reading in found]
    fitting = [(r, t) for r, t in all_tried if t is not None and t.fits]
    meant = [(r, t) for r, t in all_tried if not r.is_option] or all_tried
    if not fitting and len({tuple(r.params) for r, _ in meant}) > 1:
        by = "; ".join(str(r) for r, _ in meant)
        return Outcome(UNKNOWN, reason=f"ambiguous, and differences fit none: {by}")
    reading, trial = (fitting or meant)[0]
    said = _of_reading(reading, trial, names, how)
    if said.verdict == WRONG and any(t is None or not t.differs for _, t in meant[1:]):
        said = Outcome(UNKNOWN, reason="ambiguous: " + "; ".join(str(r) for r, _ in meant))
    return replace(said, differences="" if trial is None else trial.word)


def _of_reading(reading: Reading, trial: Trial | None, names: tuple[str, str], how: How) -> Outcome:
    """Return what one reading shows: by the frameworks, or by differences where those fail."""
    certificate, why = _certificate(reading, names, how)
    if certificate is None or certificate.verdict is Verdict.INCONCLUSIVE:
        return _by_differences(reading, trial, why or reasons(certificate))
    said = outcome_of(certificate, str(reading))
    if said.verdict == WRONG and not _contradicts(reading, trial):
        return _elsewhere(reading, names, how, said.reason)
    return said


def outcome_of(certificate: Certificate, reading: str) -> Outcome:
    """Return what a certificate says."""
    judged = [f for f in certificate.findings if f.judgements]
    errors = [e for f in judged for e in f.errors.values()]
    resolutions = [f.resolution for f in judged if np.isfinite(f.resolution)]
    verdict = {Verdict.AGREE: RIGHT, Verdict.DISAGREE: WRONG}.get(certificate.verdict, UNKNOWN)
    return Outcome(
        verdict,
        FRAMEWORKS if verdict != UNKNOWN else "",
        reading,
        "; ".join(certificate.uncovered) if verdict == RIGHT else reasons(certificate),
        max(resolutions, default=None),
        float(max(errors)) if errors and verdict == WRONG else None,
    )


def reasons(certificate: Certificate | None) -> str:
    """Return what a certificate says in a line: the mistake, or why nothing could be judged."""
    if certificate is None:
        return ""
    if certificate.diagnosis is not None:
        return certificate.diagnosis.headline
    worst = [f for f in certificate.findings if f.verdict is certificate.verdict]
    said = [f"{f.quantity}: {f.reason}" if f.reason else f.quantity for f in worst]
    said += [f"{name}: {why}" for name, why in certificate.unavailable.items()]
    return "; ".join(said)


def _attempt(reading: Reading) -> Trial | None:
    """Return the trial of a reading; None where one of the functions raises."""
    try:
        return tried(reading)
    except Exception:  # noqa: BLE001 - whatever the user's functions raise at other points
        return None


def _certificate(
    reading: Reading, names: tuple[str, str], how: How, *, near: bool = False
) -> tuple[Certificate | None, str]:
    """Return the certificate of a reading, or None and why there is none."""
    from crosscheck.certification.options import Options

    certificate, why = None, ""
    nearby = partial(_near, {n: x.shape for n, x in reading.params.items()})
    for sample in (nearby,) if near else (None, nearby):
        options = Options(
            **how.options(),
            seconds=how.seconds,
            diagnose=min(DIAGNOSE, how.seconds / 3),
            sample=sample,
        )
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                certificate, why = CERTIFIERS[reading.kind](reading, names, options), ""
        except Exception as error:  # noqa: BLE001 - what cannot be traced is judged otherwise
            certificate, why = None, f"not traced: {type(error).__name__}: {first_line(error)}"
        if certificate is not None and certificate.verdict is not Verdict.INCONCLUSIVE:
            break
    return certificate, why


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says."""
    return next(iter(str(error).splitlines()), "")[:200]


def _near(shapes: Any, params: Any, rng: np.random.Generator) -> dict[str, Any]:
    """Return parameters so near that a function is still defined there."""
    return {name: x * (1 + NEAR * rng.uniform(-1, 1, shapes[name])) for name, x in params.items()}


def _gradient(reading: Reading, names: tuple[str, str], options: Options) -> Certificate:
    return _certified(reading.f, reading.g, reading, names, options)


def _elementwise(reading: Reading, names: tuple[str, str], options: Options) -> Certificate:
    """Judge a derivative of each entry: with a random weight for each, of their sum."""
    from crosscheck.certification.projection import random_cotangent

    ((name, x),) = reading.params.items()
    weights = random_cotangent(np.random.default_rng(COTANGENT), x.shape)

    def loss(**params: Any) -> Any:
        return np.sum(weights * reading.f(**params))

    def gradient(**params: Any) -> Any:
        return {name: np.asarray(weights * reading.g(**params))}

    return _certified(loss, gradient, reading, names, options)


def _certified(
    loss: Callable[..., Any],
    gradient: Callable[..., Any],
    reading: Reading,
    names: tuple[str, str],
    options: Options,
) -> Certificate:
    from crosscheck.certification.gradient import certified
    from crosscheck.certification.user_loss import UserLoss

    # Both take copies of all that they were recorded with: they have no state of their own.
    user_loss = UserLoss(loss, gradient, dict(reading.params), {}, *names)
    subject = f"{names[0]}, the {reading} of {names[1]},"
    try:
        return certified(user_loss, subject, options)
    finally:
        user_loss.state.restore()


def _jacobian(reading: Reading, names: tuple[str, str], options: Options) -> Certificate:
    from crosscheck.certification.jacobian import certify_jacobian

    f, g = _by_position(reading, names)
    (x,) = reading.params.values()
    return certify_jacobian(f, g, x, **_how(options))


def _hessian(reading: Reading, names: tuple[str, str], options: Options) -> Certificate:
    from crosscheck.certification.hessian import certify_hessian

    f, g = _by_position(reading, names)
    (x,) = reading.params.values()

    def number(x: Any) -> Any:
        return np.reshape(f(x), ())

    number.__qualname__ = names[1]
    return certify_hessian(number, g, x, **_how(options))


def _product(reading: Reading, names: tuple[str, str], options: Options) -> Certificate:
    from crosscheck.certification.hessian import certify_hessian

    f, _ = _by_position(reading, names)
    ((name, x),) = reading.params.items()

    def number(x: Any) -> Any:
        return np.reshape(f(x), ())

    def hessp(x: Any, v: Any) -> Any:
        return reading.g(**{name: x, VECTOR: v})

    hessp.__qualname__, number.__qualname__ = names
    return certify_hessian(number, x=x, hessp=hessp, **_how(options))


def _curvature(reading: Reading, names: tuple[str, str], options: Options) -> Certificate:
    """Judge the second derivative of each entry: the Hessian of a weighted sum is diagonal."""
    from crosscheck.certification.hessian import certify_hessian
    from crosscheck.certification.projection import random_cotangent

    ((name, x),) = reading.params.items()
    weights = random_cotangent(np.random.default_rng(COTANGENT), x.shape)

    def loss(flat: Any) -> Any:
        return np.sum(weights * reading.f(**{name: flat.reshape(x.shape)}))

    def hessian(flat: Any) -> Any:
        return np.diag(np.reshape(weights * reading.g(**{name: flat.reshape(x.shape)}), -1))

    hessian.__qualname__, loss.__qualname__ = names
    return certify_hessian(loss, hessian, x.reshape(-1), **_how(options))


def _how(options: Options) -> dict[str, Any]:
    """Return options for a function whose parameter is called x."""
    how = {name: getattr(options, name) for name in ("seconds", "diagnose", "oracles")}
    if options.sample is not None:
        how["sample"] = lambda params, rng: _near(
            {n: np.shape(x) for n, x in params.items()}, params, rng
        )
    return how


def _by_position(
    reading: Reading, names: tuple[str, str]
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the function and its derivative, which take the parameter by position."""
    (name,) = reading.params

    def f(x: Any) -> Any:
        return reading.f(**{name: x})

    def g(x: Any) -> Any:
        return reading.g(**{name: x})

    g.__qualname__, f.__qualname__ = names
    return f, g


CERTIFIERS: dict[str, Callable[[Reading, tuple[str, str], Options], Certificate]] = {
    "gradient": _gradient,
    "elementwise": _elementwise,
    "jacobian": _jacobian,
    "hessian": _hessian,
    "hessp": _product,
    "curvature": _curvature,
}


def _elsewhere(reading: Reading, names: tuple[str, str], how: How, wrong: str) -> Outcome:
    """Return the outcome of a DISAGREE that differences at the recorded arguments deny.

    Branches that the arguments do not take are sought; what is wrong there alone may be a mistake,
    or the slope of a clipped value that is meant to go on.
    """
    near = _certificate(reading, names, how, near=True)[0]
    if wrong.startswith(EFFECTS):
        reason = f"its numbers are right; {wrong}"
    elif near is not None and near.verdict is Verdict.AGREE:
        reason = f"right around these arguments, wrong where another branch is taken: {wrong}"
    else:
        reason = f"central differences do not confirm: {wrong}"
    return Outcome(UNKNOWN, reading=str(reading), reason=reason)


def _contradicts(reading: Reading, trial: Trial | None) -> bool:
    """Return whether differences leave a DISAGREE of the frameworks standing."""
    if trial is not None and trial.differs:
        return True
    with contextlib.suppress(Exception):  # whatever the user's functions raise at other points
        return tried(reading, thorough=True).differs
    return False


def _by_differences(reading: Reading, trial: Trial | None, why: str) -> Outcome:
    """Judge what cannot be traced by central differences of order 8, with their resolution."""
    said = partial(Outcome, reading=str(reading), reason=why)
    if trial is None or not (trial.fits or trial.differs):
        return said(UNKNOWN)
    nearby = _nearby(reading)
    trials = [trial]
    with contextlib.suppress(Exception):
        trials = [tried(one, thorough=True) for one in (reading, *nearby)]
    if len(trials) > OTHERS and all(one.fits for one in trials):
        error = max(one.error for one in trials)
        return said(RIGHT, DIFFERENCES, resolution=CLOSE, error=error)
    if len(trials) > OTHERS and all(one.differs for one in trials):
        error = max(one.error for one in trials)
        text = f"relative error {error:.2g} against central differences"
        return Outcome(WRONG, DIFFERENCES, str(reading), text, CLOSE, error)
    return said(UNKNOWN)


def _nearby(reading: Reading) -> list[Reading]:
    """Return the reading at points near its own."""
    shapes = {name: x.shape for name, x in reading.params.items()}
    rng = np.random.default_rng(0)
    return [replace(reading, params=_near(shapes, reading.params, rng)) for _ in range(OTHERS)]
