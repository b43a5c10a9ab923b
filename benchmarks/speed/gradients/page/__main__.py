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
# What a gradient costs, by whom, and how far from the limit

Written by `python -m benchmarks.speed.gradients.page` from
[benchmarks.json](benchmarks.json), which
`python -m benchmarks.speed.gradients --json FILE` measured. Nothing here is typed in.

Every author runs in a process of its own, and all have their turn in every round, A B C A B C. A
number without a unit is a ratio: the median over the rounds of an author's time by that of NumPy by
hand in the same round, with the quartiles in parentheses. *Noise* is that ratio for NumPy by hand
with itself, in another process; a ratio within it is called equal. Above 1 is slower than by hand.
*NumPy by hand* is `reference/` without the check of what comes in at the door of `forward`, which
none of the others has; with it stands beside. All authors show first that they compute the same.

*Its products* are the matrix products of the same gradient alone, through the same BLAS and into
memory that is there already; *the best rate* that of a product of two square matrices of 1,024.
Of an example *the limit* is its NumPy calls alone, one after the other.
"""
CERTIFICATE = "What it costs to check a gradient, beside gradcheck and its relatives: "


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
        parts += [f"![{said}]({file})\n" for file, said in plots.items() if WHERE[file] == name]
        parts.append(f"{text}\n")
    if (RESULTS / "cost.json").is_file():
        parts.append(f"## The certificate\n\n{CERTIFICATE}\n\n{cost()}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    main()
