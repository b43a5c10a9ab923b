"""A Jupyter notebook, format 4, as a book."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any

from crosscheck.errors import BookError
from crosscheck.textbook.formats.book import Cell, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def read(path: Path, text: str) -> tuple[Cell, ...]:
    """Return the code cells of a notebook.

    Raises:
        BookError: it is not a notebook, or of a format before 4.

    """
    sources = [cell for cell in load(path, text).cells if cell.cell_type == "code"]
    # all outputs may have been cleared, as before a commit: then there is nothing to compare
    kept = any(cell.outputs for cell in sources)

    def executed(cell: Any) -> bool:
        return kept and cell.execution_count is not None

    return tuple(
        Cell(
            number,
            cell.source.replace("\r\n", "\n"),
            recorded=tuple(pieces(cell.outputs)) if cell.outputs or executed(cell) else None,
            tags=frozenset(cell.metadata.get("tags", ())),
        )
        for number, cell in enumerate(sources, 1)
    )


def load(path: Path, text: str) -> Any:
    """Return the notebook as nbformat's nodes."""
    try:
        import nbformat
    except ImportError:
        msg = (
            f"{path}: reading notebooks needs nbformat: "
            'python -m pip install "backprop-crosscheck[textbook]"'
        )
        raise BookError(msg) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cells without an id, which old notebooks are
            notebook = nbformat.reads(text, as_version=nbformat.NO_CONVERT)
            if notebook.nbformat == 4:  # noqa: PLR2004 - the one format that is in use
                nbformat.validate(notebook)
    except Exception as error:  # noqa: BLE001 - whatever the parser has against it
        reason = str(error).strip().partition("\n")[0]
        msg = f"{path} is not a notebook: {reason}; save it again with Jupyter"
        raise BookError(msg) from None
    if notebook.nbformat != 4:  # noqa: PLR2004
        msg = (
            f"{path} is a notebook of format {notebook.nbformat}; "
            f"convert it: jupyter nbconvert --to notebook --nbformat 4 {path.name}"
        )
        raise BookError(msg)
    return notebook


def pieces(outputs: Any) -> Iterator[Piece]:
    """Yield the parts of a cell's output, given as nbformat's nodes."""
    for output in outputs:
        kind = output.output_type
        if kind == "stream":
            yield Piece("stderr" if output.name == "stderr" else "stdout", output.text)
        elif kind == "error":
            yield Piece("error", COLOUR.sub("", f"{output.ename}: {output.evalue}"))
        elif any(mime.startswith("image/") for mime in output.data):
            yield Piece("image", "")
        else:
            yield Piece("display", output.data.get("text/plain", ""))
