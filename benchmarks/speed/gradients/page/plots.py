"""The measurement as plots, in SVG: time against size, ratios, memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullLocator

from benchmarks.speed.gradients.contenders import COMPILED, EAGER, HAND_WRITTEN, HIPS, JIT, LIMIT
from benchmarks.speed.gradients.measurement import LARGE, LARGEST, SMALL
from benchmarks.speed.gradients.page.reading import Row, best_rate, rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

# Distinct for colour-blind readers: Okabe and Ito's palette.
COLOURS = {
    HAND_WRITTEN: "#0072B2",
    EAGER: "#D55E00",
    COMPILED: "#E69F00",
    JIT: "#009E73",
    HIPS: "#999999",
    LIMIT: "#000000",
}
MARKERS = {HAND_WRITTEN: "o", EAGER: "s", COMPILED: "D", JIT: "^", HIPS: "v"}
STYLE: Any = {
    "svg.hashsalt": "backprop-crosscheck",  # the same numbers give the same file
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "legend.frameon": False,
    "figure.facecolor": "white",
}
NARROW, WIDE = 4.2, 8.4  # inches


def draw(record: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Draw what was measured into the folder; return for each file what it shows."""
    shown = {}
    with mpl.rc_context(STYLE):
        for name, figure, caption in _figures(record):
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
            shown[f"{name}.svg"] = caption
    return shown


def _figures(record: Mapping[str, Any]) -> Iterator[tuple[str, Figure, str]]:
    """Yield for each plot its name, the plot, and what it shows."""
    examples, networks = rows(record, "examples"), rows(record, "networks")
    gradients = [row for row in examples if row.case.what == "gradient"]
    if gradients:
        names = [row.case.name for row in gradients]
        yield (
            "examples",
            _ratios(gradients, names),
            "The examples: one gradient, relative to hand-written",
        )
    if networks:
        yield "time", _time(record, networks), "Time of one gradient against the network's size"
    named = [r for r in networks if (r.case.sizes, r.case.batch) in {SMALL, LARGE, LARGEST}]
    if named:
        titles = [f"{r.case.name}\n{r.case.dtype}, threads: {r.threads}" for r in named]
        yield "ratios", _ratios(named, titles), "Networks: one gradient, relative to hand-written"
    if record.get("memory"):
        yield "memory", _memory(record["memory"]), "Peak memory of a training step"


def _time(record: Mapping[str, Any], networks: Sequence[Row]) -> Figure:
    """Return time against size, a panel for each precision and number of threads."""
    threads = list(dict.fromkeys(row.threads for row in networks))
    dtypes = list(dict.fromkeys(row.case.dtype for row in networks))
    figure = Figure(figsize=(WIDE, 3.3 * len(dtypes) + 0.6), layout="constrained")
    panels = figure.subplots(len(dtypes), len(threads), sharex=True, sharey=True, squeeze=False)
    for i, dtype in enumerate(dtypes):
        for j, count in enumerate(threads):
            axes = panels[i][j]
            chosen = [r for r in networks if (r.case.dtype, r.threads) == (dtype, count)]
            for name, marker in MARKERS.items():
                have = [row for row in chosen if name in row.seconds]
                if not have:
                    continue
                axes.plot(
                    [row.case.multiplications for row in have],
                    [row.median(name) for row in have],
                    marker=marker,
                    markersize=4,
                    color=COLOURS[name],
                    label=name,
                )
            sizes = [row.case.multiplications for row in chosen]
            limits = [row.median(LIMIT) for row in chosen]
            axes.plot(sizes, limits, "--", color=COLOURS[LIMIT], label="its matrix products alone")
            best = [2e-9 * size / best_rate(record, dtype, count) for size in sizes]
            axes.plot(sizes, best, ":", color=COLOURS[LIMIT], label="at the machine's best rate")
            axes.set(xscale="log", yscale="log", title=f"{dtype}, threads: {count}")
            axes.set_ylim(bottom=1e-6)
            axes.grid(alpha=0.25)
    for axes in panels[-1]:
        axes.set_xlabel("multiplications in one gradient")
    for line in panels:
        line[0].set_ylabel("seconds for one gradient")
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return figure


def _ratios(measured: Sequence[Row], titles: Sequence[str]) -> Figure:
    """Return bars: times relative to hand-written NumPy, with quartiles, a group for each case."""
    names = [
        n for n in (LIMIT, EAGER, COMPILED, JIT, HIPS) if any(n in r.seconds for r in measured)
    ]
    figure = Figure(
        figsize=(WIDE, 0.9 + 0.19 * (len(names) + 1) * len(measured)), layout="constrained"
    )
    axes = figure.subplots()
    for k, name in enumerate(names):
        have = [(i, row.ratio(name)) for i, row in enumerate(measured) if name in row.seconds]
        places = [i + (k - (len(names) - 1) / 2) * 0.8 / len(names) for i, _ in have]
        middles = [ratio.middle for _, ratio in have]
        label = "the limit" if name == LIMIT else name
        axes.barh(  # from 1, for a logarithm has no zero to start from
            places,
            [middle - 1 for middle in middles],
            left=1,
            height=0.8 / len(names),
            color=COLOURS[name],
            label=label,
        )
        spread = [
            [ratio.middle - ratio.low for _, ratio in have],
            [ratio.high - ratio.middle for _, ratio in have],
        ]
        axes.errorbar(
            middles, places, xerr=spread, fmt="none", ecolor="#444444", elinewidth=0.8, capsize=1.5
        )
        for place, (_, ratio) in zip(places, have, strict=True):
            axes.annotate(
                f"{ratio.middle:.3g}",
                (max(1, ratio.high), place),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=7,
            )
    axes.axvline(1, color=COLOURS[HAND_WRITTEN], linewidth=1.5, label=HAND_WRITTEN)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FormatStrFormatter("%g"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_yticks(range(len(titles)), titles)
    axes.set_ylim(len(titles) - 0.5, -0.5)
    axes.set_xlabel(
        "times as long as hand-written NumPy (median and quartiles; right of the line: slower)"
    )
    figure.legend(loc="outside upper center", ncols=6)
    return figure


def _memory(measured: Sequence[Mapping[str, Any]]) -> Figure:
    """Return bars of the peaks of the first step and of those after it, a panel for each dtype."""
    figure = Figure(figsize=(WIDE, 2.9), layout="constrained")
    panels = figure.subplots(1, len(measured), sharey=True, squeeze=False)[0]
    names = list(measured[0]["bytes"])
    for axes, one in zip(panels, measured, strict=True):
        for when, offset, alpha in (("first", -0.2, 1.0), ("later", 0.2, 0.5)):
            axes.barh(
                [i + offset for i in range(len(names))],
                [one["bytes"][name][when] / 1e6 for name in names],
                height=0.38,
                color=[COLOURS[name] for name in names],
                alpha=alpha,
                label=f"{when} step{'s' * (when == 'later')}",
            )
        axes.axvline(one["must exist"] / 1e6, color="black", linestyle="--", linewidth=1)
        axes.set_title(f"{one['case']['dtype']} (dashed: the arrays that must exist)")
        axes.set_yticks(range(len(names)), names)
        axes.set_xlabel(
            "peak resident MB beyond the import\n(dark: first step, light: later steps)"
        )
    panels[0].invert_yaxis()
    return figure
