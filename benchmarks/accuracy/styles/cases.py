"""What is planted: sources, and for each the edits that make a mistake of it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES = Path(__file__).parent / "sources"
ANYWHERE = "*"
ONE_LINE = "\n\n\ndef one_line("


class MistakesError(ValueError):
    """A file of mistakes does not fit its source."""


@dataclass(frozen=True)
class Expected:
    """What a diagnosis has to say of one mistake: one of these names, at one of these lines."""

    names: tuple[str, ...]
    fragments: tuple[str, ...]

    def lines(self, source: str) -> frozenset[int] | None:
        """Return the lines of the source where the mistake may be placed; None for anywhere."""
        if ANYWHERE in self.fragments:
            return None
        found: set[int] = set()
        for fragment in self.fragments:
            here = {n for n, line in enumerate(source.splitlines(), 1) if fragment in line}
            if not here:
                msg = f"no line has the fragment {fragment!r}"
                raise MistakesError(msg)
            found |= here
        for statement in ast.walk(ast.parse(source)):
            if isinstance(statement, ast.Assign | ast.AugAssign | ast.Return | ast.Expr):
                span = set(range(statement.lineno, (statement.end_lineno or 0) + 1))
                if span & found:
                    found |= span
        return frozenset(found)


@dataclass(frozen=True)
class Mistake:
    """Edits of a source, and what a diagnosis has to say of them."""

    number: int
    expected: tuple[Expected, ...]
    edits: tuple[tuple[str, str], ...]

    def planted(self, source: str) -> str:
        """Return the source with this mistake."""
        for old, new in self.edits:
            if source.count(old) != 1:
                msg = f"mistake {self.number}: {old!r} is found {source.count(old)} times, not once"
                raise MistakesError(msg)
            source = source.replace(old, new)
        return source


@dataclass(frozen=True)
class Case:
    """A network or a layer, and the mistakes that are planted in it.

    `one_line` is the source whose `check` is one call on the object as it is, without an adapter;
    functions are certified so anyway.
    """

    name: str
    half: str
    source: str
    one_line: str
    mistakes: tuple[Mistake, ...]

    @property
    def style(self) -> str:
        """The course or the book: the first word of the name."""
        return self.name.partition("_")[0]


def cases(style: str = "") -> list[Case]:
    """Return the cases whose name contains a text, in order."""
    paths = sorted(SOURCES.glob("*/*.py"))
    return [_case(path) for path in paths if style in path.stem]


def _case(path: Path) -> Case:
    """Return the case of a source."""
    text = path.read_text(encoding="utf-8")
    source = text.partition(ONE_LINE)[0].rstrip() + "\n"
    whole = f"{text}\n\ncheck = one_line\n" if ONE_LINE in text else source
    mistakes = path.with_suffix(".mistakes").read_text(encoding="utf-8")
    return Case(path.stem, path.parent.name, source, whole, parsed(mistakes))


def parsed(text: str) -> tuple[Mistake, ...]:
    """Return the mistakes of a file: blocks of names @ lines, then edits, old before new.

    >>> parsed('''sign @ x - y
    ... - return x - y
    ... + return y - x''')[0].edits
    (('return x - y', 'return y - x'),)

    """
    blocks = [block for block in text.split("\n\n") if block.strip()]
    return tuple(_mistake(number, block) for number, block in enumerate(blocks, 1))


def _mistake(number: int, block: str) -> Mistake:
    """Return the mistake of one block."""
    lines = block.strip("\n").splitlines()
    old = [line[2:] for line in lines if line.startswith("- ")]
    new = [line[2:] for line in lines if line.startswith("+ ")]
    heads = [line for line in lines if not line.startswith(("- ", "+ "))]
    if not heads or not old or len(old) != len(new):
        msg = f"mistake {number}: a block has names @ lines, and as many - as +"
        raise MistakesError(msg)
    return Mistake(number, tuple(map(_expected, heads)), tuple(zip(old, new, strict=True)))


def _expected(head: str) -> Expected:
    """Return what a head says: name | name @ fragment || fragment."""
    names, _, places = head.partition(" @ ")
    return Expected(tuple(_split(names, " | ")), tuple(_split(places, " || ")))


def _split(text: str, by: str) -> Iterator[str]:
    """Yield the parts of a text, stripped."""
    return (part.strip() for part in text.split(by))
