"""A gradient that is a difference quotient of the loss: recognised by computing the same one.

It shows by the truncation error of its step, where that is above rounding; else it agrees.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from crosscheck.core.norms import norm
from crosscheck.diagnosis.backward import run
from crosscheck.diagnosis.hypotheses.base import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crosscheck.diagnosis.observation import Observation

NUMERICAL = Kind(
    "numerical derivative",
    "{detail}",
    "return the derivative itself: a difference quotient has the errors of its step",
)
STEPS = tuple(m * 10.0**-k for k in range(1, 8) for m in (1, 0.5))
NEAR = 0.2  # of its size: a difference quotient is no further off
EPS = float(np.finfo(np.float64).eps)
ENTRIES = 6  # of a gradient, those furthest off at each point, that are computed
ROUNDING = 64  # roundings of the loss in the difference of two of its values
TELLING = 8  # times the rounding error: a truncation error that is as large is known


class Quotient(NamedTuple):
    """A difference quotient: where the loss is computed, in steps, and how far that is apart."""

    name: str
    after: float
    before: float


QUOTIENTS = (
    Quotient("central", 1.0, -1.0),
    Quotient("forward", 1.0, 0.0),
    Quotient("backward", 0.0, -1.0),
)


def numerical(observations: Sequence[Observation], k: int) -> str:
    """Return which difference quotient of the loss the gradient of leaf k is; "" if none is.

    It has to be that quotient at every point, and to show at one at least.
    """
    if not all(_is_near(observation, k) for observation in observations):
        return ""

    @functools.cache  # the quotients of one step share the losses that they are made of
    def loss(i: int, entry: int, by: float) -> float:
        return _loss(observations[i], k, entry, by)

    for step in STEPS:
        for quotient in QUOTIENTS:
            tells = False
            for i, observation in enumerate(observations):
                at = functools.partial(loss, i)
                shown = _shows(observation, k, at, quotient, step)
                if shown is None:
                    break
                tells |= shown
            else:
                if tells:
                    said = f"looks like a finite difference of the loss ({quotient.name})"
                    return f"{said}, with a step of {step:.0e}"
    return ""


def _is_near(observation: Observation, k: int) -> bool:
    actual, expected = observation.by_leaf[k], observation.data.expected[k]
    return actual.shape == expected.shape and norm(actual - expected) <= NEAR * norm(expected)


def _shows(
    observation: Observation,
    k: int,
    loss: Callable[[int, float], float],
    quotient: Quotient,
    step: float,
) -> bool | None:
    """Return whether a gradient is a quotient, and no derivative; None if it is none."""
    actual, expected = observation.by_leaf[k], observation.data.expected[k]
    entries = np.argsort(-np.abs(actual - expected), axis=None)[:ENTRIES]
    width = step * (quotient.after - quotient.before)
    is_telling = False
    for entry in map(int, entries):
        after, before = loss(entry, quotient.after * step), loss(entry, quotient.before * step)
        found = (after - before) / width
        rounding = ROUNDING * EPS * (abs(after) + abs(before) + 1) / width
        if not abs(actual.flat[entry] - found) <= rounding:
            return None
        is_telling |= bool(abs(found - expected.flat[entry]) > TELLING * rounding)
    return is_telling


def _loss(observation: Observation, k: int, entry: int, by: float) -> float:
    """Return the loss with one entry of leaf k moved."""
    recording = observation.data.recording
    moved = recording.leaves[k].copy()
    moved.flat[entry] += by
    leaves = [moved if j == k else leaf for j, leaf in enumerate(recording.leaves)]
    return float(run(recording.program, leaves).values[recording.program.structure.outputs[0]])
