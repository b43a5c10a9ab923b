"""Markdown and MyST as a book: fenced Python, the fence of output below it, `>>>` sessions."""

from __future__ import annotations

import doctest
import re
from typing import TYPE_CHECKING

from crosscheck.errors import BookError
from crosscheck.textbook.formats.book import Cell, Piece, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

PYTHON = {"python", "python3", "py", "py3", "ipython", "ipython3", "{code-cell}"}
SESSION = {"pycon", "doctest", "python-console", "python-repl"}
OUTPUT = {"", "text", "txt", "output", "out", "console", "plain", "plaintext", "none", "{output}"}
BLANK = doctest.BLANKLINE_MARKER
# Of doctest's options, those that say how an output is compared.
OPTIONS = {doctest.ELLIPSIS: "ellipsis", doctest.NORMALIZE_WHITESPACE: "normalize-whitespace"}
OPTION = re.compile(r"^:[\w-]+:.*$")


def read(path: Path, text: str) -> tuple[Cell, ...]:
    """Return the fenced Python of a Markdown text, each with its recorded output."""
    tokens = [t for t in _parser(path).parse(text) if t.type not in {"html_block", "front_matter"}]
    cells: list[Cell] = []
    for place, token in enumerate(tokens):
        if token.type not in {"fence", "code_block"} or token.map is None:
            continue
        line = token.map[0] + 1 + (token.type == "fence")
        if _is_session(token):
            cells += session(token.content, line, len(cells))
        elif _language(token) in PYTHON:
            cells.append(_cell(len(cells) + 1, token, line, _output(tokens[place + 1 :])))
    return tuple(cells)


def has_code(path: Path, text: str) -> bool:
    """Return whether a Markdown text has a block of Python, well formed or not."""
    tokens = [t for t in _parser(path).parse(text) if t.type in {"fence", "code_block"}]
    return any(_is_session(token) or _language(token) in PYTHON for token in tokens)


def _output(tokens: list[Token]) -> Token | None:
    """Return the output that is recorded in what follows a block of code, if any.

    It is the next fence, at once or below a paragraph that ends in a colon, as in "Output:".
    """
    if [t.type for t in tokens[:3]] == ["paragraph_open", "inline", "paragraph_close"]:
        tokens = tokens[3:] if tokens[1].content.rstrip().endswith((":", "：")) else []
    found = tokens[0] if tokens and tokens[0].type == "fence" else None
    return found if found and _language(found) in OUTPUT and not _is_session(found) else None


def _is_session(token: Token) -> bool:
    """Return whether a block of code, fenced or indented, begins with Python's prompt."""
    known = _language(token) in PYTHON | SESSION | OUTPUT
    return known and re.match(r"\s*>>> ", token.content) is not None


def session(text: str, line: int, before: int) -> Iterator[Cell]:
    """Yield the examples of a `>>>` session that begins at `line`, `before` cells into the book."""
    for number, example in enumerate(doctest.DocTestParser().get_examples(text), before + 1):
        first = line + example.lineno
        shown = first + len(lines_of(example.source))
        tags = {f"doctest-{name}" for flag, name in OPTIONS.items() if example.options.get(flag)}
        tags |= {"raises-exception"} if example.exc_msg else set()
        yield Cell(
            number,
            example.source,
            first,
            (
                Piece(
                    "error" if example.exc_msg else "text", example.exc_msg or _blank(example.want)
                ),
            ),
            frozenset({"skip-execution"} if example.options.get(doctest.SKIP) else tags),
            (shown, shown + len(lines_of(example.want))),
        )


def _blank(want: str) -> str:
    """Return an output with its empty lines, which a session cannot have, as they were."""
    return re.sub(rf"^\s*{BLANK}$", "", want, flags=re.MULTILINE)


def _parser(path: Path) -> MarkdownIt:
    """Return the parser of CommonMark; front matter is text between rules to it, and harmless."""
    try:
        from markdown_it import MarkdownIt
    except ImportError:
        msg = (
            f"{path}: reading Markdown needs markdown-it-py: "
            'python -m pip install "backprop-crosscheck[textbook]"'
        )
        raise BookError(msg) from None
    return MarkdownIt("commonmark")


def _language(token: Token) -> str:
    """Return the language of a fence, as its info string names it.

    `python`, `python {attributes}`, `{code-cell} ipython3`, and with Pandoc's or Quarto's
    attributes `{.python .input}` and `{python}`; `.output` is an output.
    """
    info = token.info.strip().lower()
    if not info.startswith("{"):
        return (info.split() or [""])[0].partition("{")[0]
    inside = info[1:].partition("}")[0].replace(",", " ").split()
    classes = [word[1:] for word in inside if word.startswith(".")]
    first = inside[0] if inside else ""
    if first in {"code-cell", "output"} or "output" in classes:
        return "{code-cell}" if first == "code-cell" else "{output}"
    return classes[0] if classes else first or "{}"


def _cell(number: int, token: Token, line: int, output: Token | None) -> Cell:
    """Return a fence of code as a cell, with its recorded output."""
    lines = lines_of(token.content)
    options = _options(lines) if _language(token) == "{code-cell}" else 0
    return Cell(
        number,
        "\n".join(lines[options:]),
        line + options,
        None if output is None else (Piece("text", output.content),),
        frozenset(re.findall(r"[a-z]+(?:-[a-z]+)+", token.info + "\n".join(lines[:options]))),
        (output.map[0] + 2, output.map[0] + 2 + len(lines_of(output.content)))
        if output is not None and output.map is not None
        else None,
    )


def _options(lines: list[str]) -> int:
    """Return the number of lines at the top of a MyST code cell that are its options."""
    if lines[:1] == ["---"] and "---" in lines[1:]:
        return lines.index("---", 1) + 1
    count = 0
    while count < len(lines) and OPTION.match(lines[count]):
        count += 1
    return count
