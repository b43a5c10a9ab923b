"""Certify a boosting objective: the gradient and the second derivative of each prediction."""

from __future__ import annotations

import copy
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.by_position import gradient_by_position, part
from crosscheck.certification.hints import told
from crosscheck.certification.merge import merged
from crosscheck.certification.options import Options, check_functions
from crosscheck.certification.projection import data_of, float_array, random_cotangent
from crosscheck.certification.user_loss import UserLoss, name_of
from crosscheck.core.norms import norm
from crosscheck.core.sampling import COTANGENT, around
from crosscheck.core.types import Point, Request
from crosscheck.core.verdict import Verdict
from crosscheck.frameworks import by_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosscheck.certificate import Certificate
    from crosscheck.core.types import Array

BOUND = "an upper bound of the second derivative at every point, not the derivative itself"
CLOSE = 1e-9  # relative: what is below by rounding is no bound that is broken


def check_objective(
    objective: Callable[..., Any],
    pred: Any,
    *args: Any,
    loss: Callable[..., Any] | None = None,
    upper_bound: bool = False,
    **how: Any,
) -> Certificate:
    """Judge a boosting objective, which returns the gradient and the second derivatives.

    Args:
        objective: `objective(pred, *args)` returns the gradient of the loss by each prediction, and
            its second derivative by each, both of the shape of `pred`.
        pred: float array: the predictions.
        *args: further arguments: the labels, a DMatrix.
        loss: `loss(pred, *args)` returns the loss; without it the second derivative alone is
            judged, against the gradient.
        upper_bound: whether an upper bound may stand in for the second derivative, as it does in
            many objectives; it is said where it does.
        **how: points, seed, oracles, structure, sample, dtype, strict, diagnose and hint, as for
            `certify`.

    Returns:
        The certificate.

    Raises:
        ValueError: what `certify` raises.

    >>> import numpy as np
    >>> from crosscheck import check_objective
    >>> y = np.array([1.0, 2.0])
    >>> bool(check_objective(lambda p, y: (p - y, np.ones_like(p)), np.zeros(2), y))
    True

    """
    check_functions(objective=objective)
    x, options = float_array(pred), Options.of(how)
    gradient, second = part(objective, 0), part(objective, 1)
    cotangent = random_cotangent(np.random.default_rng([options.seed, COTANGENT]), x.shape)

    def projected(x: Any, cotangent: Array, *args: Any) -> Any:
        return np.sum(cotangent * gradient(x, *args))

    def diagonal(x: Array, cotangent: Array, *args: Any) -> Any:
        return cotangent * second(x, *args)

    certificates = [] if loss is None else [gradient_by_position(loss, gradient, x, args, options)]
    for function, name in (
        (projected, f"the gradient of {name_of(objective)}"),
        (diagonal, f"the second derivative of {name_of(objective)}"),
    ):
        function.__qualname__ = name
    certificate = gradient_by_position(projected, diagonal, x, (cotangent, *args), options)
    if certificate.verdict is Verdict.DISAGREE and certificate.oracles:
        certificate = _bounded(certificate, projected, second, (x, cotangent, args), upper_bound)
    return told(merged([*certificates, certificate], f"{name_of(objective)},"), options.hint)


def _bounded(
    certificate: Certificate,
    projected: Callable[..., Any],
    second: Callable[..., Any],
    given: tuple[Array, Array, tuple[Any, ...]],
    allowed: bool,  # noqa: FBT001 - the user's own choice, passed on
) -> Certificate:
    """Return the certificate of what is no second derivative, if it is an upper bound: as that."""
    x, cotangent, args = given
    data = {"cotangent": cotangent, **data_of(args)}
    loss = UserLoss(
        lambda x, cotangent, args=(): projected(x, cotangent, *args), second, {"x": x}, data
    )
    key = by_name(certificate.oracles[0]).key
    start = Point({"x": x}, {})
    points = [start, *islice(around(start, certificate.seed), certificate.points)]
    for point, (expected,) in zip(
        points, (loss.ask(key, [Request("", (p,), "float64")])[0] for p in points), strict=True
    ):
        true = expected["grad x"] / cotangent
        found = np.asarray(second(point.params["x"].copy(), *copy.deepcopy(args)))
        if found.shape != true.shape or np.any(found < true - CLOSE * norm(true)):
            return certificate
    verdict = Verdict.AGREE if allowed else Verdict.DISAGREE
    findings = tuple(
        replace(finding, verdict=verdict, reason=BOUND)
        if finding.quantity == "grad x" and finding.verdict is Verdict.DISAGREE
        else finding
        for finding in certificate.findings
    )
    return replace(certificate, findings=findings, diagnoses={})
