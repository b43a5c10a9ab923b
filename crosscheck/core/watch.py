"""The clock of a long call: its time limit, its end, and a line on the terminal that it works.

Whoever computes calls `check` before each piece of work. Pieces are short, so that is where a call
ends that has no time left, or that the user has interrupted in another thread.
"""

from __future__ import annotations

import contextlib
import sys
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

QUIET = 2.0  # seconds without a word
OFTEN = 0.1  # seconds between two lines
ERASE = "\r\x1b[K"


class TimeLimitError(BaseException):
    """The time is up, or the call was interrupted; not for the user, whose code might catch it."""


class Watch:
    """The clock of one call.

    `seconds`: how many it may take; None for any number.
    """

    def __init__(self, seconds: float | None = None) -> None:
        """Start the clock."""
        self.seconds = seconds
        self.start = self.written = time.monotonic()
        self.stopped = False
        self.shows = False

    @property
    def left(self) -> float:
        """The seconds that are left."""
        if self.seconds is None:
            return float("inf")
        return self.start + self.seconds - time.monotonic()

    def check(self) -> None:
        """Raise TimeLimitError where the work is to end."""
        if self.stopped or self.left <= 0:
            raise TimeLimitError

    def say(self, doing: str) -> None:
        """Say what is being done, if it takes long and somebody may read it."""
        now = time.monotonic()
        if now > self.start + QUIET and now > self.written + OFTEN and _on_terminal():
            self.written, self.shows = now, True
            line = f"{doing}, {now - self.start:.0f} s"[:79]  # a longer one would wrap, and stay
            sys.stderr.write(f"{ERASE}{line}")
            sys.stderr.flush()

    def erase(self) -> None:
        """Take the line away."""
        if self.shows:
            sys.stderr.write(ERASE)
            sys.stderr.flush()


_current: ContextVar[Watch | None] = ContextVar("watch", default=None)


def check(doing: str = "") -> None:
    """Do `Watch.check` of the call that this thread works for, if it has a clock, and say so."""
    watch = _current.get()
    if watch is not None:
        watch.check()
        say(doing)


def say(doing: str) -> None:
    """Do `Watch.say` of the call that this thread works for, if it has a clock."""
    watch = _current.get()
    if watch is not None and doing:
        watch.say(doing)


def time_left() -> float:
    """Return the seconds that are left to the call; infinite where it has no limit."""
    watch = _current.get()
    return float("inf") if watch is None else watch.left


@contextlib.contextmanager
def watched(seconds: float | None = None) -> Iterator[Watch]:
    """Give a call a clock; a call inside of another has that one's."""
    outer = _current.get()
    if outer is not None:
        yield outer
        return
    watch = Watch(seconds)
    token = _current.set(watch)
    try:
        yield watch
    finally:
        _current.reset(token)
        watch.erase()


def _on_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()
