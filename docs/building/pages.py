"""From a page as a code host shows it to a page of the site.

Pages are plain CommonMark. On the site, their Python is executed (MyST-NB), links to files outside
of `docs/` are text, and what stands under a page is listed in the sidebar.
"""

from __future__ import annotations

import re
from posixpath import dirname, normpath, relpath

from docs.building.contents import GENERATED, children

FRONT = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n  display_name: Python 3\n---\n"
CELL = "{code-cell}"
MARK = re.compile(r"^<!-- (/?)[\w.-]+ -->$")
OPENING = re.compile(r"^(`{3,})(.*)$")
LINK = re.compile(r"(!?)\[([^\]\n]+)\]\((?!https?://|#|mailto:)([^)\s#]*)(#[^)\s]*)?\)")
# Of a fence whose second word says so: `python no-run` is shown, `python solution` is folded.
TAGS = {"solution": '["hide-cell"]', "raises": '["raises-exception"]', "quiet": '["remove-output"]'}
FILES = {"classrooms"}  # pages whose Python are files for other tools: tests run them there
SHOWN = {"gallery"}  # pages that show what stands under them in their text, too
# Files outside of docs/ that are pages of the site.
PAGES = {
    "../CHANGELOG.md": f"{GENERATED}/changelog.md",
    "../CONTRIBUTING.md": f"{GENERATED}/contributing.md",
    "../README.md": "index.md",
    "../README.ko.md": "index.md",
}


def site_text(name: str, text: str) -> str:
    """Return the text of a page for the site.

    Args:
        name: The page, below `docs/` and without its suffix.
        text: The page as it is committed.

    """
    lines, runs = executed(text.splitlines(), "no-run" if name in FILES else "")
    linked = "\n".join(_outside_of_fences(name, lines))
    listed = toctree(name)
    return (FRONT if runs else "") + linked + "\n" + listed


def executed(lines: list[str], kind: str = "") -> tuple[list[str], bool]:
    """Return the lines with Python as cells that are run, and whether there are any.

    A program that a block is filled with shows its output in the next block, if anywhere. `kind`:
    of the fences that are in no block and say nothing themselves.
    """
    result: list[str] = []
    fence, in_block = "", False
    for line in lines:
        opening = OPENING.match(line)
        if fence:
            fence = "" if line.rstrip() == fence else fence
            result.append(line)
        elif mark := MARK.match(line):
            in_block = not mark[1]
        elif opening:
            fence = opening[1]
            result += _opened(fence, opening[2].split(), "quiet" if in_block else kind) or [line]
        else:
            result.append(line)
    return result, any(CELL in line for line in result)


def _opened(fence: str, words: list[str], kind: str) -> list[str]:
    """Return what opens a cell; nothing for what is no Python."""
    if words[:1] != ["python"]:
        return []
    kind = words[1] if len(words) > 1 else kind
    if kind == "no-run":
        return [f"{fence}python"]
    return [f"{fence}{CELL} ipython3", *([f":tags: {TAGS[kind]}", ""] if kind else [])]


def _outside_of_fences(name: str, lines: list[str]) -> list[str]:
    result, fence = [], ""
    for line in lines:
        opening = OPENING.match(line)
        inside = bool(fence or opening)
        if fence and line.rstrip() == fence:
            fence = ""
        elif not fence and opening:
            fence = opening[1]
        result.append(line if inside else LINK.sub(lambda m: _linked(name, m), line))
    return result


def _linked(name: str, match: re.Match[str]) -> str:
    image, text, path, anchor = match.groups()
    folder = dirname(name)
    target = normpath(f"{folder}/{path}" if folder else path)
    if target.startswith("../"):
        page = PAGES.get(target)
        return f"[{text}]({relpath(page, folder or '.')})" if page else text
    return f"{image}[{text}]({path}{anchor or ''})"


def toctree(name: str) -> str:
    """Return the directive that lists what stands under a page; "" for a page without any."""
    below = children(name)
    if not below:
        return ""
    options = [*([] if name in SHOWN else [":hidden:"]), ":maxdepth: 1", ":glob:"]
    return "\n".join(["", "```{toctree}", *options, "", *(f"/{page}" for page in below), "```", ""])
