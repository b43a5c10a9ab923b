"""Recorded output against new output: text with numbers in it.

Each number is compared to the digits that were recorded, everything else exactly. What differs
only in how NumPy or Python print the same thing, today and years ago, is told apart from what
differs. Nothing that was recorded is evaluated.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosscheck.textbook.formats.book import Piece

# A number that is not part of a name, nor of a version such as 1.2.3; a sign belongs to it unless
# something stands before the sign from which it could be subtracted.
DIGITS = 17  # of a double: as many tell it from every other
NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.])(?:(?<![\w)\].])[-+])?"
    r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?![0-9_]|\.\d|[xX][0-9a-fA-F])"
)
ADDRESS = re.compile(r"(?<=\bat )0x[0-9a-fA-F]+")
# How one thing is spelt by NumPy 2, older NumPy, IPython: compared without where one side has it.
SPELLINGS = (
    (re.compile(r"\b(?:np|numpy)\.(True|False)_\b"), r"\1"),
    (
        re.compile(
            r"\b(?:np|numpy)\.(?:(?:float|int|uint|complex|longdouble|longlong|intc|bool|str)\w*)"
            r"\(('[^']*'|[^()']*|\([^()]*\))\)"
        ),
        r"\1",
    ),
    (re.compile(r", shape=\([\d, ]*\)(?=[,)])"), ""),
    (re.compile(r", dtype=(?:float64|int64|int32)(?=[,)])"), ""),
    (re.compile(r"<class '([\w.]+)'>"), r"\1"),
    (re.compile(r" object(?= at 0x)"), ""),
)
FUNCTION = re.compile(r"<function (?:\w+\.)*(\w+)(?: at 0x|\([^>]*\))>")
PART = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|\s+|.")
BRACES = re.compile(r"\{[^{}]*\}")
WARNED = re.compile(r"^.*?:\d+: (?=\w*Warning: )", re.MULTILINE)
MODULE = re.compile(r"^(?:\w+\.)+(?=\w+(?::|$))")
WHERE = re.compile(r"\n  at .*:\d+$")


class Match(StrEnum):
    """What the comparison of an output says."""

    REPRODUCED = "reproduced"
    PRINTING = "reproduced up to printing"
    DIFFERENT = "not reproduced"
    RANDOM = "random"


@dataclass(frozen=True)
class Comparison:
    """What was found, and the first difference: the recorded line, the new one, what it is."""

    match: Match
    recorded: str = ""
    new: str = ""
    said: str = ""


def compare(recorded: str, new: str) -> Comparison:
    """Return what two texts have in common; ends of lines and of the texts do not count."""
    recorded, new = _trimmed(recorded), _trimmed(new)
    if _same(recorded, new) and _points(recorded) == _points(new):
        return Comparison(Match.REPRODUCED)
    old, now = _plain(recorded, new)
    if _same(old, now) or _same(_ordered(old), _ordered(now)):
        return Comparison(Match.PRINTING, *_first(recorded, new), "it is printed in another way")
    return Comparison(Match.DIFFERENT, *_first(recorded, new), _difference(recorded, new))


def compare_outputs(recorded: Sequence[Piece], new: Sequence[Piece]) -> Comparison:
    """Return what a cell's recorded output and its new one have in common.

    Where the book tells streams apart each is compared with its own; else all text together.
    Images are not compared, nor is stderr that only one of the two has: warnings come and go.
    """
    if any(piece.kind == "text" for piece in recorded):
        kinds: list[tuple[str, ...]] = [("text", "stdout", "display", "error")]  # all but stderr
    else:
        kinds = [("stdout",), ("display",), ("error",)]
        if all(any(p.kind == "stderr" for p in side) for side in (recorded, new)):
            kinds.append(("stderr",))
    found = [compare(text_of(recorded, kind), text_of(new, kind)) for kind in kinds]
    order = (Match.DIFFERENT, Match.PRINTING, Match.REPRODUCED)
    return min(found, key=lambda comparison: order.index(comparison.match))


def text_of(
    pieces: Sequence[Piece], kinds: Sequence[str] = ("text", "stdout", "display", "error")
) -> str:
    """Return the text of some kinds of pieces; of a traceback its last line."""
    parts = []
    for piece in pieces:
        if piece.kind in kinds:
            change = {"error": _exception, "stderr": _warning, "text": _last_of_traceback}
            text = change.get(piece.kind, str)(piece.text)
            parts.append(text if piece.kind == "stdout" else f"{text}\n")
    return "".join(parts)


def _warning(text: str) -> str:
    """Return warnings without the file and the line that they name."""
    return WARNED.sub("", text)


def _exception(text: str) -> str:
    """Return an exception without the module of its class, and without where it was raised."""
    return MODULE.sub("", WHERE.sub("", text))


def _last_of_traceback(text: str) -> str:
    """Return the exception of a traceback; any other text as it is."""
    start = text.find("Traceback (most recent call last)")
    if start < 0:
        return text
    last = [line for line in text[start:].splitlines() if line.strip() and line[0] not in " \t"]
    return text[:start] + MODULE.sub("", last[-1])


def _same(recorded: str, new: str) -> bool:
    """Return whether two texts have the same words around numbers that are reproduced."""
    if recorded == new:
        return True
    if NUMBER.sub("0", recorded) != NUMBER.sub("0", new):
        return False
    pairs = zip(NUMBER.findall(recorded), NUMBER.findall(new), strict=True)
    return all(reproduced(old, today) for old, today in pairs)


def reproduced(recorded: str, new: str) -> bool:
    """Return whether a new number is the recorded one, to the digits that were recorded.

    It may differ by half a unit of the last recorded digit. Where no digit stands after the point,
    as in an integer or in NumPy's `6.`, nothing was left out, and the number is the same or not.
    """
    try:
        old, today = Decimal(recorded), Decimal(new)
    except InvalidOperation:  # an exponent beyond all bounds
        return recorded == new
    if old == today:
        return True
    if all(map(_is_double, (recorded, new))) and float(recorded) == float(new):
        return True
    mantissa = re.split("[eE]", recorded)[0]
    if mantissa.endswith(".") or ("." not in mantissa and mantissa == recorded):
        return False
    exponent = old.as_tuple().exponent
    assert isinstance(exponent, int)  # noqa: S101 - NUMBER matches neither nan nor inf
    return 2 * abs(today - old) <= Decimal(1).scaleb(exponent)


def _points(text: str) -> list[bool]:
    """Return which of its numbers are written as integers."""
    return [_is_integer(found) for found in NUMBER.findall(text)]


def _is_double(number: str) -> bool:
    """Return whether a number may be a double's: no integer, no more digits than identify one."""
    return not _is_integer(number) and len(Decimal(number).as_tuple().digits) <= DIGITS


def _is_integer(number: str) -> bool:
    """Return whether a number is written as an integer."""
    return number.lstrip("+-").isdecimal()


def _trimmed(text: str) -> str:
    """Return a text without what is seen by nobody: ends of lines, empty lines around it."""
    lines = (line.rstrip() for line in text.replace("\r\n", "\n").split("\n"))
    return "\n".join(lines).strip("\n")


def _plain(recorded: str, new: str) -> tuple[str, str]:
    """Return two texts as if all versions of NumPy, Python and IPython printed alike."""
    texts = [FUNCTION.sub(r"<function \1>", ADDRESS.sub("0x", text)) for text in (recorded, new)]
    for pattern, by in SPELLINGS:
        if bool(pattern.search(texts[0])) != bool(pattern.search(texts[1])):
            for _ in range(3):  # a scalar may stand in another's brackets
                texts = [pattern.sub(by, text) for text in texts]
    return _spaced(texts[0]), _spaced(texts[1])


def _spaced(text: str) -> str:
    """Return a text with one way of spacing what stands in brackets, quoted text aside."""
    parts: list[str] = []
    depth, kept = 0, ""
    for part in PART.findall(text):
        depth = max(0, depth + (part in "([{") - (part in ")]}"))
        if depth and part.isspace():
            kept = " "
            continue
        beside = (parts[-1:] or [""])[0]
        parts.append("" if beside in "([{,:=" or part in ")]},:=([" else kept)
        parts.append(part)
        kept = ""
    return "".join(parts)


def _ordered(text: str) -> str:
    """Return the same with the entries of dicts and sets in order."""
    for _ in range(5):  # braces within braces
        text = BRACES.sub(lambda found: f"⟨{','.join(sorted(_entries(found[0][1:-1])))}⟩", text)
    return text


def _entries(text: str) -> list[str]:
    """Return what stands between the commas that are in no brackets of their own."""
    depths = itertools.accumulate((c in "[(⟨") - (c in ")]⟩") for c in text)
    parts = [""]
    for letter, depth in zip(text, depths, strict=True):
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _first(recorded: str, new: str) -> tuple[str, str]:
    """Return the first line that differs, as recorded and as it is now."""
    pairs = itertools.zip_longest(recorded.split("\n"), new.split("\n"), fillvalue="")
    return next(((old, now) for old, now in pairs if not _same(old, now)), ("", ""))


def _difference(recorded: str, new: str) -> str:
    """Return in words what differs first."""
    old, now = _plain(*_first(recorded, new))
    lines = len(recorded.split("\n")), len(new.split("\n"))
    if not (recorded and new):
        return "nothing is printed now" if recorded else "nothing was recorded"
    if NUMBER.sub("0", old) == NUMBER.sub("0", now):
        pairs = zip(NUMBER.findall(old), NUMBER.findall(now), strict=True)
        was, today = next(pair for pair in pairs if not reproduced(*pair))
        return f"{was} is {today} now"
    if lines[0] != lines[1]:
        return f"{lines[0]} lines were recorded, {lines[1]} are printed now"
    return "the text is another"
