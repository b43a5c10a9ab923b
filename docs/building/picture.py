"""Pictures as inline SVG that take their colours from the page, in light and in dark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    Array = np.ndarray[Any, Any]

SIDE, MARGIN = 220, 30


def scatter(title: str, correct: Array, actual: Array) -> str:
    """Return the hand-written entries against the correct ones, with the line where they are equal.

    Returns "" where nothing differs.
    """
    shapes_differ = correct.shape != actual.shape
    if not shapes_differ and np.allclose(correct, actual, rtol=1e-9, atol=0):
        return ""
    if shapes_differ:
        if correct.size != actual.size:
            return ""
        title += f" {actual.shape}, expected {correct.shape}"
    x, y = np.ravel(correct).astype(float), np.ravel(actual).astype(float)
    low, high = float(min(x.min(), y.min())), float(max(x.max(), y.max()))
    pad = 0.05 * (high - low) or 1.0
    low, high = low - pad, high + pad

    def at(v: float) -> float:
        return MARGIN + (v - low) / (high - low) * (SIDE - MARGIN - 8)

    dots = "".join(
        f'<circle cx="{at(a):.1f}" cy="{SIDE - at(b):.1f}" r="3.2"/>'
        for a, b in zip(x, y, strict=True)
    )
    zero = ""
    if low < 0 < high:
        o = at(0.0)
        cross = f"M{MARGIN} {SIDE - o:.1f}H{SIDE - 8}M{o:.1f} 8V{SIDE - MARGIN}"
        zero = f'<path class="axis" d="{cross}"/>'
    return svg(
        SIDE,
        SIDE + 22,
        f'<text x="{SIDE / 2}" y="14" text-anchor="middle">{title}</text>',
        '<g transform="translate(0 18)">',
        zero,
        f'<path class="line" d="M{MARGIN} {SIDE - MARGIN}L{SIDE - 8} 8"/>',
        f'<g class="dots">{dots}</g>',
        f'<text x="{(SIDE + MARGIN) / 2}" y="{SIDE - 8}" text-anchor="middle">correct</text>',
        f'<text transform="translate(14 {SIDE / 2}) rotate(-90)" text-anchor="middle">'
        "hand-written</text>",
        "</g>",
        label=f"{title}: hand-written entries against correct ones",
    )


def histogram(title: str, groups: Sequence[tuple[str, str, Sequence[float]]]) -> str:
    """Return histograms over powers of ten, one below the other on one axis.

    Args:
        title: What is counted.
        groups: For each its name, its class for the colour, and the numbers, above zero.

    """
    width, row, low, high = 680, 80, -18, 2
    bins = np.arange(low, high + 0.25, 0.5)
    floor = 24 + row * len(groups)

    def at(power: float) -> float:
        return 16 + (power - low) / (high - low) * (width - 32)

    parts = []
    for k, (name, kind, values) in enumerate(groups):
        counts = np.histogram(np.clip(np.log10(values), low, high - 0.01), bins)[0]
        base, scale = 24 + row * (k + 1), (row - 24) / counts.max()
        parts += [f'<text x="16" y="{base - row + 16}">{name}</text>'] + [
            f'<rect class="{kind}" x="{at(b) + 0.5:.1f}" y="{base - n * scale:.1f}" '
            f'width="{at(low + 0.5) - at(low) - 1:.1f}" height="{n * scale:.1f}"/>'
            for b, n in zip(bins[:-1], counts, strict=True)
            if n
        ]
        parts.append(f'<path class="axis" d="M16 {base}H{width - 16}"/>')
    ticks = (
        f'<text x="{at(p):.1f}" y="{floor + 16}" text-anchor="middle">1e{p}</text>'
        for p in range(low, high + 1, 4)
    )
    heading = f'<text x="{width / 2}" y="14" text-anchor="middle">{title}</text>'
    return svg(width, floor + 24, heading, *parts, *ticks, label=title)


def svg(width: int, height: int, *parts: str, label: str) -> str:
    """Return a picture; its classes have their colours in `static/site.css`."""
    box = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return f'<svg class="picture" role="img" aria-label="{label}" {box}>{"".join(parts)}</svg>'
