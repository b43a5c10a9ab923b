"""A gradient that is a difference quotient of the loss: recognised by computing the same one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crosscheck.core.norms import norm
from crosscheck.diagnosis.backward import run
from crosscheck.diagnosis.hypotheses.base import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosscheck.diagnosis.backward import Array
    from crosscheck.diagnosis.observation import Observation

NUMERICAL = Kind(
    "numerical derivative",
    "a {detail}, not a derivative",
    "return the derivative itself; a difference quotient has the error of its step",
)
STEPS = tuple(10.0**-k for k in range(1, 9))
EPS = float(np.finfo(np.float64).eps)
ENTRIES = 6  # of a gradient, the first at each point, that are computed
ROUNDING = 64  # roundings of the loss in two of its values
TELLING = 8  # times the rounding error: a truncation error that is as large is known
# Where the loss is computed, in steps, and the factors of the difference quotient.
QUOTIENTS = {
    "central difference": ((1.0, 0.5), (-1.0, -0.5)),
    "forward difference": ((1.0, 1.0), (0.0, -1.0)),
    "backward difference": ((0.0, 1.0), (-1.0, -1.0)),
}


def numerical(observations: Sequence[Observation], k: int) -> str:
    """Return which difference quotient of the loss the gradient of leaf k is; "" if none is.

    It has to be that quotient at every point, and closer to it than to the derivative at one.
    """
    for name, quotient in QUOTIENTS.items():
        for step in STEPS:
            each = [_fits(observation, k, quotient, step) for observation in observations]
            if all(fits for fits, _ in each) and any(tells for _, tells in each):
                return f"{name} of the loss with a step of about {step:.0e}"
    return ""


def _fits(
    observation: Observation, k: int, quotient: tuple[tuple[float, float], ...], step: float
) -> tuple[bool, bool]:
    """Return whether a gradient is a quotient, to rounding, and is no derivative, at a point."""
    data = observation.data
    actual, expected = observation.by_leaf[k], data.expected[k]
    if actual.shape != expected.shape:
        return False, False
    entries = np.argsort(-np.abs(actual - expected), axis=None)[:ENTRIES]
    found = np.zeros(entries.size)
    size = 0.0
    for at, factor in quotient:
        values = [_loss(observation, k, int(entry), at * step) for entry in entries]
        found += factor * np.array(values) / step
        size = max(size, norm(np.array(values)))
    rounding = ROUNDING * EPS * (size + 1) / step
    off = np.abs(actual.reshape(-1)[entries] - found)
    truncation = np.abs(found - expected.reshape(-1)[entries])
    return bool(np.all(off <= rounding)), bool(np.any(truncation > TELLING * rounding))


def _loss(observation: Observation, k: int, entry: int, by: float) -> float:
    """Return the loss with one entry of leaf k moved."""
    recording = observation.data.recording
    moved: Array = recording.leaves[k].copy()
    moved.reshape(-1)[entry] += by
    leaves = [moved if j == k else leaf for j, leaf in enumerate(recording.leaves)]
    return float(run(recording.program, leaves).values[recording.program.structure.outputs[0]])
