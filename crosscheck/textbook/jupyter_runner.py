"""A book's cells in a Jupyter kernel: slower to start, and exactly what a user's notebook does.

The limits of memory and network do not apply to a kernel. Claims are recorded in the process that
`runner` starts: a kernel cannot send a recorded program.
"""

from __future__ import annotations

import ast
import importlib.util
import subprocess
from typing import TYPE_CHECKING, Any

from crosscheck.errors import BookError
from crosscheck.textbook.child.instrument import pinned
from crosscheck.textbook.formats.notebook import pieces
from crosscheck.textbook.formats.script import parsed
from crosscheck.textbook.runner import Ran, Run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crosscheck.textbook.formats.book import Book, Cell
    from crosscheck.textbook.runner import Limits


def require() -> None:
    """Raise BookError, with the cure, unless all that starts a kernel is installed."""
    needed = ("nbclient", "nbformat", "ipykernel")
    missing = [module for module in needed if importlib.util.find_spec(module) is None]
    if missing:
        cure = 'python -m pip install "backprop-crosscheck[kernel]"'
        msg = f"--isolate kernel needs {' and '.join(missing)}: {cure}"
        raise BookError(msg)


def run(book: Book, cells: Sequence[Cell], given: Mapping[str, Any], limits: Limits) -> Run:
    """Run cells in a kernel and return their outputs; see `require` for what must be installed."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from nbformat import v4

    applied: set[str] = set()
    made = [v4.new_code_cell(_source(cell.source, given, applied)) for cell in cells]
    client = NotebookClient(
        v4.new_notebook(cells=made),
        timeout=limits.cell,
        allow_errors=True,
        kernel_name="python3",
        resources={"metadata": {"path": str(book.path.absolute().parent)}},
    )
    result = Run(given=frozenset(applied))
    with client.setup_kernel(stderr=subprocess.DEVNULL):
        for place, (source, cell) in enumerate(zip(made, cells, strict=True)):
            result.cell = cell.number
            try:
                client.execute_cell(source, place)
            except (CellTimeoutError, DeadKernelError) as error:
                result.stopped = f"in its kernel: {str(error).strip().partition(chr(10))[0]}"
                return result
            output = tuple(pieces(source.outputs))
            result.cells[cell.number] = Ran(output, any(piece.kind == "error" for piece in output))
    return result


def _source(source: str, given: Mapping[str, Any], applied: set[str]) -> str:
    """Return a cell with the given values inserted after each assignment of their names."""
    tree = parsed(source)
    if tree is None:
        return source
    changed, names = pinned(tree, given)
    applied |= names
    return ast.unparse(changed) if names else source
