"""A book that was read: cells of code, each with its recorded output."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

SKIP = {"skip-execution", "nbval-skip"}
IGNORE = {"nbval-ignore-output"}
RAISES = {"raises-exception", "nbval-raises-exception"}
COMMENT = re.compile(r"^\s*#\s*((?:NBVAL|PYTEST_VALIDATE)_\w+)", re.MULTILINE)


LINE_END = re.compile(r"\r\n|\r|\n")
PLACE = re.compile(r"<([^<>\n]+)>(?=:\d)")


def lines_of(text: str) -> list[str]:
    """Return the lines of a text as Python splits source.

    `str.splitlines` ends a line at a form feed and at U+2028 as well, where a comment goes on: what
    follows there must not become code.
    """
    lines = LINE_END.split(text)
    return lines[:-1] if lines[-1] == "" else lines


def readable(text: str) -> str:
    """Return a text with places such as `<book.md>:3`, as tracebacks have them, as `book.md:3`."""
    return PLACE.sub(r"\1", text)


@dataclass(frozen=True)
class Piece:
    """A part of an output; of kind `text` where the book does not tell streams apart."""

    kind: Literal["stdout", "stderr", "display", "error", "image", "text"]
    text: str


@dataclass(frozen=True)
class Cell:
    """A cell of code.

    `number` counts the code cells from 1. `line` is the source file's line of the first line of
    `source`; 0 where lines are counted from the cell's own beginning, as in a notebook. `recorded`
    is None where the book records no output and none is expected; `output_lines` are the file's
    lines that it takes, the first (from 1) and one past the last, where the file is plain text.
    """

    number: int
    source: str
    line: int = 0
    recorded: tuple[Piece, ...] | None = None
    tags: frozenset[str] = frozenset()
    output_lines: tuple[int, int] | None = None

    @property
    def marks(self) -> frozenset[str]:
        """The tags, and the NBVAL comments as tags."""
        names = (found.lower().replace("_", "-") for found in COMMENT.findall(self.source))
        return self.tags | frozenset(names)

    @property
    def skipped(self) -> bool:
        """Whether the book marks it as not to be run."""
        return bool(self.marks & SKIP)

    @property
    def may_raise(self) -> bool:
        """Whether the book expects an exception."""
        return bool(self.marks & RAISES)

    @property
    def unchecked(self) -> bool:
        """Whether the book marks its output as not to be compared."""
        return bool(self.marks & IGNORE)


@dataclass(frozen=True)
class Book:
    """A book: its path, and its code cells in order."""

    path: Path
    cells: tuple[Cell, ...] = field(default=())

    def filename(self, cell: Cell) -> str:
        """Return the file name of the cell in tracebacks."""
        name = self.path.name
        return f"<{name}>" if cell.line else f"<{name} cell {cell.number}>"

    def where(self, cell: Cell, line: int = 0) -> str:
        """Return the place of a line, as `chapter.md:12` or `chapter.ipynb: cell 3, line 2`.

        `line` counts from the top of the file, or of a notebook's cell, as in tracebacks.
        """
        if cell.line:
            return f"{self.path.name}:{line or cell.line}"
        return f"{self.path.name}: cell {cell.number}" + (f", line {line}" if line else "")
