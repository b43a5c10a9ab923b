"""An actual gradient beside the correct one, at one point or at all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crosscheck.core.norms import max_or_nan, norm
from crosscheck.core.verdict import FLOOR, MIDPOINT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosscheck.diagnosis.backward import Array
    from crosscheck.diagnosis.observation import Observation


def comparable(observations: Sequence[Observation], leaves: Sequence[int]) -> list[Observation]:
    """Return the observations of one program whose numbers can be compared, the worst first."""
    structure = observations[0].data.recording.program.structure
    same = [o for o in observations if o.data.recording.program.structure == structure]
    finite = [o for o in same if all(np.isfinite(g).all() for g in o.actual.values())]
    same = finite if 2 * len(finite) >= len(same) else same
    # Where float32 overflows or underflows the rounding error is unknown.
    same = [o for o in same if np.isfinite(o.data.noise).all()] or same
    return sorted(same, key=lambda o: -sum(bool(_off(*compared(o, k)).any()) for k in leaves))


def compared(observation: Observation, k: int) -> tuple[Array, Array, float, float]:
    """Return a gradient, the expected one, its float32 noise and its tolerance.

    As in the verdict the rounding of the inputs is no mistake.
    """
    data = observation.data
    expected, noise = data.expected[k], data.noise[k]
    tolerance = max_or_nan(MIDPOINT * noise, FLOOR * norm(expected), FLOOR * data.unit)
    return observation.by_leaf[k], expected, noise, tolerance


def _off(actual: Array, expected: Array, _: float, tolerance: float) -> Array:
    """Return which entries are off; all of them if the shapes differ."""
    if actual.shape != expected.shape:
        return np.ones(expected.shape, bool)
    out: Array = ~(np.abs(actual - expected) <= tolerance)
    return out


def differs(observation: Observation, k: int) -> str:
    """Return how a gradient differs, in words."""
    actual, expected, noise, tolerance = compared(observation, k)
    if actual.shape != expected.shape:
        return f"expected shape {expected.shape}, got {actual.shape}"
    off = _off(actual, expected, noise, tolerance)
    if not off.any():
        size = norm(actual - expected) / (norm(expected) or 1.0)
        return f"relative error {size:.1e} at most, no more than rounding at this point"
    said = f"{int(off.sum())} of {off.size} entries differ"
    lines = [
        f"only in {int(rows.sum())} of {rows.size} along axis {axis}"
        for axis in range(off.ndim if off.ndim > 1 else 0)
        if not (rows := off.any(axis=tuple(a for a in range(off.ndim) if a != axis))).all()
    ]
    ratios = (actual / expected)[off & (expected != 0)]
    if ratios.size:
        low, high = f"{ratios.min():.4g}", f"{ratios.max():.4g}"
        span = low if low == high else f"from {low} to {high}"
        lines.append(f"actual / expected {span}")
    return ", ".join([said, *lines])
