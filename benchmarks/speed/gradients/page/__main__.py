"""The kept measurement as a page with its plots.

    python -m benchmarks.speed.gradients.page [JSON] [--folder FOLDER]

Writes README.md and the SVG files into the folder, benchmarks/results/ by default.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import RESULTS
from benchmarks.readme.measured import cost
from benchmarks.speed.gradients.page.plots import draw
from benchmarks.speed.gradients.page.tables import sections

if TYPE_CHECKING:
    from collections.abc import Mapping

WHERE = {  # plot -> the section that it stands in
    "examples.svg": "examples",
    "time.svg": "networks",
    "ratios.svg": "networks",
    "memory.svg": "memory",
}
HEAD = """\
# The cost of a gradient, hand-written and by each framework, and how far from the limit

Written by `python -m benchmarks.speed.gradients.page` from
[benchmarks.json](benchmarks.json), which
`python -m benchmarks.speed.gradients --json FILE` measured. All of it is generated.

Every contender runs in a process of its own, and all have their turn in every round, A B C A B C. A
number without a unit is a ratio: the median over the rounds of a contender's time relative to that
of hand-written NumPy in the same round, with the quartiles in parentheses. Above 1 is slower.
*Noise* is that ratio for hand-written NumPy with itself, in another process; a ratio within it is
called equal. *Hand-written NumPy* is `reference/` without the check of `forward`'s input, which
none of the others has; the time with it stands beside. All contenders are first checked to compute
the same.

*Its products* are the matrix products of the same gradient alone, through the same BLAS and into
memory that is there already; *the best rate* that of a product of two square matrices of 1,024.
Of an example *the limit* is its NumPy calls alone, one after the other.
"""
CERTIFICATE = "The cost of a check of a gradient, with gradcheck and its relatives for comparison: "


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("record", type=Path, nargs="?", default=RESULTS / "benchmarks.json")
    parser.add_argument("--folder", type=Path, default=RESULTS)
    options = parser.parse_args()
    record = json.loads(options.record.read_text(encoding="utf-8"))
    text = page(record, draw(record, options.folder))
    (options.folder / "README.md").write_text(text, encoding="utf-8")


def page(record: Mapping[str, Any], plots: Mapping[str, str]) -> str:
    """Return the page in Markdown, with the plots where they belong."""
    parts = [HEAD]
    for name, heading, text in sections(record):
        parts.append(f"## {heading}\n")
        parts += [
            f"![{caption}]({file})\n" for file, caption in plots.items() if WHERE[file] == name
        ]
        parts.append(f"{text}\n")
    if (RESULTS / "cost.json").is_file():
        parts.append(f"## The certificate\n\n{CERTIFICATE}\n\n{cost()}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    main()
