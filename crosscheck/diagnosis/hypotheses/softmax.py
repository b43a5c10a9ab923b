"""Hypotheses on a softmax or a sigmoid and its cross-entropy, which have a formula of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crosscheck.diagnosis.backward import Change
from crosscheck.diagnosis.hypotheses.base import Hypothesis, Kind, always
from crosscheck.diagnosis.patterns import Softmax, sigmoids, softmax, softmaxes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from crosscheck.diagnosis.backward import Array, Parts, Run
    from crosscheck.diagnosis.source_steps import Step

    Closed = Callable[..., Array]

JACOBIAN = "dz = p * (dp - np.sum(dp * p, axis={detail}, keepdims=True))"
LOGITS = "the gradient with respect to the logits is p - y"


def _softmax_kind(case: str, sentence: str, fix: str) -> Kind:
    return Kind(f"softmax, {case}", sentence, fix, frozenset({"upstream"}))


# The cotangent of the logits, from that of log p (u), that of p (v), the logits (z), p and an axis;
# `over` is another axis. The correct one is u − p Σ u.
WRONG_SUM = _softmax_kind(
    "summed over the wrong axis", "softmax: sum over the wrong axis", JACOBIAN
)
WRONG_AXIS = _softmax_kind(
    "over the wrong axis", "softmax over the wrong axis", "use axis {detail}, as the loss does"
)
SHIFTED, SHIFTED_BACK = (
    Kind(
        f"softmax, target shifted by {by}",
        f"softmax: targets shifted by {by}",
        LOGITS,
        frozenset({"upstream", "loss with shifted data"}),
    )
    for by in (1, -1)
)
OVER_OTHERS = {WRONG_SUM, WRONG_AXIS, SHIFTED, SHIFTED_BACK}
SOFTMAX: dict[Kind, Closed] = {
    _softmax_kind(
        "diagonal of its Jacobian only",
        "softmax: only the diagonal of the Jacobian is used",
        JACOBIAN,
    ): lambda u, v, z, p, axis, over: u * (1 - p),
    _softmax_kind(
        "sum of its Jacobian left out",
        "softmax: the term p * sum of the Jacobian is missing",
        JACOBIAN,
    ): lambda u, v, z, p, axis, over: u,
    _softmax_kind(
        "sign of the sum of its Jacobian",
        "softmax: the term p * sum of the Jacobian has the wrong sign",
        JACOBIAN,
    ): lambda u, v, z, p, axis, over: u + p * _sum(u, axis),
    _softmax_kind(
        "its Jacobian left out", "softmax: Jacobian missing", JACOBIAN
    ): lambda u, v, z, p, axis, over: v,
    _softmax_kind(
        "differentiated twice", "softmax differentiated twice", LOGITS
    ): lambda u, v, z, p, axis, over: _jacobian(u - p * _sum(u, axis), p, axis),
    _softmax_kind(
        "differentiated again as a sigmoid",
        "additional factor p * (1 - p): softmax differentiated again, as a sigmoid",
        LOGITS,
    ): lambda u, v, z, p, axis, over: (u - p * _sum(u, axis)) * p * (1 - p),
    WRONG_SUM: lambda u, v, z, p, axis, over: u - p * _sum(u, over),
    WRONG_AXIS: lambda u, v, z, p, axis, over: u - softmax(z, over) * _sum(u, axis),
    _softmax_kind(
        "forgotten", "logits used instead of their softmax", LOGITS
    ): lambda u, v, z, p, axis, over: u - z * _sum(u, axis),
    _softmax_kind(
        "the sign of its target", "softmax: p + y instead of p - y", LOGITS
    ): lambda u, v, z, p, axis, over: -u - p * _sum(u, axis),
    _softmax_kind(
        "target not smoothed", "softmax: target of one class, without label smoothing", LOGITS
    ): lambda u, v, z, p, axis, over: _sum(u, axis) * (_hottest(u, axis) - p),
    SHIFTED: lambda u, v, z, p, axis, over: np.roll(u, 1, over) - p * _sum(u, axis),
    SHIFTED_BACK: lambda u, v, z, p, axis, over: np.roll(u, -1, over) - p * _sum(u, axis),
    _softmax_kind(
        "the target left out", "softmax: p instead of p - y", LOGITS
    ): lambda u, v, z, p, axis, over: -p * _sum(u, axis),
}


def _sum(array: Array, axis: int) -> Array:
    return np.asarray(np.sum(array, axis=axis, keepdims=True))


def _hottest(u: Array, axis: int) -> Array:
    """Return 1 at the class with the greatest target along an axis, and 0 elsewhere."""
    target = u / _sum(u, axis)
    return np.asarray(target == np.max(target, axis=axis, keepdims=True)).astype(u.dtype)


def _jacobian(dp: Array, p: Array, axis: int) -> Array:
    return np.asarray(p * (dp - _sum(dp * p, axis)))


def closed_softmax(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield the mistakes in a softmax's own formula, alone or with its cross-entropy."""
    for found in softmaxes(run):
        for kind, closed in SOFTMAX.items():
            shape = run.values[found.z].shape
            others = [a for a, n in enumerate(shape) if a != found.axis]
            if kind == WRONG_SUM:  # over an axis of length one it is the diagonal only
                others = [a for a in others if shape[a] > 1]
            if kind in {SHIFTED, SHIFTED_BACK}:
                others = [*others, found.axis]
            for over in others if kind in OVER_OTHERS else (found.axis,):
                change = _softmax(found, closed, over)
                yield Hypothesis(kind, (found.y, found.z), change, detail=str(found.axis))


def _softmax(found: Softmax, closed: Closed, over: int) -> Callable[[float], Change]:
    def contributions(run: Run, ybar: Array) -> Mapping[int, Array]:
        z = run.values[found.z]
        p = softmax(z, found.axis)
        u, v = (ybar, ybar / p) if found.is_log else (p * ybar, ybar)  # p may be 0
        return {found.z: closed(u, v, z, p, found.axis, over)}

    change = Change(vjps={found.y: contributions})
    return always(change)


# The cotangent of the logits z of a binary cross-entropy, from the weighted targets w y (t) and
# w (1 − y) (f), z and p. The correct one is w (p − y) = f p − t (1 − p).
SIGMOID: dict[Kind, Closed] = {
    Kind("sigmoid, forgotten", "logits used instead of their sigmoid", LOGITS): lambda t, f, z, p: (
        (t + f) * z - t
    ),
    Kind(
        "sigmoid, the sign of its target", "sigmoid: p + y instead of p - y", LOGITS
    ): lambda t, f, z, p: (t + f) * p + t,
    Kind(
        "sigmoid, the target left out", "sigmoid: p instead of p - y", LOGITS
    ): lambda t, f, z, p: (t + f) * p,
}


def closed_sigmoid(run: Run, steps: Sequence[Step]) -> Iterator[Hypothesis]:
    """Yield the mistakes in the formula of a sigmoid with its binary cross-entropy."""
    for z, p in sigmoids(run):
        for kind, closed in SIGMOID.items():
            yield Hypothesis(kind, (p, z), _binary(z, p, closed))


def _binary(z: int, p: int, closed: Closed) -> Callable[[float], Change]:
    def combine(run: Run, _: int, parts: Parts) -> Array:
        positive = [part for c, part in parts if run.nodes[c].operation == "log"]
        negative = [part for c, part in parts if run.nodes[c].operation != "log"]
        value = run.values[p]
        t, f = -value * sum(positive), (1 - value) * sum(negative)
        return np.asarray(closed(t, f, run.values[z], value))

    change = Change(vjps={p: lambda run, ybar: {z: ybar}}, combines={p: combine})
    return always(change)
