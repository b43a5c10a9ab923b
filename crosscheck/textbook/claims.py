"""The claims of a book: `GRADIENT = d(LOSS) / d(VARIABLE)`, in a comment or a claims file.

In a comment of the cell that computes the gradient:

    # crosscheck: grad_W2 = d(0.5 * (r2 - y) ** 2) / d(W2)

GRADIENT and LOSS are Python expressions of the cell's names. VARIABLE is what the code assigns: a
name, an attribute or an item, as `W2`, `layer.W` or `params["W"]`. Or in NAME.claims.toml, beside
a book NAME.md that is to stay as it is:

    given = {guess = -1.0506447007585615}     # replaces the random value of a name

    [[claim]]
    cell = 4                                  # the number of the code cell, from 1
    claim = "grad_W2 = d(0.5 * (r2 - y) ** 2) / d(W2)"
"""

from __future__ import annotations

import ast
import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crosscheck.errors import BookError
from crosscheck.textbook.formats.book import lines_of, readable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from crosscheck.textbook.formats.book import Book

EXPRESSION = "<the claim>"  # the file name of a claim's expressions in tracebacks
COMMENT = re.compile(r"^\s*#\s*crosscheck:\s*(.*?)\s*$")
SIDES = re.compile(r"(.+?)=\s*(d\(.*)")
FORM = "GRADIENT = d(LOSS) / d(VARIABLE)"
FILE = "write `given = {NAME = VALUE}` and, for each claim, [[claim]] with `cell` and `claim`"


@dataclass(frozen=True)
class Claim:
    """The claim that `left` is the derivative of `loss` with respect to `variable`.

    Attributes:
        left: the hand-written gradient, a Python expression.
        loss: a Python expression of one number.
        variable: what the book assigns: a name, an attribute or an item.
        cell: the number of the code cell that computes the gradient, from 1.
        where: the place of the claim, as `chapter.md:12`; "" if it is suggested.

    """

    left: str
    loss: str
    variable: str
    cell: int
    where: str

    def __str__(self) -> str:
        return f"{self.left} = d({self.loss}) / d({self.variable})"

    def readable(self, text: str) -> str:
        """Return a text with its places as a reader of the book knows them."""
        return readable(text.replace(f"{EXPRESSION}:1", self.where or "the claim"))


@dataclass(frozen=True)
class Claims:
    """All of a book's claims, and the values that replace random ones, by name.

    `tried`: they are suggestions, several for each gradient.
    """

    claims: tuple[Claim, ...] = ()
    given: Mapping[str, Any] = field(default_factory=dict)
    tried: bool = False


def of_book(book: Book) -> Claims:
    """Return the claims in a book's comments and in the claims file beside it.

    Raises:
        BookError: a claim cannot be read; the message has its place.

    """
    beside = book.path.with_name(f"{book.path.stem}.claims.toml")
    written = tuple(_in_comments(book))
    if not beside.is_file():
        return Claims(written)
    listed = _in_file(beside, book)
    return Claims(written + listed.claims, listed.given)


def parse(text: str, cell: int, where: str) -> Claim:
    """Return a claim.

    Args:
        text: the claim, `GRADIENT = d(LOSS) / d(VARIABLE)`.
        cell: the number of its code cell.
        where: its place, for messages.

    Raises:
        BookError: the text is not of this form.

    >>> parse("dW = d(np.sum(W ** 2)) / d(W)", 1, "chapter.md:3").variable
    'W'

    """
    try:
        claim = _claim(text, cell, where)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # not Python, or too deep
        claim = None
    if claim is None:
        msg = f"{where}: {text!r} is not a claim; write {FORM}, where VARIABLE is what is assigned"
        raise BookError(msg)
    return claim


def _claim(text: str, cell: int, where: str) -> Claim | None:
    found = SIDES.fullmatch(text)
    if found is None:
        return None
    left, right = (ast.parse(side.strip(), mode="eval").body for side in found.groups())
    match right:
        case ast.BinOp(
            ast.Call(ast.Name("d"), [loss], []),
            ast.Div(),
            ast.Call(ast.Name("d"), [ast.Name() | ast.Attribute() | ast.Subscript() as x], []),
        ):
            return Claim(ast.unparse(left), ast.unparse(loss), ast.unparse(x), cell, where)
    return None


def _in_comments(book: Book) -> Iterator[Claim]:
    """Yield the claims in the comments of the cells."""
    for cell in book.cells:
        for number, line in enumerate(lines_of(cell.source), cell.line or 1):
            if found := COMMENT.match(line):
                yield parse(found[1], cell.number, book.where(cell, number))


def _in_file(path: Path, book: Book) -> Claims:
    """Return the content of a claims file; raise BookError if it cannot be understood."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # no file, no UTF-8, no TOML
        msg = f"{path} cannot be read: {error}; {FILE}"
        raise BookError(msg) from None
    given, entries = content.pop("given", {}), content.pop("claim", [])
    if content or not isinstance(given, dict) or not isinstance(entries, list):
        key = ", ".join(content) or "given or claim"
        msg = f"{path}: {key} is unknown or of another type; {FILE}"
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
