"""From files to cells: every format, its vocabulary, and what cannot be read."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from crosscheck.errors import BookError
from crosscheck.textbook import claims
from crosscheck.textbook.formats import load
from crosscheck.textbook.formats.book import Book, Cell
from tests.textbook.chapter import write


def read(tmp_path: Path, text: str, name: str) -> tuple[Cell, ...]:
    return load.read(write(tmp_path, text, name)).cells


def shown(cell: Cell) -> str | None:
    return None if cell.recorded is None else "".join(piece.text for piece in cell.recorded)


def notebook(*cells: dict[str, Any], **top: Any) -> str:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    form = {"nbformat": 4, "nbformat_minor": 4, "metadata": kernel}
    return json.dumps({**form, "cells": list(cells), **top})


def code(source: str, *outputs: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "source": source,
        "outputs": list(outputs),
        "metadata": metadata,
        "execution_count": 1,
    }


def test_a_notebook(tmp_path: Path) -> None:
    out = {"output_type": "stream", "name": "stdout", "text": ["가\n", "나\n"]}
    err = {"output_type": "stream", "name": "stderr", "text": "w"}
    result = {"output_type": "execute_result", "data": {"text/plain": "3"}, "metadata": {},
              "execution_count": 1}  # fmt: skip
    image = {"output_type": "display_data", "data": {"image/png": "", "text/plain": "<F>"},
             "metadata": {}}  # fmt: skip
    error = {"output_type": "error", "ename": "E", "evalue": "\x1b[31mno\x1b[0m", "traceback": []}
    text = {"cell_type": "markdown", "source": "x", "metadata": {}}
    book = notebook(
        text,
        code("a = 1\r\nb", out, err, result, image, error, tags=["raises-exception"]),
        code("# NBVAL_IGNORE_OUTPUT\n1") | {"execution_count": None},
    )
    first, second = read(tmp_path, book, "b.ipynb")
    assert first.recorded is not None
    assert [(piece.kind, piece.text) for piece in first.recorded] == [
        ("stdout", "가\n나\n"),
        ("stderr", "w"),
        ("display", "3"),
        ("image", ""),
        ("error", "E: no"),
    ]
    assert (first.number, first.source, first.line, first.may_raise) == (1, "a = 1\nb", 0, True)
    assert (second.number, second.recorded, second.unchecked) == (2, None, True)  # never run


def test_a_notebook_without_any_output_has_nothing_to_compare(tmp_path: Path) -> None:
    assert read(tmp_path, notebook(code("print(1)")), "b.ipynb")[0].recorded is None


MARKDOWN = """\
---
title: 제목
---
# 장

```python
x = 1
print(x)
```

```
1
```

```python
y = 2
```

출력:

```text
2
```

```python
z = 3
```

말이 끼어 있다.

```text
not an output
```

```{code-cell} ipython3
:tags: [skip-execution]

w = 4
```

```{code-cell}
---
tags: [raises-exception]
---
1 / 0
```

```pycon
>>> 1 + 1
2
>>> int("x")
Traceback (most recent call last):
  ...
ValueError: invalid literal for int() with base 10: 'x'
>>> print("a\\n\\nb")
a
<BLANKLINE>
b
>>> open("nowhere")  # doctest: +SKIP
>>> for i in range(2):
...     print(i)
0
1
```

```
>>> "no language"
'no language'
```

    >>> 3
    3

```bash
rm -rf nothing
```

```python
v = 5
```
"""


def test_markdown(tmp_path: Path) -> None:
    cells = read(tmp_path, MARKDOWN, "b.md")
    lines = ["", *MARKDOWN.splitlines()]
    assert [shown(cell) for cell in cells] == [
        "1\n", "2\n", None, None, None, "2\n",
        "ValueError: invalid literal for int() with base 10: 'x'\n", "a\n\nb\n", "", "0\n1\n",
        "'no language'\n", "3\n", None,
    ]  # fmt: skip
    for cell in cells:
        assert lines[cell.line].strip().removeprefix(">>> ") == cell.source.splitlines()[0]
    assert [cell.number for cell in cells if cell.skipped] == [4, 9]
    assert [cell.number for cell in cells if cell.may_raise] == [5, 7]
    found = [cell.output_lines for cell in cells]
    assert [lines[slice(*pair)] for pair in found if pair] == [
        ["1"], ["2"], ["2"],
        ["Traceback (most recent call last):", "  ...",
         "ValueError: invalid literal for int() with base 10: 'x'"],
        ["a", "<BLANKLINE>", "b"], [], ["0", "1"], ["'no language'"], ["    3"],
    ]  # fmt: skip


def test_a_script(tmp_path: Path) -> None:
    script = (
        "import math\n# %% [markdown]\n# words\n# %% tags=['skip-execution']\nx = 1\n#%%\ny = 2"
    )
    cells = read(tmp_path, script, "b.py")
    assert [(c.source, c.line, c.skipped) for c in cells] == [
        ("import math", 1, False),
        ("x = 1", 5, True),
        ("y = 2", 7, False),
    ]
    assert [c.source for c in read(tmp_path, "x = 1\n", "whole.py")] == ["x = 1"]
    assert [c.line for c in read(tmp_path, "# %%\nx = 1\n", "top.py")] == [2]


DUMP = """\
# 제목

In [None]:
import math

# 주석
print(math.pi)


3.141592653589793


- 다음 이야기

In [3]: x = 1

for i in range(2):
    print(i)

    x += i
%time x

0
1

Out[3]: 7

In [ ]:
y = 2

### 끝

말

In [5]:
[1,
 2]

Out[5]: [1,
 2]

In [6]:

"""


def test_a_dump(tmp_path: Path) -> None:
    cells = read(tmp_path, DUMP, "b.txt")
    lines = ["", *DUMP.splitlines()]
    assert [c.source.splitlines()[:1] for c in cells] == [
        ["import math"], ["x = 1"], ["y = 2"], ["[1,"], [],
    ]  # fmt: skip
    assert cells[1].source.splitlines()[-1] == "%time x"
    assert [shown(cell) for cell in cells] == [
        "3.141592653589793", "0\n1\n7", "", "[1,\n 2]", "",
    ]  # fmt: skip
    for cell in cells[:4]:
        assert lines[cell.line].partition("]: ")[2] == cell.source.splitlines()[0] or (
            lines[cell.line] == cell.source.splitlines()[0]
        )


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("b.doc", b"", "its suffix is none of"),
        ("b", b"", "its suffix is none of"),
        ("b.md", b"\xff\xfe", "is not UTF-8"),
        ("b.txt", b"words", "has no prompt"),
        ("b.ipynb", b"words", "is not a notebook"),
        ("b.ipynb", b"{}", "is not a notebook"),
        ("b.ipynb", b'{"nbformat": 3, "nbformat_minor": 0, "worksheets": [], "metadata": {}}',
         "of format 3"),
    ],
)  # fmt: skip
def test_what_cannot_be_read(name: str, content: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BookError, match=reason):
        load.read(tmp_path / name)


def test_a_missing_file() -> None:
    with pytest.raises(BookError, match="pass the path of a book"):
        load.read(Path("nowhere.md"))


@pytest.mark.parametrize(("name", "missing"), [("b.md", "markdown_it"), ("b.ipynb", "nbformat")])
def test_a_missing_library_is_named_with_its_cure(
    name: str, missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(BookError, match=r"pip install .*\[textbook\]"):
        load.read(write(tmp_path, "{}", name))


def test_books_of_a_folder(tmp_path: Path) -> None:
    inside = tmp_path / "deep"
    (inside / ".hidden").mkdir(parents=True)
    for name, text in {
        "a.ipynb": notebook(code("1")),
        "deep/b.md": "```python\n1\n```",
        "deep/words.md": "words",
        "deep/b.updated.md": "```python\n1\n```",
        "deep/.hidden/c.md": "```python\n1\n```",
        "deep/d.py": "# %%\n1",
        "deep/module.py": "1",
        "deep/e.txt": "In [1]:\n1",
        "deep/words.txt": "words",
        "deep/f.csv": "1",
    }.items():
        write(tmp_path, text, name)
    (tmp_path / "folder.md").mkdir()
    found = [path.relative_to(tmp_path).as_posix() for path in load.books([tmp_path, inside])]
    assert found == ["a.ipynb", "deep/b.md", "deep/d.py", "deep/e.txt"]
    with pytest.raises(BookError, match="a folder without a book"):
        load.books([inside / ".hidden", tmp_path / "folder.md"])


def claimed(tmp_path: Path, toml: str) -> claims.Claims:
    book = write(tmp_path, "```python\nx = 1.0\n```", "b.md")
    write(tmp_path, toml, "b.claims.toml")
    return claims.of_book(load.read(book))


def test_a_claims_file(tmp_path: Path) -> None:
    found = claimed(
        tmp_path,
        "given = {x = 2.0}\n[[claim]]\ncell = 1\n"
        "claim = 'f(x, y = 1)[0] = d(  loss ) / d(p[ \"W\" ])'",
    )
    assert [str(claim) for claim in found.claims] == ["f(x, y=1)[0] = d(loss) / d(p['W'])"]
    assert found.claims[0].where == "b.claims.toml, claim 1"
    assert found.given == {"x": 2.0}


@pytest.mark.parametrize(
    ("toml", "reason"),
    [
        ("x", "cannot be read"),
        ("y = 1", "y is unknown"),
        ("given = 1", "given"),
        ("[claim]", "claim"),
        ("[[claim]]\ncell = 1", "claim 1 is"),
        ("[[claim]]\ncell = 2\nclaim = 'g = d(x) / d(x)'", "there is no code cell 2; there are 1"),
        ("[[claim]]\ncell = 1\nclaim = 'g = d(x) / d(x)'\nzero = 1", "claim 1 is"),
        *(
            (f"[[claim]]\ncell = 1\nclaim = '{text}'", "is not a claim")
            for text in (
                "g", "g = d(x)", "g = d(x) / d(2)", "g = d(x) * d(y)", "g = d(x) / d(y, z)",
                "g = d(x / d(x)", "1 + = d(x) / d(x)", "g = e(x) / d(x)", "g == d(x) / d(x)",
            )
        ),
    ],
)  # fmt: skip
def test_what_is_no_claim(toml: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(BookError, match=reason) as caught:
        claimed(tmp_path, toml)
    assert "b.claims.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_claim_in_a_comment_is_named_by_its_line(tmp_path: Path) -> None:
    book = load.read(write(tmp_path, "words\n\n```python\nx = 1\n# crosscheck: huh\n```"))
    with pytest.raises(BookError, match=r"book\.md:5: 'huh' is not a claim"):
        claims.of_book(book)
    cell = Cell(2, "x = 1\n# crosscheck: huh")
    with pytest.raises(BookError, match=r"b\.ipynb: cell 2, line 2"):
        claims.of_book(Book(Path("b.ipynb"), (cell,)))
