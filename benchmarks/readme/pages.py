"""The pages that people read, and the marked blocks in them that a program fills.

A block stands between `<!-- NAME -->` and `<!-- /NAME -->`, each on a line of its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from benchmarks import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MARK = re.compile(r"^<!-- (/?)([\w.-]+) -->$", re.MULTILINE)


class MarkError(ValueError):
    """Marks that do not pair up."""


def pages(root: Path = ROOT) -> list[Path]:
    """Return the READMEs, CONTRIBUTING.md and every page of docs/ that is not generated."""
    top = [*sorted(root.glob("README*.md")), root / "CONTRIBUTING.md"]
    docs = sorted((root / "docs").rglob("*.md"))
    return [*top, *(page for page in docs if "/_" not in page.relative_to(root).as_posix())]


def blocks(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the blocks of a page: name, and where the text between the marks starts and ends.

    Raises:
        MarkError: a block within a block, or a mark without its partner.

    """
    opened: re.Match[str] | None = None
    for mark in MARK.finditer(text):
        if opened is None and not mark[1]:
            opened = mark
        elif opened is not None and mark[1] and mark[2] == opened[2]:
            yield mark[2], opened.end() + 1, mark.start()
            opened = None
        else:
            msg = f"{mark[0]} does not follow {opened[0] if opened else 'an opening mark'}"
            raise MarkError(msg)
    if opened is not None:
        msg = f"{opened[0]} is never closed"
        raise MarkError(msg)


def filled(text: str, content: Callable[[str], str | None]) -> str:
    """Return a page with its blocks filled; a block whose content is None stays as it is."""
    result, end = "", 0
    for name, start, stop in blocks(text):
        block = content(name)
        result += text[end:start] + (text[start:stop] if block is None else f"{block}\n")
        end = stop
    return result + text[end:]


def prose(text: str) -> str:
    """Return a page without what is in its blocks."""
    return filled(text, lambda _: "")
