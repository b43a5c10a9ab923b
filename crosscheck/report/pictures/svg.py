"""The pictures as inline SVG: no script, no style sheet, under 50 KB each.

Text and lines have the colour of the text around them, cells are blue and orange of some opacity:
both can be read on a light and on a dark page, and by readers who do not tell red from green.
"""

from __future__ import annotations

from html import escape
from math import isfinite, log10
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.core.verdict import Verdict
from crosscheck.report.pictures.reduced import GRADIENTS, entry_map, marks, rows, wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crosscheck.core.types import Array
    from crosscheck.report.pictures.reduced import Map, Row
    from crosscheck.results import Entries, Finding

BLUE, ORANGE = "#2f7fd1", "#e07b00"
STEPS = 5  # shades of each colour
SIDE = 200  # of a map, and of the square beside the identity line
WIDTH, LEFT, TOP = 320, 60, 30
LOW, HIGH = -17, 2  # decades of the rule's axis
LONGEST = 20  # characters of a tensor's name
FRAME = 'fill="none" stroke="currentColor" stroke-opacity=".35"'


def pictures(findings: Sequence[Finding]) -> str:
    """Return the pictures of a certificate: of each wrong gradient two, and the rule's."""
    return entry_pictures(findings) + rule_picture(findings)


def entry_pictures(findings: Sequence[Finding]) -> str:
    """Return for each wrong gradient its map and its entries beside the identity line."""
    drawn = [
        picture
        for finding, entries in wrong(findings)[:GRADIENTS]
        for picture in (
            heat_map(entry_map(entries), finding.quantity),
            against(entries, finding.quantity),
        )
    ]
    row = '<div style="display:flex;flex-wrap:wrap;gap:1em">'
    return f"{row}{''.join(drawn)}</div>" if drawn else ""


def rule_picture(findings: Sequence[Finding]) -> str:
    """Return the rule's picture, folded; "" without a number."""
    drawn = rule_axis(*rows(findings))
    title = "errors, tolerances and float32 noise"
    return f"<details><summary>{title}</summary>{drawn}</details>" if drawn else ""


def heat_map(shown: Map, name: str) -> str:
    """Return the map of a gradient's entries."""
    down, across = shown.levels.shape
    size = min(SIDE / down, SIDE / across, 40.0)
    high, wide = (max(size * n, min(SIDE, 20.0 * n)) for n in (down, across))
    shape = " × ".join(map(str, shown.shape))
    block = f", a cell the worst of {shown.block[0]} × {shown.block[1]}"
    note = f"{shape}{block if max(shown.block) > 1 else ''}"
    scale = f'transform="translate({LEFT} {TOP + 14}) scale({wide / across:.4g} {high / down:.4g})"'
    bottom = TOP + 14 + high
    body = (
        f"<g {scale}>{''.join(_cells(shown.levels))}</g>"
        f'<rect x="{LEFT}" y="{TOP + 14}" width="{wide:.4g}" height="{high:.4g}" {FRAME}/>'
        f"{_legend(bottom + 18, shown.floor)}"
    )
    title = f"{name}: actual / expected − 1"
    return _svg(title, _text(4, TOP + 4, note) + body, bottom + 56)


def against(entries: Entries, name: str) -> str:
    """Return hand-written entries against an oracle's, with the identity line."""
    expected, actual = marks(entries)
    both = np.concatenate([expected, actual, [0.0]])
    low, high = float(both.min()), float(both.max())
    span = (high - low) or 1.0

    def across(value: float) -> float:
        return LEFT + (value - low) / span * SIDE

    def down(value: float) -> float:
        return TOP + SIDE - (value - low) / span * SIDE

    points = "".join(
        f"M{across(float(x)):.1f} {down(float(y)):.1f}h0"
        for x, y in zip(expected, actual, strict=True)
    )
    left, base = LEFT, TOP + SIDE
    body = (
        f'<rect x="{left}" y="{TOP}" width="{SIDE}" height="{SIDE}" {FRAME}/>'
        f'<path d="M{left} {base}L{left + SIDE} {TOP}" {FRAME} stroke-dasharray="4 3"/>'
        f'<path d="{points}" stroke="{ORANGE}" stroke-width="5" stroke-linecap="round" '
        'stroke-opacity=".7"/>'
        f"{_text(left, base + 14, f'{low:.2g}')}"
        f"{_text(left + SIDE, base + 14, f'{high:.2g}', 'end')}"
        f"{_text(left + SIDE / 2, base + 14, entries.oracle, 'middle')}"
        f"{_text(left - 4, base, f'{low:.2g}', 'end')}"
        f"{_text(left - 4, TOP + 8, f'{high:.2g}', 'end')}"
        f"{_text(left - 4, TOP + SIDE / 2, 'actual', 'end')}"
    )
    return _svg(f"{name}: actual against expected", body, base + 22)


def rule_axis(shown: list[Row], more: int) -> str:
    """Return error, tolerance and float32 noise of every tensor on one axis; "" without any."""
    if not shown:
        return ""
    left, right, step = 118, WIDTH - 10, 16
    bottom = TOP + 10 + step * len(shown)

    def across(number: float) -> float:
        decade = log10(number) if number > 0 and isfinite(number) else LOW
        return left + (min(max(decade, LOW), HIGH) - LOW) / (HIGH - LOW) * (right - left)

    grid = "".join(
        f'<path d="M{across(10.0**k):.1f} {TOP}V{bottom - 4}" {FRAME}/>'
        f"{_text(across(10.0**k), bottom + 8, f'1e{k}', 'middle')}"
        for k in range(-16, HIGH + 1, 4)
    )
    lines = "".join(_row(row, TOP + 12 + step * i, across) for i, row in enumerate(shown))
    key = (
        f"{_cross(left - 108, bottom + 20, ORANGE)}{_text(left - 100, bottom + 24, 'error, wrong')}"
        f"{_dot(left - 22, bottom + 20, BLUE)}{_text(left - 14, bottom + 24, 'error')}"
        f"{_bar(left + 24, bottom + 20)}{_text(left + 30, bottom + 24, 'tolerance')}"
        f"{_diamond(left + 92, bottom + 20)}{_text(left + 100, bottom + 24, 'float32 noise')}"
    )
    rest = _text(4, bottom + 40, f"and {more} more that agree") if more else ""
    return _svg("relative to each tensor's size", grid + lines + key + rest, bottom + 46)


def _row(row: Row, y: float, place: Callable[[float], float]) -> str:
    """Return one tensor's marks."""
    name = row.name if len(row.name) <= LONGEST else f"{row.name[: LONGEST - 1]}…"
    is_wrong = row.verdict is Verdict.DISAGREE
    error = (_cross if is_wrong else _dot)(place(row.error), y, ORANGE if is_wrong else BLUE)
    limits = _diamond(place(row.noise), y) + _bar(place(row.tolerance), y)
    return _text(4, y + 4, name) + limits + error


def _cells(levels: Array) -> Iterator[str]:
    """Yield a path for each shade; neighbours of one shade in a row are one rectangle."""
    shades = np.where(
        np.isnan(levels), STEPS + 1, np.sign(levels) * np.ceil(np.abs(levels) * STEPS)
    )
    for shade in np.unique(shades[shades != 0]).astype(int):
        runs = "".join(_runs(shades == shade))
        colour = "currentColor" if shade > STEPS else ORANGE if shade > 0 else BLUE
        yield f'<path d="{runs}" fill="{colour}" fill-opacity="{_opacity(shade)}"/>'


def _runs(mask: Array) -> Iterator[str]:
    edges = np.diff(mask.astype(int), prepend=0, append=0, axis=1)
    starts, ends = np.argwhere(edges == 1), np.argwhere(edges == -1)
    for (row, begin), (_, end) in zip(starts, ends, strict=True):
        yield f"M{begin} {row}h{end - begin}v1h{begin - end}z"


def _opacity(shade: int) -> float:
    return min(0.2 + 0.8 * abs(shade) / STEPS, 1.0)


def _legend(y: float, floor: float) -> str:
    """Return the scale of the map: ten shades, and what its ends and its middle mean."""
    width = 200 / (2 * STEPS + 1)
    boxes = "".join(
        f'<rect x="{LEFT + width * (k + STEPS):.1f}" y="{y:.1f}" width="{width:.1f}" height="10" '
        + (
            f'fill="{ORANGE if k > 0 else BLUE}" fill-opacity="{_opacity(k)}"/>'
            if k
            else f"{FRAME}/>"
        )
        for k in range(-STEPS, STEPS + 1)
    )
    ends = (
        _text(LEFT, y + 22, "≤ −10")
        + _text(LEFT + 100, y + 22, f"rounding, {floor:.0e}", "middle")
        + _text(LEFT + 200, y + 22, "≥ 10", "end")
    )
    return boxes + ends


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.4g}" y="{y:.4g}" text-anchor="{anchor}" font-size="10" '
        f'fill="currentColor">{escape(text)}</text>'
    )


def _dot(x: float, y: float, colour: str) -> str:
    return (
        f'<path d="M{x:.1f} {y:.1f}h0" stroke="{colour}" stroke-width="7" stroke-linecap="round"/>'
    )


def _cross(x: float, y: float, colour: str) -> str:
    arms = f"M{x - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8"
    return f'<path d="{arms}" stroke="{colour}" stroke-width="2.5" fill="none"/>'


def _bar(x: float, y: float) -> str:
    return f'<path d="M{x:.1f} {y - 6:.1f}v12" stroke="currentColor" stroke-width="2"/>'


def _diamond(x: float, y: float) -> str:
    return f'<path d="M{x:.1f} {y - 4:.1f}l4 4l-4 4l-4 -4z" fill="none" stroke="currentColor"/>'


def _svg(title: str, body: str, height: float) -> str:
    """Return the picture with its title."""
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" role="img" '
        f'style="max-width:100%" aria-label="{escape(title)}" font-family="sans-serif">'
        f'<text x="4" y="14" font-size="12" fill="currentColor">{escape(title)}</text>{body}</svg>'
    )
