"""The pictures with matplotlib, as one figure that needs no display."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crosscheck.core.verdict import Verdict
from crosscheck.errors import MissingPackageError
from crosscheck.report.pictures.reduced import GRADIENTS, LEAST, entry_map, marks, rows, wrong
from crosscheck.report.pictures.svg import BLUE, ORANGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from crosscheck.report.pictures.reduced import Row
    from crosscheck.results import Entries, Finding

MISSING = 'plot() needs matplotlib: python -m pip install "backprop-crosscheck[plot]"'


def figure(findings: Sequence[Finding]) -> Figure:
    """Return the figure: two pictures of each wrong gradient, and the rule's below.

    Args:
        findings: those of a certificate.

    Raises:
        MissingPackageError: matplotlib is not installed.

    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingPackageError(MISSING) from None
    drawn = wrong(findings)[:GRADIENTS]
    shown, more = rows(findings)
    heights = [3.2] * len(drawn) + [1.6 + 0.22 * len(shown)]
    result = Figure(figsize=(9, sum(heights)), layout="constrained")
    grid = result.add_gridspec(len(heights), 2, height_ratios=heights)
    for place, (finding, entries) in enumerate(drawn):
        _map(result, result.add_subplot(grid[place, 0]), entries, finding.quantity)
        _against(result.add_subplot(grid[place, 1]), entries, finding.quantity)
    _rule(result.add_subplot(grid[-1, :]), shown, more)
    return result


def _map(result: Figure, axes: Any, entries: Entries, name: str) -> None:
    """Draw the map of the relative errors."""
    from matplotlib.colors import LinearSegmentedColormap

    shown = entry_map(entries)
    shades = LinearSegmentedColormap.from_list("errors", [BLUE, "white", ORANGE])
    colours = shades.with_extremes(bad="black")
    image = axes.imshow(shown.levels, cmap=colours, vmin=-1, vmax=1, aspect="auto")
    axes.set(title=f"{name}: actual / expected − 1", xticks=[], yticks=[])
    axes.set_xlabel(" × ".join(map(str, shown.shape)))
    bar = result.colorbar(image, ax=axes, ticks=[-1, 0, 1])
    bar.ax.set_yticklabels(["≤ −10", f"rounding, {shown.floor:.0e}", "≥ 10"])


def _against(axes: Any, entries: Entries, name: str) -> None:
    """Draw the entries beside the identity line."""
    expected, actual = marks(entries)
    axes.plot(expected, actual, "o", color=ORANGE, alpha=0.7, markersize=4)
    axes.axline((0, 0), slope=1, color="grey", linestyle="--", linewidth=1)
    axes.set(title=f"{name}: actual against expected", xlabel=entries.oracle, ylabel="actual")
    limits = (
        min(axes.get_xlim()[0], axes.get_ylim()[0]),
        max(axes.get_xlim()[1], axes.get_ylim()[1]),
    )
    axes.set(xlim=limits, ylim=limits, box_aspect=1)


def _rule(axes: Any, shown: Sequence[Row], more: int) -> None:
    """Draw error, tolerance and float32 noise of every tensor."""
    places = range(len(shown))
    for label, marker, colour, numbers in (
        ("float32 noise", "D", "grey", [row.noise for row in shown]),
        ("tolerance", "|", "black", [row.tolerance for row in shown]),
    ):
        axes.plot(numbers, places, marker, color=colour, label=label, fillstyle="none")
    for label, marker, colour, is_wrong in (
        ("error", "o", BLUE, False),
        ("error, wrong", "X", ORANGE, True),
    ):
        some = [i for i in places if (shown[i].verdict is Verdict.DISAGREE) is is_wrong]
        errors = [max(shown[i].error, LEAST) for i in some]
        axes.plot(errors, some, marker, color=colour, label=label)
    axes.set(xscale="log", yticks=places, yticklabels=[row.name for row in shown])
    axes.invert_yaxis()
    rest = f"; {more} more agree" if more else ""
    axes.set_xlabel(f"relative to each tensor's size{rest}")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.25), ncols=4, frameon=False)
