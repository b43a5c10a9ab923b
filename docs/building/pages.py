"""From a page as a code host shows it to a page of the site.

Pages are plain CommonMark. On the site, their Python is executed (MyST-NB), links to files outside of
`docs/` are text, and what stands under a page is listed in the sidebar.
"""

from __future__ import annotations

import re
from posixpath import dirname, normpath, relpath

from docs.building.contents import GENERATED, children

FRONT = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n  display_name: Python 3\n---\n"
MARK = re.compile(r"^<!-- (/?)[\w.-]+ -->$")
OPENING = re.compile(r"^(`{3,})(.*)$")
LINK = re.compile(r"(!?)\[([^\]\n]+)\]\((?!https?://|#|mailto:)([^)\s#]*)(#[^)\s]*)?\)")
# Of a fence whose second word says so: `python no-run` is shown, `python solution` is folded.
TAGS = {"solution": '["hide-cell"]', "raises": '["raises-exception"]', "quiet": '["remove-output"]'}
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
    lines, runs = executed(text.splitlines())
    linked = "\n".join(_outside_of_fences(name, lines))
    listed = toctree(name)
    return (FRONT if runs else "") + linked + "\n" + listed


def executed(lines: list[str]) -> tuple[list[str], bool]:
    """Return the lines with Python as cells that are run, and whether there are any.

    A program that a block is filled with shows its output in the next block, if anywhere.
    """
    result: list[str] = []
    fence, in_block, runs = "", False, False
    for line in lines:
        opening = OPENING.match(line)
        if fence:
            fence = "" if line.rstrip() == fence else fence
        elif mark := MARK.match(line):
            in_block = not mark[1]
            continue
        elif opening:
            fence = opening[1]
            words = opening[2].split()
            if words[:1] == ["python"]:
                kind = words[1] if len(words) > 1 else ("quiet" if in_block else "")
                if kind != "no-run":
                    runs = True
                    result += [f"{fence}{{code-cell}} ipython3"]
                    result += [f":tags: {TAGS[kind]}", ""] if kind else []
                    continue
                line = f"{fence}python"
        result.append(line)
    return result, runs


def _outside_of_fences(name: str, lines: list[str]) -> list[str]:
    result, fence = [], ""
    for line in lines:
        opening = OPENING.match(line)
        if not fence and not opening:
            line = LINK.sub(lambda m: _linked(name, m), line)
        if fence and line.rstrip() == fence:
            fence = ""
        elif not fence and opening:
            fence = opening[1]
        result.append(line)
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
    options = [":hidden:", ":maxdepth: 1", ":glob:"]
    return "\n".join(["", "```{toctree}", *options, "", *(f"/{page}" for page in below), "```", ""])
