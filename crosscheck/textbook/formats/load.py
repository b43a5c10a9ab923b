"""From a path to a book, by its suffix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosscheck.errors import BookError
from crosscheck.textbook.formats import markdown, notebook, script
from crosscheck.textbook.formats.book import Book, Cell, lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

READERS: dict[str, Callable[[Path, str], tuple[Cell, ...]]] = {
    ".ipynb": notebook.read,
    ".md": markdown.read,
    ".markdown": markdown.read,
    ".myst": markdown.read,
    ".py": script.percent,
    ".txt": script.dump,
}


def read(path: Path) -> Book:
    """Return the book at a path.

    Raises:
        BookError: the file is missing or not UTF-8, its suffix is none of READERS, or its reader
            cannot read it.

    """
    if path.suffix not in READERS:
        msg = f"{path} is no book: its suffix is none of {', '.join(READERS)}"
        raise BookError(msg)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        msg = f"{path}: {error.strerror}; pass the path of a book, or of a folder of books"
        raise BookError(msg) from None
    except UnicodeDecodeError as error:
        msg = f"{path} is not UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8"
        raise BookError(msg) from None
    if path.suffix == ".txt" and not script.is_dump(text):
        msg = f"{path} has no prompt `In [1]:`; a .txt is read as the dump of a notebook"
        raise BookError(msg)
    try:
        return Book(path, READERS[path.suffix](path, text))
    except BookError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a parser has against it
        reason = str(error).partition("\n")[0]
        msg = f"{path} cannot be read: {type(error).__name__}: {reason}"
        raise BookError(msg) from None


def books(paths: Iterable[Path]) -> list[Path]:
    """Return the files at the paths: of a folder, all that look like books.

    Raises:
        BookError: there is no path, or a folder without a book.

    """
    found: list[Path] = []
    for path in paths:
        inside = sorted(p for p in path.rglob("*") if is_book(p, path)) if path.is_dir() else [path]
        if not inside:
            msg = f"{path} is a folder without a book ({', '.join(READERS)})"
            raise BookError(msg)
        found += inside
    if not found:
        msg = "there is no path; pass the path of a book, or of a folder of books"
        raise BookError(msg)
    return list(dict.fromkeys(found))


def is_book(path: Path, folder: Path) -> bool:
    """Return whether a file in a folder looks like a book; hidden and updated files do not.

    A script needs a `# %%`, Markdown a block of Python, a text a prompt.
    """
    hidden = any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)
    if hidden or path.suffix not in READERS or path.stem.endswith(".updated"):
        return False
    if path.suffix == ".ipynb":
        return path.is_file()
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:  # a folder, or a file that may not be read
        return False
    if path.suffix == ".py":
        return any(script.CELL.match(line) for line in lines_of(text))
    return script.is_dump(text) if path.suffix == ".txt" else markdown.has_code(path, text)
