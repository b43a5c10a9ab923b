"""In the child: run a cell as a notebook does, and catch what it shows."""

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

from crosscheck.textbook.formats.book import readable

if TYPE_CHECKING:
    from collections.abc import Iterator

    Shown = list[tuple[str, str]]  # kind and text of each piece

MAGIC = re.compile(r"^(\s*)(%%?\w|!|\?\w|\w+\?\??$).*$")
DISPLAY = "__crosscheck_display__"


class Output:
    """What a cell shows, in order; the text of one stream is one piece until another comes."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.pieces: Shown = []

    def add(self, kind: str, text: str) -> None:
        """Add a piece, or go on with the last one."""
        if kind in {"stdout", "stderr"} and self.pieces and self.pieces[-1][0] == kind:
            self.pieces[-1] = (kind, self.pieces[-1][1] + text)
        elif text or kind == "image":
            self.pieces.append((kind, text))

    def display(self, *things: Any) -> None:
        """Show things as a notebook's `display` does."""
        for thing in things:
            self.add("image" if hasattr(thing, "savefig") else "display", repr(thing))

    def last(self, thing: Any) -> None:
        """Show the value of a cell's last expression; None shows nothing."""
        if thing is not None:
            self.display(thing)

    @contextlib.contextmanager
    def catching(self) -> Iterator[None]:
        """Catch what is written to the standard streams."""
        out, err = _Stream(self, "stdout"), _Stream(self, "stderr")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            yield


class _Stream(io.TextIOBase):
    """A standard stream that writes to an output."""

    encoding = "utf-8"

    def __init__(self, output: Output, kind: str) -> None:
        self._output, self._kind = output, kind

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._output.add(self._kind, text)
        return len(text)


def parsed(source: str, filename: str, line: int) -> tuple[ast.Module, int]:
    """Return a cell's tree with the book's own line numbers, and how many lines were skipped.

    Lines for IPython or the shell are skipped: they become `pass`. Raises SyntaxError.
    """
    lines, shift = source.splitlines(), max(line - 1, 0)
    _remember(filename, shift, lines)
    skipped = 0
    try:
        tree = ast.parse("\n" * shift + source, filename)
    except SyntaxError:
        whole = source.startswith("%%")  # a magic that takes the cell as its text
        kept = ["" if whole else MAGIC.sub(r"\1pass", text) for text in lines]
        skipped = sum(a != b for a, b in zip(lines, kept, strict=True))
        if not skipped:
            raise
        tree = ast.parse("\n" * shift + "\n".join(kept), filename)
    if tree.body and isinstance(last := tree.body[-1], ast.Expr):
        end = lines[(last.end_lineno or 0) - shift - 1].encode()[last.end_col_offset :]
        if end.lstrip().startswith(b";"):  # a notebook shows no value then
            tree.body.append(ast.copy_location(ast.Pass(), last))
    return tree, skipped


def _remember(filename: str, shift: int, lines: list[str]) -> None:
    """Let tracebacks show the book's lines, those of other cells in the same file included."""
    known = linecache.cache.get(filename)
    text = list(known[2]) if known and len(known) == 4 else []  # noqa: PLR2004 - its own format
    text += ["\n"] * (shift + len(lines) - len(text))
    text[shift : shift + len(lines)] = [f"{each}\n" for each in lines]
    linecache.cache[filename] = (sum(map(len, text)), None, text, filename)


def displaying(tree: ast.Module) -> ast.Module:
    """Return the tree with its last expression shown, as a notebook does."""
    tree = copy.deepcopy(tree)
    if tree.body and isinstance(last := tree.body[-1], ast.Expr):
        function = ast.Name(DISPLAY, ast.Load())
        last.value = ast.copy_location(ast.Call(function, [last.value], []), last.value)
        ast.fix_missing_locations(tree)
    return tree


def run(tree: ast.Module, filename: str, namespace: dict[str, Any]) -> tuple[Output, bool]:
    """Run a cell; return what it showed, and whether it raised."""
    output = Output()
    for name, shows in ((DISPLAY, output.last), ("display", output.display)):
        setattr(builtins, name, shows)
    with output.catching():
        try:
            exec(compile(tree, filename, "exec"), namespace)  # noqa: S102 - the book's own code
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - shown
            output.add("error", said(error))
            return output, True
    return output, False


def said(error: BaseException) -> str:
    """Return an exception as the last line of its traceback, and where it was raised."""
    last = "".join(traceback.format_exception_only(error)).strip()
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith("<")]
    place = f"\n  at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return last + readable(place)


def flushed() -> None:
    """Close the figures of a run that nobody looks at."""
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
