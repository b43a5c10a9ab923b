"""The pages that nobody writes: gallery, docstrings, schemas, the registry, CHANGELOG.md."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

from docs.building import gallery_pages, reference
from docs.building.contents import DOCS, GENERATED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ROOT = DOCS.parent


def write(folder: Path = DOCS / GENERATED) -> None:
    """Write every generated page anew; with CROSSCHECK_KEEP_GENERATED set, only if there is none.

    The gallery takes a minute, and a writer of another page need not wait for it.
    """
    if folder.exists() and os.environ.get("CROSSCHECK_KEEP_GENERATED"):
        return
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in {**gallery_pages.pages(), **reference.pages(), **included()}.items():
        page = folder / f"{name}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")


def included() -> Mapping[str, str]:
    """Return the files of the repository that are pages, their links within it as text."""
    return {
        name: _without_links((ROOT / file).read_text(encoding="utf-8"))
        for name, file in (("changelog", "CHANGELOG.md"), ("contributing", "CONTRIBUTING.md"))
    }


def _without_links(text: str) -> str:
    linked = re.sub(r"\]\(docs/([\w-]+)\.md(?:#[\w-]+)?\)", r"](../\1.md)", text)
    return re.sub(r"\[([^\]\n]+)\]\((?!https?://|\.\./)[^)\n]*\)", r"\1", linked)
