"""Which line of the user's code is running."""

from __future__ import annotations

import functools
import linecache
import sys
import types

from crosscheck.ir.recording import Expression, Origin, Site

# Frames of ours between NumPy and the user's function; the package's own name is that of its
# docstring's example.
OWN = ("crosscheck.tracing.", "crosscheck.core.", "crosscheck.ir.")
ENTRY = "crosscheck.tracing.record"  # calls the user's function


def is_users(module: str) -> bool:
    """Whether a module may belong to the user: neither this package nor a library."""
    top = module.partition(".")[0]
    if top in LIBRARIES or top in sys.stdlib_module_names:
        return False
    return not module.startswith(OWN)


# Their code is not the user's: nothing in it is replaced, and no line of it is blamed.
LIBRARIES = frozenset(
    """numpy scipy torch jax jaxlib ml_dtypes opt_einsum pandas matplotlib pytest _pytest pluggy
    hypothesis IPython ipykernel traitlets""".split()
)


def site() -> Site:
    """The innermost line that is the user's."""
    frame = sys._getframe(1)  # noqa: SLF001  # the only way to name the user's line
    while frame.f_back is not None and not is_users(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    file, line = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(file, line, frame.f_globals).strip()
    return Site(file, line, text)


def expression() -> Expression:
    """The innermost expression that is the user's."""
    frame = sys._getframe(1)  # noqa: SLF001  # as in site
    while frame.f_back is not None and not is_users(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    return _expression(frame.f_code.co_filename, frame.f_code, frame.f_lasti)


def library_call() -> tuple[str, str] | None:
    """The module and the name of a library's Python function that the user's line is in."""
    below = frame = sys._getframe(1)  # noqa: SLF001  # as in site
    while frame.f_back is not None and not is_users(frame.f_globals.get("__name__", "")):
        below, frame = frame, frame.f_back
    module: str = below.f_globals["__name__"]
    return None if module.startswith(OWN) else (module, below.f_code.co_qualname)


class Origins:
    """Tells where each node of one recording comes from."""

    def __init__(self) -> None:
        """Start with the first call."""
        self._call = 0
        self._entered: types.FrameType | None = None

    def here(self) -> Origin:
        """The origin of what is being recorded."""
        frame: types.FrameType | None = sys._getframe(1)  # noqa: SLF001  # as in site
        below, entered = None, None
        stack: list[Expression] = []
        while frame is not None:
            module = frame.f_globals.get("__name__", "")
            if module == ENTRY:
                break
            if is_users(module) and not module.startswith("crosscheck."):
                stack.append(_expression(frame.f_code.co_filename, frame.f_code, frame.f_lasti))
                entered = entered or below
            below, frame = frame, frame.f_back
        # Frames are compared, not their ids: one that is kept is no other call's.
        if entered is not self._entered:
            self._call, self._entered = self._call + 1, entered
        return Origin(tuple(reversed(stack)), self._call)


@functools.lru_cache(maxsize=4096)
def _expression(file: str, code: types.CodeType, instruction: int) -> Expression:
    """The source of one instruction; the whole line where Python does not know better.

    `file` is part of the key: codes of equal source compare equal, whatever files they stand in.
    """
    line, end, start, stop = list(code.co_positions())[instruction // 2]
    first = line or code.co_firstlineno
    if end is None or start is None or stop is None:
        return Expression(file, first, 0, linecache.getline(file, first).strip())
    lines = [linecache.getline(file, n).encode() for n in range(first, end + 1)]
    lines[-1] = lines[-1][:stop]
    lines[0] = lines[0][start:]
    text = " ".join(part.decode().strip() for part in lines)
    return Expression(file, first, start, text)
