"""The table of supported functions: `python -m crosscheck.tracing.supported`.

Each row is an entry of the registry. A number is the largest error of the gradient of its example,
against central differences and relative to the gradient.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterable, Sequence

from crosscheck.errors import LostGradientError
from crosscheck.frameworks import FRAMEWORKS, Framework
from crosscheck.tracing import examples


def table(
    losses: Iterable[tuple[Sequence[str], examples.Loss]], frameworks: Sequence[Framework]
) -> list[str]:
    """The lines of a Markdown table.

    Args:
        losses: the names of functions, and an example that calls them.
        frameworks: one column for each.

    """
    titles = " | ".join(framework.name for framework in frameworks)
    rows = [
        (name, " | ".join(cells))
        for names, loss in losses
        for cells in [[_cell(loss, framework.key) for framework in frameworks]]
        for name in names
    ]
    lines = [f"| `{name}` | {cells} |" for name, cells in sorted(rows)]
    return [f"| function | {titles} |", "|---|" + "---|" * len(frameworks), *lines]


def _cell(loss: examples.Loss, framework: str) -> str:
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return f"{examples.measure(loss, *examples.inputs_of(loss), framework).error:.0e}"
    except LostGradientError:
        return "refused"


def main() -> None:
    """Print the table, with a column for each framework that is installed."""
    losses = [([e.name for e in users], loss) for loss, users in examples.losses().values()]
    installed = [framework for framework in FRAMEWORKS.values() if framework.is_installed]
    sys.stdout.write("\n".join(table(losses, installed)) + "\n")


if __name__ == "__main__":
    main()
