"""Recorded output against printed output: text with numbers in it.

Each number is compared to the digits that were recorded, everything else exactly. A difference
that is only in how versions of NumPy and Python format a value is told apart from a difference of
the value. Nothing that was recorded is evaluated. Every function is total: no text raises.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from math import isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosscheck.textbook.formats.book import Piece

RELATIVE, ABSOLUTE = 1e-9, 1e-15  # how far numbers may differ by rounding
DIGITS = 17  # significant digits that identify a float64
# A number that is not part of a name, nor of a version such as 1.2.3; a sign belongs to it unless
# something stands before the sign from which it could be subtracted.
NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.])(?:(?<![\w)\].])[-+])?"
    r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?![0-9_]|\.\d|[xX][0-9a-fA-F])"
)
ADDRESS = re.compile(r"(?<=\bat )0x[0-9a-fA-F]+")
# Spellings of NumPy 2, older NumPy and IPython: removed where only one side has them.
SPELLINGS = (
    (re.compile(r"\b(?:np|numpy)\.(True|False)_\b"), r"\1"),
    (re.compile(r"\b(?:np|numpy)\.c(?:omplex|longdouble)\w*\(\(?([^()]*)\)?\)"), r"(\1)"),
    (
        re.compile(
            r"\b(?:np|numpy)\.(?:(?:float|int|uint|longdouble|longlong|intc|bool|str)\w*)"
            r"\(('[^']*'|[^()']*|\([^()]*\))\)"
        ),
        r"\1",
    ),
    (re.compile(r", shape=\([\d, ]*\)(?=[,)])"), ""),
    (re.compile(r", dtype=(?:float64|int64|int32|bool)(?=[,)])"), ""),
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
    """The result of comparing a cell's output: the words of reports and JSON."""

    REPRODUCED = "reproduced"
    PRINTING = "reproduced up to printing"
    ROUNDING = "reproduced up to rounding"
    DIFFERENT = "not reproduced"
    RANDOM = "random"
    UNCOMPARED = "not compared"


@dataclass(frozen=True)
class Comparison:
    """The result of a comparison, and its first difference.

    Attributes:
        match: what the comparison found.
        recorded: the first line that differs, as the book records it.
        printed: the same line as it is printed now.
        explanation: what differs, in words; "" if the output is reproduced.

    """

    match: Match
    recorded: str = ""
    printed: str = ""
    explanation: str = ""


def compare(recorded: str, printed: str) -> Comparison:
    """Compare two texts; line endings, trailing blanks and empty lines around them do not count.

    Args:
        recorded: the text of the book.
        printed: the text that the code prints.

    Returns:
        The comparison. Its explanation is empty only where the match is REPRODUCED.

    >>> compare("loss 0.92739", "loss 0.92738").explanation
    'expected 0.92739, got 0.92738'
    >>> compare("[1. 2.]", "[1.0 2.0]").match.value
    'reproduced'

    """
    recorded, printed = _trimmed(recorded), _trimmed(printed)
    if _alike(recorded, printed):
        return Comparison(Match.REPRODUCED)
    lines = _first_difference(recorded, printed)
    old, new = _normalised(recorded, printed)
    if _same(old, new) or _same(_ordered(old), _ordered(new)):
        return Comparison(Match.PRINTING, *lines, "same values, formatted differently")
    if _same(old, new, near=True) or _same(_ordered(old), _ordered(new), near=True):
        return Comparison(Match.ROUNDING, *lines, _explanation(recorded, printed, lines))
    return Comparison(Match.DIFFERENT, *lines, _explanation(recorded, printed, lines))


def compare_outputs(recorded: Sequence[Piece], printed: Sequence[Piece]) -> Comparison:
    """Compare a cell's recorded output with its printed one.

    Where the book tells streams apart each is compared with its own, otherwise all text together.
    Images are not compared, nor is stderr that only one of the two has: warnings come and go.
    """
    if any(piece.kind == "text" for piece in recorded):
        kinds: list[tuple[str, ...]] = [("text", "stdout", "display", "error")]  # all but stderr
    else:
        kinds = [("stdout",), ("display",), ("error",)]
        if all(any(p.kind == "stderr" for p in side) for side in (recorded, printed)):
            kinds.append(("stderr",))
    found = [compare(text_of(recorded, kind), text_of(printed, kind)) for kind in kinds]
    order = (Match.DIFFERENT, Match.ROUNDING, Match.PRINTING, Match.REPRODUCED)
    return min(found, key=lambda comparison: order.index(comparison.match))


def text_of(
    pieces: Sequence[Piece], kinds: Sequence[str] = ("text", "stdout", "display", "error")
) -> str:
    """Return the text of the pieces of the given kinds; of a traceback only its last line."""
    change = {"error": _exception, "stderr": _warning, "text": _last_of_traceback}
    parts = []
    for piece in pieces:
        if piece.kind in kinds:
            text = change.get(piece.kind, str)(piece.text)
            parts.append(text if piece.kind == "stdout" else f"{text}\n")
    return "".join(parts)


def _warning(text: str) -> str:
    return WARNED.sub("", text)


def _exception(text: str) -> str:
    return MODULE.sub("", WHERE.sub("", text))


def _last_of_traceback(text: str) -> str:
    start = text.find("Traceback (most recent call last)")
    if start < 0:
        return text
    last = [line for line in text[start:].splitlines() if line.strip() and line[0] not in " \t"]
    return text[:start] + MODULE.sub("", last[-1])


def _alike(recorded: str, printed: str) -> bool:
    """Return whether two texts are the same, integers printed as integers."""
    return _same(recorded, printed) and _integers(recorded) == _integers(printed)


def _same(recorded: str, printed: str, *, near: bool = False) -> bool:
    """Return whether two texts have the same words around numbers that are reproduced.

    `near`: or differ in the last digits alone.
    """
    if recorded == printed:
        return True
    pairs = _number_pairs(recorded, printed)
    return pairs is not None and all(
        reproduced(old, new) or (near and is_rounding(old, new)) for old, new in pairs
    )


def is_rounding(recorded: str, printed: str) -> bool:
    """Return whether two numbers that are no integers differ by rounding of float64.

    By 1e-9 of their size, or by 1e-15 where one of them is zero.

    >>> is_rounding("0.30000000000000004", "0.3"), is_rounding("0.31", "0.3")
    (True, False)

    """
    if _is_integer(recorded) or _is_integer(printed):
        return False
    old, new = float(recorded), float(printed)
    if not isfinite(old) or not isfinite(new):
        return False
    if 0 in {old, new}:
        return abs(new - old) <= ABSOLUTE
    return abs(new - old) <= RELATIVE * max(abs(old), abs(new))


def _number_pairs(recorded: str, printed: str) -> list[tuple[str, str]] | None:
    """Return the numbers of both texts in pairs; None where the text around them differs."""
    if NUMBER.split(recorded) != NUMBER.split(printed):
        return None
    return list(zip(NUMBER.findall(recorded), NUMBER.findall(printed), strict=True))


def reproduced(recorded: str, printed: str) -> bool:
    """Return whether a printed number is the recorded one, to the digits that were recorded.

    It may differ by half a unit of the last recorded digit. Where no digit stands after the point,
    as in an integer or in NumPy's `6.`, nothing was left out, and the number is the same or not.

    >>> reproduced("0.333", "0.3333333"), reproduced("0.333", "0.3336")
    (True, False)

    """
    try:
        return _reproduced(recorded, printed)
    except ArithmeticError:  # an exponent beyond the bounds of decimal arithmetic
        return recorded == printed


def _reproduced(recorded: str, printed: str) -> bool:
    old, new = Decimal(recorded), Decimal(printed)
    if old == new:
        return True
    if all(map(_is_double, (recorded, printed))) and float(recorded) == float(printed):
        return True
    mantissa = re.split("[eE]", recorded)[0]
    if mantissa.endswith(".") or ("." not in mantissa and mantissa == recorded):
        return False
    exponent = old.as_tuple().exponent
    assert isinstance(exponent, int)  # noqa: S101 - NUMBER matches neither nan nor inf
    return 2 * abs(new - old) <= Decimal(1).scaleb(exponent)


def _integers(text: str) -> list[bool]:
    """Return for each number of a text whether it is printed as an integer."""
    return [_is_integer(found) for found in NUMBER.findall(text)]


def _is_double(number: str) -> bool:
    """Return whether a number may be a float64's: in its range, and not of too many digits."""
    in_range = isfinite(float(number)) and float(number) != 0
    return in_range and not _is_integer(number) and len(Decimal(number).as_tuple().digits) <= DIGITS


def _is_integer(number: str) -> bool:
    return number.lstrip("+-").isdecimal()


def _trimmed(text: str) -> str:
    """Return a text without trailing blanks and without empty lines around it."""
    lines = (line.rstrip() for line in text.replace("\r\n", "\n").split("\n"))
    return "\n".join(lines).strip("\n")


def _normalised(recorded: str, printed: str) -> tuple[str, str]:
    """Return two texts as if all versions of NumPy, Python and IPython formatted alike."""
    texts = [
        FUNCTION.sub(r"<function \1>", ADDRESS.sub("0x", text)) for text in (recorded, printed)
    ]
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
    """Return the parts between the commas that are not inside brackets."""
    depths = itertools.accumulate((c in "[(⟨") - (c in ")]⟩") for c in text)
    parts = [""]
    for letter, depth in zip(text, depths, strict=True):
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _first_difference(recorded: str, printed: str) -> tuple[str, str]:
    """Return the first pair of lines whose values differ, else the first formatted differently."""
    pairs = itertools.zip_longest(recorded.split("\n"), printed.split("\n"), fillvalue="")
    different = [pair for pair in pairs if not _alike(*pair)]
    values = (pair for pair in different if not _same(*_normalised(*pair)))
    return next(itertools.chain(values, different), ("", ""))


def _explanation(recorded: str, printed: str, lines: tuple[str, str]) -> str:
    """Return in words what differs first, given the first pair of lines that differ."""
    if not (recorded and printed):
        return "nothing is printed" if recorded else "nothing was recorded"
    for old, new in _number_pairs(*_normalised(*lines)) or ():
        if not reproduced(old, new):
            return f"expected {old}, got {new}"
    expected, actual = (text.count("\n") + 1 for text in (recorded, printed))
    if expected != actual:
        return f"expected {expected} lines, got {actual}"
    return "the text differs"
