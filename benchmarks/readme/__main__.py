"""Fill the blocks of the pages."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from benchmarks import ROOT
from benchmarks.readme.blocks import BLOCKS, content, is_known
from benchmarks.readme.pages import MarkError, filled, pages

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Rewrite the wanted blocks of every page, by default all of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.readme", allow_abbrev=False)
    parser.add_argument("names", nargs="*", metavar="BLOCK", help="fill this block alone")
    wanted = parser.parse_args(arguments).names
    for unknown in (name for name in wanted if not is_known(name)):
        parser.error(f"there is no block {unknown}; the blocks are {', '.join(BLOCKS)}")
    for page in pages():
        text = page.read_text(encoding="utf-8")
        try:
            text = filled(text, lambda name: content(name) if name in (wanted or [name]) else None)
        except (KeyError, MarkError) as error:
            msg = f"{page.relative_to(ROOT)}: {error.args[0]}"
            raise SystemExit(msg) from None
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
