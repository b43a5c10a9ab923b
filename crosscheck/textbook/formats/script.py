"""Scripts with `# %%` cells, and plain-text dumps of notebooks, as books."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from crosscheck.textbook.formats.book import Cell, Piece, lines_of

if TYPE_CHECKING:
    from pathlib import Path

CELL = re.compile(r"^#\s*%%(.*)$")
PROMPT = re.compile(r"^In\s*\[(?:\d*|None|\*| )\]:[ ]?(.*)$")
LABEL = re.compile(r"(?:^|\n+)Out\s*\[\d*\]:[ ]?")
MARKDOWN = re.compile(r"^(#{1,6} |[-*+] |\d+\. |> )")
LITERAL = (ast.Constant, ast.Tuple, ast.List, ast.UnaryOp, ast.USub, ast.UAdd, ast.Load, ast.Dict)


def percent(_: Path, text: str) -> tuple[Cell, ...]:
    """Return the `# %%` cells of a script; without one, the whole script is a cell."""
    lines = lines_of(text)
    starts = [(i, found[1]) for i, line in enumerate(lines) if (found := CELL.match(line))]
    if not starts or any(line.strip() for line in lines[: starts[0][0]]):
        starts.insert(0, (-1, ""))
    ends = [start for start, _ in starts[1:]] + [len(lines)]
    cells: list[Cell] = []
    for (start, title), end in zip(starts, ends, strict=True):
        source = "\n".join(lines[start + 1 : end])
        if source.strip() and "[markdown]" not in title and "[md]" not in title:
            tags = frozenset(re.findall(r"[a-z]+(?:-[a-z]+)+", title))
            cells.append(Cell(len(cells) + 1, source, start + 2, None, tags))
    return tuple(cells)


def dump(_: Path, text: str) -> tuple[Cell, ...]:
    """Return the cells of a plain-text dump: a prompt `In [3]:`, the code, then its output.

    Nothing marks the end of the code. It ends before the first paragraph with which it is not
    Python any more, or that has nothing but literals (an output of `6.0` is Python, too).
    """
    lines = lines_of(text)
    starts = [i for i, line in enumerate(lines) if PROMPT.match(line)]
    cells: list[Cell] = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        found = PROMPT.match(lines[start])
        body = [found[1] if found else "", *lines[start + 1 : end]]
        code = _code_ends(body)
        output, first, last = _output(body, code)
        source = "\n".join(body[:code])
        above = len(source) - len(source.lstrip("\n"))
        cells.append(
            Cell(
                len(cells) + 1,
                source.strip("\n").rstrip(),
                start + 1 + above,
                (Piece("text", output),),
                output_lines=(start + 1 + first, start + 1 + last),
            )
        )
    return tuple(cells)


def is_dump(text: str) -> bool:
    """Return whether a text has a prompt such as `In [1]:`."""
    return any(PROMPT.match(line) for line in lines_of(text))


def _code_ends(lines: list[str]) -> int:
    """Return the number of the first line that is not code.

    A paragraph that cannot be parsed may be continued by the next one. Lines above it that are an
    output cannot be: with them nothing below can be parsed.
    """
    end = 0
    for first, last in _paragraphs(lines):
        tree, so_far = parsed("\n".join(lines[first:last])), parsed("\n".join(lines[:last]))
        if LABEL.match(lines[first]) or (end and tree is not None and _is_literal(tree)):
            break
        # a paragraph of comments alone may be a heading of Markdown: the next one decides
        if so_far is not None and (tree is None or tree.body):
            end = last
    return end or len(lines)


def _output(lines: list[str], code: int) -> tuple[str, int, int]:
    """Return the recorded output below the code, and its lines, from 0.

    It ends at Markdown, or at two empty lines.
    """
    first = last = code
    for start, end in _paragraphs(lines[code:]):
        start, end = start + code, end + code  # noqa: PLW2901 - counted from the prompt
        if MARKDOWN.match(lines[start]) or (last > code and start - last > 1):
            break
        first, last = (start if last == code else first), end
    text = LABEL.sub("\n", "\n".join(lines[first:last]))
    return text.strip("\n"), first, last


def _paragraphs(lines: list[str]) -> list[tuple[int, int]]:
    """Return first and one past the last line of every block without an empty line."""
    found: list[tuple[int, int]] = []
    for number, line in enumerate(lines):
        if line.strip():
            joined = found and found[-1][1] == number
            found[-1:] = (
                [(found[-1][0], number + 1)] if joined else [*found[-1:], (number, number + 1)]
            )
    return found


def _is_literal(tree: ast.Module) -> bool:
    """Return whether a tree has nothing but literals."""
    return bool(tree.body) and all(
        isinstance(statement, ast.Expr)
        and all(isinstance(node, LITERAL) for node in ast.walk(statement.value))
        for statement in tree.body
    )


def parsed(source: str) -> ast.Module | None:
    """Return the tree of a text without lines for IPython or the shell; None if not Python."""
    try:
        return ast.parse(re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.MULTILINE))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # no Python, or too deep
        return None
