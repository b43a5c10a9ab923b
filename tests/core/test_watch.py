"""A long call says that it works, ends when its time is up, and leaves the terminal clean."""

from __future__ import annotations

import io
import sys
import time

import pytest

from crosscheck.core.watch import ERASE, TimeLimitError, check, time_left, watched


class Terminal(io.StringIO):
    """What is written, and whether it is a terminal."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_a_call_ends_when_its_time_is_up(clock: list[float]) -> None:
    with watched(5.0):
        check()
        assert time_left() == 5.0
        clock[0] += 4
        with watched(100.0):  # a call inside has no more time than the one around it
            check()
            clock[0] += 1
            with pytest.raises(TimeLimitError):
                check()
    check()
    assert time_left() == float("inf")


def test_a_call_that_was_interrupted_ends(clock: list[float]) -> None:
    with watched() as mine:
        clock[0] += 1e9
        check()
        mine.stopped = True
        with pytest.raises(TimeLimitError):
            check()


def test_nobodys_except_exception_takes_it() -> None:
    assert not issubclass(TimeLimitError, Exception)


@pytest.mark.parametrize("is_terminal", [True, False])
def test_long_work_shows_on_a_terminal_alone(
    *, clock: list[float], monkeypatch: pytest.MonkeyPatch, is_terminal: bool
) -> None:
    terminal = Terminal(is_terminal=is_terminal)
    monkeypatch.setattr(sys, "stderr", terminal)
    with watched():
        check("3 of 9 points")
        assert not terminal.getvalue()  # it is quick so far
        clock[0] += 3
        check("4 of 9 points")
        check("5 of 9 points")  # too soon after the last
        clock[0] += 1
        check("x" * 100)
    lines = terminal.getvalue().split(ERASE)
    expected = ["", "4 of 9 points, 3 s", "x" * 79, ""]
    assert lines == (expected if is_terminal else [""])


def test_a_process_may_have_no_stderr(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    with watched():
        clock[0] += 3
        check("4 of 9 points")
