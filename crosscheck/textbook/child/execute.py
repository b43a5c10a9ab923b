"""In the child: run a cell as a notebook does, and capture its output."""

from __future__ import annotations

import ast
import builtins
import contextlib
import copy
import io
import linecache
import re
import sys
import traceback
from typing import TYPE_CHECKING, Any

from crosscheck.textbook.formats.book import lines_of, readable

if TYPE_CHECKING:
    from collections.abc import Iterator

    Pieces = list[tuple[str, str]]  # the kind and text of each

MAGIC = re.compile(r"^(\s*)(%%?\w|!|\?\w|\w+\?\??$).*$")
# Lines for IPython of which the effect on the names is known, and none on what is printed.
QUIET = re.compile(r"^(\s*)%(matplotlib|config|load_ext|reload_ext|autoreload|precision)\b.*$")
PYLAB = re.compile(r"^(\s*)%pylab\b.*$")
TIMED = re.compile(r"^(\s*)%time\s+(.+)$")
RUN = re.compile(r"^(\s*)%run\s+(?:-i\s+)?([\w./-]+\.py)\s*$")
RAN = (
    "globals().update({k: v for k, v in __import__('runpy').run_path('FILE').items() "
    "if not k.startswith('__')})"
)
WHOLE = re.compile(r"^%%(time|capture)\b.*$")
NAMES = "from pylab import *; import matplotlib.pyplot as plt; import numpy as np"
DISPLAY = "__crosscheck_display__"


class Output:
    """The output of a cell, in order; consecutive text of one stream is one piece."""

    def __init__(self) -> None:
        """Make an empty output."""
        self.pieces: Pieces = []

    def add(self, kind: str, text: str) -> None:
        """Add a piece, or extend the last one."""
        if kind in {"stdout", "stderr"} and self.pieces and self.pieces[-1][0] == kind:
            self.pieces[-1] = (kind, self.pieces[-1][1] + text)
        elif text or kind == "image":
            self.pieces.append((kind, text))

    def display(self, *things: Any) -> None:
        """Add things as a notebook's `display` does."""
        for thing in things:
            is_image = hasattr(thing, "savefig") or hasattr(thing, "_repr_png_")
            self.add("image" if is_image else "display", repr(thing))

    def last(self, thing: Any) -> None:
        """Add the value of a cell's last expression, unless it is None."""
        if thing is not None:
            self.display(thing)

    @contextlib.contextmanager
    def capturing(self) -> Iterator[None]:
        """Capture what is written to the standard streams."""
        out, err = _Stream(self, "stdout"), _Stream(self, "stderr")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            yield


class _Stream(io.TextIOBase):
    encoding = "utf-8"

    def __init__(self, output: Output, kind: str) -> None:
        self._output, self._kind = output, kind

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._output.add(self._kind, text)
        return len(text)


def parsed(source: str, filename: str, line: int) -> tuple[ast.Module, int]:
    """Return a cell's tree with the book's line numbers, and how many lines were skipped.

    Lines for IPython or the shell are skipped: they become `pass`. Raises what `ast.parse` raises.
    """
    lines, shift = lines_of(source), max(line - 1, 0)
    _remember(filename, shift, lines)
    skipped = 0
    try:
        tree = ast.parse("\n" * shift + source, filename)
    except SyntaxError:
        known = [_known(text) for text in lines]
        whole = known[0].startswith("%%")  # a magic that takes the cell as its text
        kept = ["" if whole else MAGIC.sub(r"\1pass", text) for text in known]
        quiet = sum(any(m.match(text) for m in (QUIET, PYLAB, RUN)) for text in lines)
        skipped = sum(a != b for a, b in zip(lines, kept, strict=True)) - quiet
        if lines == kept:
            raise
        tree = ast.parse("\n" * shift + "\n".join(kept), filename)
    if tree.body and isinstance(last := tree.body[-1], ast.Expr):
        end = lines[(last.end_lineno or 0) - shift - 1].encode()[last.end_col_offset :]
        if end.lstrip().startswith(b";"):  # a notebook shows no value then
            tree.body.append(ast.copy_location(ast.Pass(), last))
    return tree, skipped


def _known(line: str) -> str:
    """Return a line for IPython as the Python that it stands for, where that is known."""
    line = WHOLE.sub("pass", QUIET.sub(r"\1pass", line))
    line = RUN.sub(lambda found: found[1] + RAN.replace("FILE", found[2]), line)
    return TIMED.sub(r"\1\2", PYLAB.sub(rf"\1{NAMES}", line))


def _remember(filename: str, shift: int, lines: list[str]) -> None:
    """Give tracebacks the book's lines, and keep those of other cells of the same file."""
    known = linecache.cache.get(filename)
    text = list(known[2]) if known and len(known) == 4 else []  # noqa: PLR2004 - its own format
    text += ["\n"] * (shift + len(lines) - len(text))
    text[shift : shift + len(lines)] = [f"{each}\n" for each in lines]
    linecache.cache[filename] = (sum(map(len, text)), None, text, filename)


def displaying(tree: ast.Module) -> ast.Module:
    """Return the tree with its last expression displayed, as a notebook does."""
    tree = copy.deepcopy(tree)
    if tree.body and isinstance(last := tree.body[-1], ast.Expr):
        function = ast.Name(DISPLAY, ast.Load())
        last.value = ast.copy_location(ast.Call(function, [last.value], []), last.value)
        ast.fix_missing_locations(tree)
    return tree


def run(tree: ast.Module, filename: str, namespace: dict[str, Any]) -> tuple[Output, bool]:
    """Run a cell; return its output, and whether it raised."""
    output = Output()
    for name, display in ((DISPLAY, output.last), ("display", output.display)):
        setattr(builtins, name, display)
    with output.capturing():
        try:
            exec(compile(tree, filename, "exec"), namespace)  # noqa: S102 - the book's own code
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - an output
            output.add("error", description(error))
            return output, True
    return output, False


def description(error: BaseException) -> str:
    """Return the last line of an exception's traceback, and the place where it was raised."""
    last = "".join(traceback.format_exception_only(error)).strip()
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith("<")]
    place = f"\n  at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return last + readable(place)


def close_figures() -> None:
    """Close the figures of a run, which would add up in memory."""
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
