"""Find what the built site would fetch from elsewhere: `python -m docs.building.offline DIR`."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

REMOTE = re.compile(r"^\s*(?:https?:)?//")
IN_CSS = re.compile(r"(?:url\(\s*['\"]?|@import\s+['\"])\s*((?:https?:)?//[^'\")\s]+)")
# What a tag fetches by itself; a link that a reader follows is none.
FETCHED = {"src", "srcset", "poster", "data"}


class _Fetched(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            fetches = name in FETCHED or (name == "href" and tag in {"link", "use", "image"})
            if value and fetches and REMOTE.match(value):
                self.found.append(value.strip())


def fetched(text: str, suffix: str) -> list[str]:
    """Return the addresses elsewhere that a file fetches from.

    Args:
        text: The file.
        suffix: ".html" or ".css".

    """
    parser = _Fetched()
    if suffix == ".html":
        parser.feed(text)
    return [*parser.found, *IN_CSS.findall(text)]


def remote(site: Path) -> Iterator[str]:
    """Yield `file: address` for all that a built site fetches from elsewhere."""
    for file in sorted(path for path in site.rglob("*") if path.suffix in {".html", ".css"}):
        for address in fetched(file.read_text(encoding="utf-8"), file.suffix):
            yield f"{file.relative_to(site)}: {address}"


def main(folder: str) -> int:
    """Print what is fetched from elsewhere; return 1 if there is any, and 0 for none."""
    found = list(remote(Path(folder)))
    print("\n".join(found) or "nothing is fetched from elsewhere")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
