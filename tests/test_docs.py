"""The pages: blocks are filled, links lead somewhere, programs run, words are those of today."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from benchmarks import ROOT
from benchmarks.readme.__main__ import main
from benchmarks.readme.blocks import BLOCKS, content, is_known
from benchmarks.readme.pages import MARK, MarkError, blocks, filled, pages, prose
from benchmarks.readme.programs import PROGRAMS, planted, printout
from crosscheck.core.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

PAGES = {str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in pages()}
NAMES = sorted(PAGES)
README, KOREAN = PAGES["README.md"], PAGES["README.ko.md"]
LONGEST = 220  # lines of README.md
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]\n]+\]\(([^)\n]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
SETUP = (
    "python -m pip install nox && python -m nox -s crosscheck",
    "python -m pip install nox && python -m nox -s tests",
)


def links(text: str) -> list[str]:
    """Return the targets of a page's links, in order."""
    return LINK.findall(FENCE.sub("", prose(text)))


def relative(text: str) -> list[str]:
    """Return the links into the repository."""
    return [target for target in links(text) if "://" not in target]


def broken(text: str, folder: Path) -> list[str]:
    """Return the links into the repository that lead nowhere."""
    return [target for target in relative(text) if not leads(target, text, folder)]


def leads(target: str, text: str, folder: Path) -> bool:
    """Return whether a link of a page leads to a file, and its anchor to a heading there."""
    path, _, anchor = target.partition("#")
    file = folder / path
    if not file.exists():
        return False
    return not anchor or anchor in anchors(file.read_text(encoding="utf-8") if path else text)


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def sections(text: str) -> list[tuple[list[str], list[str], int]]:
    """Return what is in each section, whatever its language: blocks, links, pieces of code."""
    parts = re.split(r"^## .*$", filled(text, lambda _: "x"), flags=re.MULTILINE)
    return [
        (
            [name for name, _, _ in blocks(part)],
            sorted(target for target in links(part) if not target.startswith("README")),
            len(FENCE.findall(part)),
        )
        for part in parts
    ]


def old_words() -> list[str]:
    """Return the words of version 0.1, as the glossary lists them."""
    table = PAGES["docs/glossary.md"].partition("| 0.1 | now |\n|---|---|\n")[2]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")]
    return [word.strip() for cell in cells for word in cell.split(",")]


def old_words_in(text: str) -> list[str]:
    """Return the words of version 0.1 in what was typed of a page."""
    typed = prose(text).partition("## Words of version 0.1")[0]
    return [w for w in old_words() if re.search(rf"\b{w}(s|ed)?\b(?!-)", typed, re.IGNORECASE)]


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= LONGEST


def test_the_readme_has_the_two_commands_in_both_languages() -> None:
    for text in (README, KOREAN):
        assert all(re.search(rf"^{re.escape(c)}( |$)", text, re.MULTILINE) for c in SETUP)


def test_the_korean_readme_has_the_same_sections() -> None:
    assert sections(KOREAN) == sections(README)


@pytest.mark.parametrize("gone", ["## 설치\n", "](docs/verdict.md)", "```sh\ncrosscheck"])
def test_a_section_that_is_not_the_same_is_found(gone: str) -> None:
    assert gone in KOREAN
    assert sections(KOREAN.replace(gone, "", 1)) != sections(README)


@pytest.mark.parametrize("name", NAMES)
def test_every_block_is_known_and_closed(name: str) -> None:
    for block, _, _ in blocks(PAGES[name]):
        assert is_known(block), block
    assert "<!--" not in MARK.sub("", CODE.sub("", PAGES[name]))


def test_every_block_stands_on_a_page() -> None:
    used = {block for text in PAGES.values() for block, _, _ in blocks(text)}
    programs = {file.name for file in PROGRAMS.glob("*.py")}
    assert used == {*BLOCKS, *programs}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<!-- table -->\n", "<!-- table --> is never closed"),
        ("<!-- /table -->\n", "<!-- /table --> does not follow an opening mark"),
        ("<!-- a -->\n<!-- b -->\n<!-- /b -->\n<!-- /a -->\n", "<!-- b --> does not follow"),
        ("<!-- a -->\n<!-- /b -->\n", "<!-- /b --> does not follow <!-- a -->"),
    ],
)
def test_marks_that_do_not_pair_up_are_an_error(text: str, message: str) -> None:
    with pytest.raises(MarkError, match=message):
        list(blocks(text))


def test_a_block_is_filled_and_the_rest_stays() -> None:
    page = "before\n<!-- a -->\nold\n<!-- /a -->\nbetween\n<!-- b -->\n<!-- /b -->\nafter\n"
    new = filled(page, {"a": r"new \1", "b": "one\ntwo"}.__getitem__)
    assert new == page.replace("old", r"new \1").replace("<!-- b -->\n", "<!-- b -->\none\ntwo\n")
    assert filled(new, lambda _: None) == new
    assert prose(page) == page.replace("old\n", "\n").replace("<!-- b -->\n", "<!-- b -->\n\n")


def test_a_block_without_a_function_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError, match="no block is named tabel"):
        content("tabel")
    with pytest.raises(SystemExit):
        main(["tabel"])
    assert "there is no block tabel" in capsys.readouterr().err


def test_blocks_that_cost_nothing_are_up_to_date() -> None:
    cheap = {"rule", "evidence", "campaign", "diagnosis", "cost", "gradients", "speed", "books"}
    for name, text in PAGES.items():
        for block, start, stop in blocks(text):
            if block in cheap or block not in BLOCKS:
                assert text[start:stop] == f"{content(block)}\n", (name, block)


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_somewhere(name: str) -> None:
    assert broken(PAGES[name], (ROOT / name).parent) == []


def test_a_link_that_leads_nowhere_is_found() -> None:
    text = "## A heading\n[a](README.md) [b](gone.md) [c](#a-heading) [d](#gone) [e](docs/)"
    assert broken(text, ROOT) == ["gone.md", "#gone"]


@pytest.mark.parametrize("name", NAMES)
def test_every_file_and_module_that_is_named_is_there(name: str) -> None:
    for code in CODE.findall(FENCE.sub("", prose(PAGES[name]))):
        if re.fullmatch(r"(crosscheck|reference|tests|benchmarks|docs)/[\w./-]*", code):
            assert (ROOT / code).exists() or "NAME" in code, code
        if module := re.match(r"python -m ((?:benchmarks|tests|reference)[\w.]*)", code):
            assert importlib.util.find_spec(module[1]), code


@pytest.mark.parametrize("program", sorted(file.name for file in PROGRAMS.glob("*.py")))
def test_every_program_of_a_page_runs(program: str, tmp_path: Path) -> None:
    source = (PROGRAMS / program).read_text(encoding="utf-8")
    if not program.startswith("test_"):
        printed = printout(source, program)
        assert "DISAGREE" not in printed
        return
    (tmp_path / program).write_text(source, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", program]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_a_mistake_that_cannot_be_planted_is_an_error() -> None:
    assert planted("a * b", "* b", "") == "a "
    with pytest.raises(ValueError, match="has no '/ c'"):
        planted("a * b", "/ c", "")


@pytest.mark.parametrize("name", NAMES)
def test_no_word_of_the_old_version_is_left(name: str) -> None:
    assert old_words_in(PAGES[name]) == []


def test_an_old_word_is_found() -> None:
    assert {"author", "conduct", "no point tells apart"} <= set(old_words())
    page = "What the author sees.\n<!-- table -->\nconduct\n<!-- /table -->\nA drawn point."
    assert old_words_in(page) == ["author", "sees", "drawn point"]
    assert old_words_in("the hand-written gradient; a sampled point") == []


def test_a_package_index_gets_no_link_into_the_repository() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    hook = project["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]
    text = README
    for substitution in hook["substitutions"]:
        text = re.sub(substitution["pattern"], substitution["replacement"], text)
    assert relative(README)
    assert relative(text) == []
    assert FENCE.findall(text) == FENCE.findall(README)
    assert "<!--" not in text


def test_one_version_everywhere() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^version: (.+)$", citation, re.MULTILINE) == [__version__]
    released = [v for v in re.findall(r"^## \[(.+?)\]", changes, re.MULTILINE) if v != "Unreleased"]
    assert released[0] == __version__
