"""The site: every page is reachable, its Python is run, nothing is fetched from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import crosscheck
from docs.building import reference
from docs.building.contents import CONTENTS, EXAMPLES, GENERATED, children, pages
from docs.building.generated import included
from docs.building.offline import fetched, main
from docs.building.pages import executed, site_text
from docs.building.picture import scatter

if TYPE_CHECKING:
    from pathlib import Path


def reachable(page: str = "index") -> list[str]:
    below = children(page)
    return [page, *(name for child in below for name in reachable(child))]


def test_every_page_is_reachable_once() -> None:
    found = [name for name in reachable() if not name.startswith(GENERATED)]
    assert sorted(found) == pages()


def test_every_generated_page_is_reachable() -> None:
    listed = {name for names in CONTENTS.values() for name in names}
    for name in ("api", "schemas", "supported", "separation", *included()):
        assert f"{GENERATED}/{name}" in listed


def test_a_page_that_nobody_lists_is_a_how_to(tmp_path: Path) -> None:
    for name in ("index", "howto", "functions", "new"):
        (tmp_path / f"{name}.md").write_text("# x\n", encoding="utf-8")
    assert children("howto", tmp_path) == ["functions", "new"]
    assert children("index", tmp_path) == ["howto"]


def test_every_example_has_a_page_in_both_languages() -> None:
    there = set(pages())
    for name in EXAMPLES:
        assert {f"examples/{name}", f"examples/ko/{name}"} <= there


def test_python_is_a_cell_that_is_run() -> None:
    page = [
        *("```python", "a = 1", "```", "```text", "```python", "```"),
        *("```python no-run", "b", "```", "```python solution", "c = 2", "```"),
        *("<!-- neuron.py -->", "```python", "d = 3", "```", "<!-- /neuron.py -->"),
    ]
    lines, runs = executed(page)
    assert runs
    assert lines == [
        *("```{code-cell} ipython3", "a = 1", "```", "```text", "```python", "```"),
        *("```python", "b", "```"),
        *("```{code-cell} ipython3", ':tags: ["hide-cell"]', "", "c = 2", "```"),
        *("```{code-cell} ipython3", ':tags: ["remove-output"]', "", "d = 3", "```"),
    ]
    assert executed(["```sh", "ls", "```"]) == (["```sh", "ls", "```"], False)


def test_links_out_of_the_pages_are_text_or_pages_of_the_site() -> None:
    text = "[a](../crosscheck/core/verdict.py) [b](../CHANGELOG.md) [c](verdict.md#the-rule)"
    linked = f"a [b]({GENERATED}/changelog.md) [c](verdict.md#the-rule)"
    assert site_text("diagnosis", f"{text}\n```text\n{text}\n```") == (
        f"{linked}\n```text\n{text}\n```\n"
    )
    assert "[x](../../index.md)" in site_text("examples/ko/square", "[x](../../../README.md)")


def test_every_public_name_is_in_the_reference() -> None:
    listed = [name for names in reference.sections().values() for name in names]
    assert sorted([*listed, "__version__"]) == sorted(crosscheck.__all__)
    assert "More functions" not in reference.sections()
    assert "| `verdict` | `verdict` |" in reference.schemas()


@pytest.mark.parametrize(
    ("text", "suffix", "found"),
    [
        ('<script src="https://a.b/c.js"></script>', ".html", ["https://a.b/c.js"]),
        ('<link rel="stylesheet" href="//a.b/c.css">', ".html", ["//a.b/c.css"]),
        ("<style>@import 'https://a.b/f.css';</style>", ".html", ["https://a.b/f.css"]),
        ("a { src: url(https://a.b/f.woff2) }", ".css", ["https://a.b/f.woff2"]),
        ('<a href="https://a.b/">x</a><img src="x.png">', ".html", []),
        ("a { background: url(data:image/png;base64,AA//) }", ".css", []),
    ],
)
def test_what_is_fetched_from_elsewhere_is_found(
    text: str, suffix: str, found: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fetched(text, suffix) == found
    (tmp_path / f"page{suffix}").write_text(text, encoding="utf-8")
    assert main(str(tmp_path)) == bool(found)
    assert all(address in capsys.readouterr().out for address in found)


def test_a_picture_has_a_point_for_each_entry() -> None:
    import numpy as np

    correct = np.arange(6.0).reshape(2, 3)
    assert scatter("grad W", correct, correct) == ""
    assert scatter("grad W", correct, correct[:1]) == ""
    assert scatter("grad W", correct, 2 * correct).count("<circle") == 6
    assert "(3, 2), expected (2, 3)" in scatter("grad W", correct, correct.T)
