"""A plot as inline SVG: error against step, both axes logarithmic."""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 320, 190
LEFT, RIGHT, TOP, BOTTOM = 44, 24, 12, 34
LEAST = 1e-16  # plotted for an error of zero
DECADES = range(-16, 2, 4)


def error_against_step(points: Sequence[tuple[float, float]]) -> str:
    """Return the plot of step -> relative error of a slope; "" where there is no point.

    The smallest error is marked: of a correct gradient it lies where truncation meets rounding.
    """
    if not points:
        return ""
    steps = [log10(step) for step, _ in points]

    def across(step: float) -> float:
        return LEFT + (log10(step) - min(steps)) / (max(steps) - min(steps) or 1) * (
            WIDTH - LEFT - RIGHT
        )

    def down(error: float) -> float:
        share = (log10(min(max(error, LEAST), 10.0)) - DECADES[0]) / (1 - DECADES[0])
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    grid = "".join(
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{down(10.0**k):.1f}" '
        f'y2="{down(10.0**k):.1f}"/>'
        f'<text x="{LEFT - 4}" y="{down(10.0**k) + 4:.1f}" text-anchor="end">1e{k}</text>'
        for k in DECADES
    )
    labels = "".join(
        f'<text x="{across(step):.1f}" y="{HEIGHT - BOTTOM + 14}" text-anchor="middle">'
        f"{step:.0e}</text>"
        for step, _ in points[::4]
    )
    line = " ".join(f"{across(step):.1f},{down(error):.1f}" for step, error in points)
    best = min(points, key=lambda point: point[1])
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="error against step">'
        f'<g class="grid">{grid}{labels}'
        f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 4}" text-anchor="middle">'
        f"step of the central difference; smallest error {best[1]:.1e}</text></g>"
        f'<polyline points="{line}"/>'
        f'<circle cx="{across(best[0]):.1f}" cy="{down(best[1]):.1f}" r="3"/></svg>'
    )
