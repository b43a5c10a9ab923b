"""Ask for the diagnosis of a certificate: at which points, of which parameters, for how long."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.quantities import Point
from crosscheck.trees import flatten
from crosscheck.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from crosscheck.certificate import Finding
    from crosscheck.diagnosis import Diagnosis, Reading
    from crosscheck.written import Written

STREAM = 3
FURTHER = 6  # points that are drawn further away, where mistakes differ more from each other
SPREAD = 1.0  # how far, relative to each parameter's size
READING = 0.5  # the part of the budget that may be spent on reading the loss


def explained(
    written: Written, findings: Sequence[Finding], points: Iterable[Point], budget: float
) -> Diagnosis | None:
    """Return what explains the gradients that disagree; None where none does, or none is asked for.

    `points`: where it is looked for. `budget`: seconds; 0 for no diagnosis. None also where the
    loss itself disagrees, or cannot be read as NumPy: there is no right gradient to spoil then.
    """
    wrong = [f.quantity for f in findings if f.verdict is Verdict.DISAGREE]
    if budget <= 0 or not wrong or any(not name.startswith("grad ") for name in wrong):
        return None
    from crosscheck.diagnosis import diagnose
    from crosscheck.tracing import LostGradientError, TracingError

    deadline = time.monotonic() + READING * budget
    readings: list[Reading] = []
    try:
        for point in points:
            with np.errstate(all="ignore"):
                readings += _reading(written, point, origins=not readings)
            if time.monotonic() > deadline:
                break
    except (LostGradientError, TracingError):
        return None
    if not readings:
        return None
    names = [name.removeprefix("grad ") for name in wrong]
    return diagnose(readings, names, _lengths(written), budget, written.unit())


def telling(drawn: Sequence[Point], seed: int) -> Iterator[Point]:
    """Yield the drawn points, and after the first of them points further away from it."""
    yield drawn[0]
    rng = np.random.default_rng([seed, STREAM])
    for _ in range(FURTHER):
        moved = {
            path: array
            + SPREAD
            * (np.max(np.abs(array), initial=0.0) or 1.0)
            * rng.standard_normal(array.shape)
            for path, array in drawn[0].params.items()
        }
        yield Point(moved, {}).representable()
    yield from drawn[1:]


def _reading(written: Written, point: Point, *, origins: bool) -> list[Reading]:
    """Return the reading of the loss at a point; none where code by hand fails or overflows."""
    from crosscheck.diagnosis import Reading

    hand = written.attempt(point, "float64").quantities
    if not hand or not np.isfinite(hand["loss"]):
        return []
    recording = written.recording(point, origins=origins)
    return [Reading(recording, {path: _double(hand[f"grad {path}"]) for path in point.params})]


def _double(array: Any) -> Any:
    """Return a gradient by hand in float64, whatever it came in."""
    return np.asarray(array, dtype=np.float64)


def _lengths(written: Written) -> Mapping[int, Sequence[str]]:
    """Return the axes of parameters and data by their length."""
    lengths: dict[int, list[str]] = defaultdict(list)
    for path, leaf in flatten({**written.params, **written.data}).items():
        for axis, length in enumerate(np.shape(leaf)):
            if length > 1:
                lengths[length].append(f"axis {axis} of {path}")
    return lengths
