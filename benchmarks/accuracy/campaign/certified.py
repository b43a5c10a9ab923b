"""A network of a variant, and some wrong gradients of it, each judged by a whole certificate."""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.accuracy.campaign.mutants import CHANGES
from benchmarks.accuracy.campaign.outcomes import deviation
from benchmarks.accuracy.campaign.summary import Breach
from benchmarks.accuracy.campaign.table import BRANCH
from benchmarks.accuracy.networks.mistakes import MISTAKES, planted
from crosscheck import Verdict, certify

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from benchmarks.accuracy.networks.variants import Variant
    from crosscheck import Certificate

    Gradient: TypeAlias = "Callable[..., Any]"

MUTANTS = 3  # of one network: a certificate costs a thousand times a judgement
POINTS = 4


def judge_variant(one: Variant, seed: int) -> tuple[str, list[tuple[str, str]], list[Breach]]:
    """Return the verdict on a correct network, kind and outcome of each mistake, the breaches."""
    module = one.net.architecture.module
    rng = np.random.default_rng([seed, one.net.index, 2])
    right = one.build(module.gradient)
    certificate = _certified(one, right)
    breaches = []
    if certificate.verdict is Verdict.DISAGREE:
        breaches.append(_breach(one, seed, "", certificate, 0.0))
    outcomes = []
    for kind, wrong in _mistakes(one, right, rng):
        what, breach = _judged(one, seed, kind, right, wrong)
        outcomes.append((f"{one.kind}: {kind}", what))
        breaches += breach
    return str(certificate.verdict), outcomes, breaches


def _mistakes(
    one: Variant, right: Gradient, rng: np.random.Generator
) -> list[tuple[str, Gradient]]:
    """Return some wrong gradients: what any gradient can suffer, and those of the module."""
    module, data = one.net.architecture.module, one.net.data
    names = list(one.net.params)
    found: list[tuple[str, Gradient]] = [
        (kind, functools.partial(_changed, right, names[rng.integers(len(names))], change))
        for kind, change in CHANGES.items()
    ]
    found += [
        (mistake.kind, one.build(planted(module, mistake)))
        for mistake in MISTAKES[module]
        if mistake.cost in {"", data.get("cost")}
    ]
    chosen = rng.permutation(len(found))[:MUTANTS]
    return [found[i] for i in chosen]


def _changed(right: Gradient, name: str, change: Callable[..., Any], **params: Any) -> Any:
    """Return a gradient with one parameter's array changed, always in the same way."""
    grads = dict(right(**params))
    grads[name] = change(grads[name], np.random.default_rng(0))
    return grads


def _judged(
    one: Variant, seed: int, kind: str, right: Gradient, wrong: Gradient
) -> tuple[str, list[Breach]]:
    """Return what became of a wrong gradient, and its breach if it was missed."""
    try:
        off = _deviations(one, right, wrong)
    except ValueError:  # its shapes stop it here
        return "equivalent", []
    certificate = _certified(one, wrong)
    if certificate.verdict is not Verdict.AGREE:
        return str(certificate.verdict), []
    stated = {finding.quantity: finding.resolution for finding in certificate.findings}
    if all(error <= one.precision for error in off.values()):
        return "equivalent", []
    if all(e <= max(one.precision, stated[f"grad {name}"]) for name, e in off.items()):
        return "unresolved", []
    if certificate.uncovered:
        return BRANCH, []
    return "MISSED", [_breach(one, seed, kind, certificate, max(off.values()))]


def _deviations(one: Variant, right: Gradient, wrong: Gradient) -> dict[str, float]:
    """Return how far a gradient is from the right one, at the given point and some around it."""
    rng = np.random.default_rng([one.net.index, 3])
    off: dict[str, float] = {}
    for k in range(POINTS):
        params = {
            name: array + (k > 0) * 0.05 * np.max(np.abs(array)) * rng.standard_normal(array.shape)
            for name, array in one.net.params.items()
        }
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            expected, actual = right(**params), wrong(**params)
        for name, array in expected.items():
            off[name] = max(off.get(name, 0.0), deviation(actual[name], array))
    return off


def _certified(one: Variant, gradient: Gradient) -> Certificate:
    """Return the certificate of a gradient."""
    params: Mapping[str, Any] = one.net.params
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loss = one.build(one.net.architecture.module.loss)
        return certify(loss, gradient, params, diagnose=0)


def _breach(one: Variant, seed: int, kind: str, certificate: Certificate, off: float) -> Breach:
    """Return the breach by a certificate."""
    verdict = certificate.verdict
    bad = next(f for f in certificate.findings if f.verdict in {verdict, None})
    return Breach(
        *(seed, one.net.index, one.kind, kind, bad.quantity, verdict.value, off, bad.resolution)
    )
