"""The measurement of `cost` as Markdown: every time beside what it is compared with."""

from __future__ import annotations

from typing import Any

CERTIFY, HAND_WRITTEN = "crosscheck.certify", "hand-written gradient"


def show_size(size: dict[str, Any]) -> None:
    """Print one size: times, ratios, and the smallest errors detected."""
    seconds, actual = size["seconds"], size["seconds"][HAND_WRITTEN]
    own = seconds[CERTIFY]
    print(f"\n### {size['parameters']:,} parameters\n")
    print(
        "| | time | ÷ hand-written gradient | ÷ certify | first call | detects, large entry "
        "| typical entry |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name, time in seconds.items():
        first = size["first call"].get(name)
        _row(
            name,
            duration(time),
            f"{time / actual:,.3g}",
            f"{time / own:,.3g}",
            "" if first is None else duration(first),
            *_detected(size["noticed"].get(name)),
        )
    for name, time in size["extrapolated"].items():
        _row(
            f"{name}: not run, extrapolated",
            f"({duration(time)})",
            f"({time / actual:,.3g})",
            f"({time / own:,.3g})",
            "",
            "",
            "",
        )


def show_rest(record: dict[str, Any]) -> None:
    """Print the imports, and what it was measured on."""
    print("\nImports: " + ", ".join(f"{n} {duration(t)}" for n, t in record["imports"].items()))
    machine = ", ".join(f"{name} {version}" for name, version in record["machine"].items())
    print(f"Threads {record['threads']}, rounds {record['rounds']}, {machine}")


def brief(size: dict[str, Any], name: str) -> tuple[str, str]:
    """Return the time of one contender and the smallest error it detects in a typical entry."""
    if name in size["extrapolated"]:
        return f"({duration(size['extrapolated'][name])})", ""
    least = size["noticed"].get(name)
    return duration(size["seconds"][name]), _detected(least)[1]


def markdown(rows: list[list[str]]) -> str:
    """Return a table in Markdown; the second row is the rule below the head."""
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(*cells: str) -> None:
    """Print a row of a table."""
    print(f"| {' | '.join(cells)} |")


def _detected(least: dict[str, Any] | None) -> list[str]:
    """Return the two cells of the smallest errors detected."""
    if least is None:
        return ["", ""]
    if "false alarm" in least:
        return ["false alarm", "false alarm"]
    return ["not even 1000×" if e is None else f"{e:.0e}" for e in least.values()]


def duration(seconds: float) -> str:
    """Return seconds in a unit that suits them."""
    for unit, size in (("h", 3600.0), ("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"
