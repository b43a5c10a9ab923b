"""Where a report is printed: a terminal of some width, a pipe without one, or a string."""

from __future__ import annotations

import contextlib
import io
import shutil
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PIPE_WIDTH = 132  # a pipe has none of its own: wide enough to lose nothing
TEXT_WIDTH = 100  # a string has none either, but is read by people
HANGING = 4  # further in, where a line goes on


class Terminal(Console):
    """A console that leaves a closed pipe to the command: rich would end it as if it had failed."""

    def on_broken_pipe(self) -> None:
        """Pass it on."""
        raise  # noqa: PLE0704 - rich calls this while it handles the error


def stdout() -> Console:
    """Return the console of stdout; in a pipe its lines are never broken.

    A stdout that cannot encode a character prints `?` in its place instead of failing.
    """
    if hasattr(sys.stdout, "reconfigure"):  # a notebook's stdout has no encoding to relax
        sys.stdout.reconfigure(errors="replace")
    console = Terminal(highlight=False, force_jupyter=False)
    if console.is_terminal:
        return console
    return Terminal(highlight=False, width=PIPE_WIDTH, soft_wrap=True, force_jupyter=False)


def render_text(show: Callable[[Console], None]) -> str:
    """Return what is shown, without colours, no wider than a terminal that is narrow."""
    width = min(TEXT_WIDTH, shutil.get_terminal_size((TEXT_WIDTH, 24)).columns)
    out = io.StringIO()
    # rich would send the text to a notebook's display, and leave the string empty.
    show(Console(file=out, width=width, highlight=False, color_system=None, force_jupyter=False))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()).rstrip()


@contextlib.contextmanager
def progress(first: str) -> Iterator[Callable[[str], None]]:
    """Yield a function that shows the current step, on a terminal; `first` is shown before it."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status(first) as status:
        yield status.update


def print_paragraph(console: Console, paragraph: Text, further: int = HANGING) -> None:
    """Print a paragraph; where a line of it is too long it goes on below, `further` in."""
    if console.soft_wrap:
        console.print(paragraph)
        return
    for line in paragraph.split(allow_blank=True):
        indent = len(line.plain) - len(line.plain.lstrip())
        hanging = min(indent + further, console.width // 2)
        wide = console.width - hanging
        if line.cell_len <= console.width:
            console.print(line)
            continue
        for i, part in enumerate(line[indent:].wrap(console, wide)):
            part.rstrip()
            console.print(Text.assemble(" " * (hanging if i else min(indent, hanging)), part))
