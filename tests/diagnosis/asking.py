"""Ask for the diagnosis of a gradient, by the recorded loss alone: no framework is needed."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.layer_adapter import Layer
from crosscheck.certification.layer_calls import Calls
from crosscheck.core.types import Point
from crosscheck.diagnosis import Observation, PointData, diagnose
from crosscheck.diagnosis.backward import run
from crosscheck.tracing import record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crosscheck.diagnosis import Diagnosis

    Array = np.ndarray[Any, Any]


def diagnosed(
    loss: Callable[..., Any],
    gradient: Callable[..., Mapping[str, Any]],
    params: Mapping[str, Any],
    data: Mapping[str, Any] | None = None,
    budget: float = 60.0,
) -> Diagnosis:
    """Return the diagnosis at eight points; `data` are all that has axes with a name."""
    known = dict(data or {})
    rng = np.random.default_rng(1)
    observations: list[Observation] = []
    wrong: dict[str, None] = {}
    for k in range(8):
        moved = {n: p + (0.3, 1.0)[k % 2] * rng.standard_normal(p.shape) for n, p in params.items()}
        point = Point(moved, {}).representable()
        recording = record(loss, point.params, known, origins=not observations)
        grads = gradient(**point.params, **known)
        actual = {name: np.asarray(grads[name]) for name in params}
        right = run(recording.program, recording.leaves)
        for i, (name, grad) in enumerate(actual.items()):
            true = right.cotangent(right.leaves[i])
            if grad.shape != true.shape or np.abs(grad - true).max() > 1e-9 * np.abs(true).max():
                wrong[name] = None
        observations.append(Observation(PointData(recording), actual))
    lengths: dict[int, list[str]] = {}
    for name, array in {**known, **params}.items():
        for axis, length in enumerate(np.shape(array)):
            lengths.setdefault(length, []).append(f"axis {axis} of {name}")
    return diagnose(observations, list(wrong), lengths, budget)


def layer_diagnosed(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    inputs: Sequence[Array],
    outputs: int = 1,
) -> Diagnosis | None:
    """Return the diagnosis of a backward pass at eight points; None if it is right at all."""
    given = dict(zip(inspect.signature(forward).parameters, inputs, strict=True))
    loss = Layer(Calls(forward, backward, outputs=outputs), tuple(given), 0).user_loss(given)
    rng = np.random.default_rng(1)
    observations: list[Observation] = []
    wrong: dict[str, None] = {}
    for k in range(8):
        spread = 0.2 if k % 2 else 1.0
        moved = {n: p + spread * rng.standard_normal(p.shape) for n, p in loss.params.items()}
        point = Point(moved, {}).representable()
        data = PointData(loss.record(point, origins=not observations))
        quantities = loss.hand_written(point).quantities
        actual = {name: quantities[f"grad {name}"] for name in point.params}
        for (name, grad), true in zip(actual.items(), data.expected, strict=True):
            if np.abs(grad - true).max() > 1e-9 * np.abs(true).max():
                wrong[name] = None
        observations.append(Observation(data, actual))
    lengths = {n: [f"axis {a} of x"] for a, n in enumerate(inputs[0].shape)}
    return diagnose(observations, list(wrong), lengths, 60.0) if wrong else None


def said(found: Diagnosis) -> list[tuple[str, tuple[str, ...]]]:
    """Return kind and gradients of every cause of the only explanation."""
    (causes,) = found.explanations
    return [(cause.kind, cause.gradients) for cause in causes]
