"""What a book claims: `LEFT = d(LOSS) / d(VARIABLE)`, in a comment or in NAME.claims.toml.

# crosscheck: grad_W2 = d(0.5 * (r2 - y) ** 2) / d(W2)

given = {guess = -1.0506447007585615}     # what the book drew

[[claim]]
cell = 4                                  # of the code cells; not needed for a comment
claim = "grad_W2 = d(0.5 * (r2 - y) ** 2) / d(W2)"
"""

from __future__ import annotations

import ast
import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crosscheck.errors import BookError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from crosscheck.textbook.formats.book import Book

COMMENT = re.compile(r"^\s*#\s*crosscheck:\s*(.*?)\s*$")
SIDES = re.compile(r"(.+?)=\s*(d\(.*)")
FORM = "LEFT = d(LOSS) / d(VARIABLE)"
FILE = "it has `given = {NAME = VALUE}` and, for each claim, [[claim]] with `cell` and `claim`"


@dataclass(frozen=True)
class Claim:
    """`left` is the derivative of `loss` with respect to `variable`: Python expressions all three.

    `cell`: the number of the code cell that it is about. `where`: where it stands, in words.
    """

    left: str
    loss: str
    variable: str
    cell: int
    where: str

    def __str__(self) -> str:
        return f"{self.left} = d({self.loss}) / d({self.variable})"


@dataclass(frozen=True)
class Claims:
    """All of a book's claims, and the values that take the place of what it drew."""

    claims: tuple[Claim, ...] = ()
    given: Mapping[str, Any] = field(default_factory=dict)


def of_book(book: Book) -> Claims:
    """Return the claims in the book's comments and in the file beside it.

    Raises BookError for a claim that cannot be read, with its line.
    """
    beside = book.path.with_name(f"{book.path.stem}.claims.toml")
    written = tuple(_in_comments(book))
    if not beside.is_file():
        return Claims(written)
    listed = _in_file(beside, book)
    return Claims(written + listed.claims, listed.given)


def parse(text: str, cell: int, where: str) -> Claim:
    """Return the claim that a text makes; raise BookError if it makes none."""
    found = SIDES.fullmatch(text)
    left, right = (_expression(side) for side in found.groups()) if found else (None, None)
    match right:
        case ast.BinOp(
            ast.Call(ast.Name("d"), [loss], []),
            ast.Div(),
            ast.Call(ast.Name("d"), [ast.Name() | ast.Attribute() | ast.Subscript() as x], []),
        ) if left is not None:
            return Claim(ast.unparse(left), ast.unparse(loss), ast.unparse(x), cell, where)
    msg = f"{where}: {text!r} is not a claim; write {FORM}, VARIABLE being what the code assigns"
    raise BookError(msg)


def _expression(text: str) -> ast.expr | None:
    """Return the expression that a text is, or None."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        return None


def _in_comments(book: Book) -> Iterator[Claim]:
    """Yield the claims that stand in the cells."""
    for cell in book.cells:
        for number, line in enumerate(cell.source.splitlines(), cell.line or 1):
            if found := COMMENT.match(line):
                yield parse(found[1], cell.number, book.where(cell, number))


def _in_file(path: Path, book: Book) -> Claims:
    """Return what the claims file says; raise BookError for what it must not say."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{path} cannot be read: {error}"
        raise BookError(msg) from None
    given, entries = content.pop("given", {}), content.pop("claim", [])
    if content or not isinstance(given, dict) or not isinstance(entries, list):
        msg = f"{path}: {', '.join(content) or 'given or claim'} is not understood; {FILE}"
        raise BookError(msg)
    claims = []
    for number, entry in enumerate(entries, 1):
        where = f"{path.name}, claim {number}"
        match entry:
            case {"claim": str(text), "cell": int(cell), **rest} if not rest:
                if not 1 <= cell <= len(book.cells):
                    msg = f"{where}: there is no code cell {cell}; there are {len(book.cells)}"
                    raise BookError(msg)
                claims.append(parse(text, cell, where))
            case _:
                msg = f"{where} is {entry!r}; {FILE}"
                raise BookError(msg)
    return Claims(tuple(claims), given)
