"""The sections of tests/books/chapter.md, to plant mistakes in."""

from __future__ import annotations

import re
from pathlib import Path

BOOKS = Path(__file__).parents[1] / "books"
CHAPTER = BOOKS / "chapter.md"
TEXT = CHAPTER.read_text(encoding="utf-8")
_PARTS = re.split(r"^## (.*)$", TEXT, flags=re.MULTILINE)
SECTIONS = dict(zip(_PARTS[1::2], _PARTS[2::2], strict=True))


def section(title: str, *, outputs: bool = True) -> str:
    """Return a section that runs by itself, with or without its recorded outputs."""
    text = SECTIONS[title]
    if "import numpy" not in text:
        text = text.replace("```python\n", "```python\nimport numpy as np\n", 1)
    return text if outputs else re.sub(r"```text\n.*?```\n", "", text, flags=re.DOTALL)


def planted(title: str, right: str, wrong: str, *, outputs: bool = False) -> str:
    """Return a section with one piece of it replaced."""
    text = section(title, outputs=outputs)
    assert text.count(right) == 1, f"{right!r} stands {text.count(right)} times in {title}"
    return text.replace(right, wrong)


def write(folder: Path, text: str, name: str = "book.md") -> Path:
    """Write a book and return its path."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def python(*cells: str) -> str:
    """Return Markdown with a block of Python for each cell."""
    return "".join(f"```python\n{cell}\n```\n\n" for cell in cells)
