"""Which line of the reader's code is running."""

from __future__ import annotations

import linecache
import sys
from dataclasses import dataclass

OWN = "crosscheck.tracing"


@dataclass(frozen=True)
class Site:
    """A line of the reader's."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        """`file:line: text`."""
        return f"{self.file}:{self.line}: {self.text}".rstrip(": ")


def is_readers(module: str) -> bool:
    """Whether a module may belong to the reader: neither this package nor a library."""
    top = module.partition(".")[0]
    if top in LIBRARIES or top in sys.stdlib_module_names:
        return False
    # the package's own name is that of its docstring's example
    return not module.startswith(OWN + ".")


# Their code is not the reader's: nothing in it is replaced, and no line of it is blamed.
LIBRARIES = frozenset(
    """numpy scipy torch jax jaxlib ml_dtypes opt_einsum pandas matplotlib pytest _pytest pluggy
    hypothesis IPython ipykernel traitlets""".split()
)


def site() -> Site:
    """The innermost line that is the reader's."""
    frame = sys._getframe(1)  # noqa: SLF001  # the only way to name the reader's line
    while frame.f_back is not None and not is_readers(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    file, line = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(file, line, frame.f_globals).strip()
    return Site(file, line, text)
