"""Numbers that left the trace: proof that they do no harm, or the line that does.

A plain number has no gradient. It may be printed or kept for a plot; it must not come back into
the computation. So the user's function runs once more with every such number slightly changed:
where the recorded program is the same, bit for bit, none of them was used. Else each line is
tried alone, and the guilty ones are named.
"""

from __future__ import annotations

import contextlib
import functools
import io
import linecache
import traceback
from collections.abc import Callable
from operator import eq
from typing import Any

import numpy as np

from crosscheck.errors import LostGradientError, TracingError
from crosscheck.ir.recording import Escape, Recording, Site, same_value
from crosscheck.tracing.reachable import Randomness, Reachable
from crosscheck.tracing.source_locations import is_users

Disturb = Callable[[Escape], bool]

CURE = (
    "Use functions of NumPy and SciPy that are traced (python -m crosscheck.tracing.supported "
    "lists them) and, as the destination of a[i] = w, an array made inside the function; or hand "
    "in the loss written for the frameworks: rebuilt={'torch': …, 'jax': …}. Printing and "
    "comparing are harmless."
)


class Raised(Exception):  # noqa: N818  # it carries another, which is what the user gets
    """What the user's function raised."""

    def __init__(self, error: Exception) -> None:
        """Take the exception."""
        super().__init__(error)
        self.error = error


def record_safely(
    record: Callable[[Disturb], Recording], plainly: Callable[[], Any], reachable: Reachable
) -> Recording:
    """One run, and as many more as the proofs need; random generators end as after one run.

    The last one is plain NumPy's: it must give the same value, and leaves plain arrays where the
    user's function keeps some.

    Raises:
        LostGradientError: an escaped number is used again, or the runs differ by themselves.
        TracingError: the plain run gives another value.

    """
    before = Randomness(reachable.generators)
    try:
        recording = record(lambda _: False)
    except Raised as raised:
        before.restore()
        cause = _cause(raised.error, plainly)
        raise cause from (cause.__cause__ if cause is raised.error else raised.error)
    after = Randomness(reachable.generators)

    def unchanged(disturb: Disturb) -> bool:
        before.restore()
        try:
            other = record(disturb)
        except Exception:  # noqa: BLE001  # whatever it was, the number made a difference
            return False
        return other.escapes == recording.escapes and other.program.same_as(recording.program)

    try:
        with contextlib.redirect_stdout(io.StringIO()):
            if recording.escapes and not unchanged(lambda _: True):
                raise LostGradientError(_explanation(recording.escapes, unchanged))
            before.restore()
            expected = plainly()
    except Raised as raised:
        raise raised.error from None
    finally:
        after.restore()
    same_type = np.result_type(expected) == recording.value.dtype
    if not (same_type and same_value(expected, recording.value)):
        msg = (
            f"plain NumPy gives {expected!r}, the traced run {recording.value!r}: the function "
            "asks for the exact type of an array, or does not do the same when it is called again. "
            "Ask isinstance(x, np.ndarray), or hand in rebuilt={'torch': …, 'jax': …}."
        )
        raise TracingError(msg)
    return recording


def _cause(error: Exception, plainly: Callable[[], Any]) -> Exception:
    """The user's own error, or that of a line that only tracing makes fail."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            plainly()
    except Raised:
        return error
    trace = error.__traceback__
    lines = [
        Site(
            frame.f_code.co_filename,
            line,
            linecache.getline(frame.f_code.co_filename, line).strip(),
        )
        for frame, line in traceback.walk_tb(trace)
        if is_users(frame.f_globals.get("__name__", ""))
    ]
    where = f"{lines[-1]}\n" if lines else ""
    return TracingError(
        f"{where}raises {type(error).__name__} ({error}) while it is traced, and not without. "
        "Tracing hands in an object that stands for the array: ask isinstance(x, np.ndarray) and "
        "x.dtype, not for its exact type; or hand in rebuilt={'torch': …, 'jax': …}."
    )


def _explanation(escapes: tuple[Escape, ...], unchanged: Callable[[Disturb], bool]) -> str:
    different = list(dict.fromkeys(escapes))
    if not unchanged(lambda _: False):
        lines = "\n".join(f"{escape.site}\n    {escape.how}" for escape in different)
        return (
            f"{lines}\nPlain numbers leave the trace here. Whether they come back cannot be told, "
            f"because the function does not do the same when it is called again. {CURE}"
        )
    guilty = [escape for escape in different if not unchanged(functools.partial(eq, escape))]
    lines = "\n".join(f"{escape.site}\n    {escape.how}" for escape in guilty or different)
    return f"{lines}\nThe plain number is used again, and its gradient would be lost. {CURE}"
