"""What the document prints, and whether the example still prints it."""

from __future__ import annotations

import contextlib
import doctest
import io
from typing import TYPE_CHECKING

from crosscheck.results import Published

if TYPE_CHECKING:
    from reference.example import Example


def published(example: Example) -> dict[str, Published]:
    """Return what the document prints of each quantity, beside what `example.main()` prints.

    The record is the doctest of `main()` in the example's docstring. Raises ValueError if there is
    none, or if its lines are not those that PRINTS names.
    """
    recorded = _recorded(example).splitlines()
    if len(recorded) != sum(example.PRINTS.values()):
        msg = f"{example.__name__}: PRINTS names other lines than the {len(recorded)} recorded"
        raise ValueError(msg)
    printed = _printed(example).splitlines()
    result = {}
    for i, (quantity, count) in enumerate(example.PRINTS.items()):
        last = i == len(example.PRINTS) - 1  # takes what is printed too much, too
        result[quantity] = Published(
            "\n".join(recorded[:count]), "\n".join(printed if last else printed[:count])
        )
        recorded, printed = recorded[count:], printed[count:]
    return result


def _recorded(example: Example) -> str:
    """Return the printout that the docstring records."""
    for entry in doctest.DocTestParser().get_examples(example.__doc__ or ""):
        if entry.source == "main()\n":
            return entry.want
    msg = f"{example.__name__}: its docstring records no `>>> main()`; run Python without -OO"
    raise ValueError(msg)


def _printed(example: Example) -> str:
    """Return what `main()` prints; what it raises counts as printed."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            example.main()
        except Exception as error:  # noqa: BLE001 - a finding, not a crash
            print(f"{type(error).__name__}: {error}")
    return out.getvalue()
