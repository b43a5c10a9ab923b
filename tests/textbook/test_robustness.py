"""What one book, one output or one argument does costs no other its report, nor a traceback."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

import crosscheck
from crosscheck import cli
from crosscheck.core.verdict import Verdict
from crosscheck.errors import BookError
from crosscheck.textbook import compare_outputs, parallel, runner
from crosscheck.textbook.claims import Claims, parse
from crosscheck.textbook.compare_outputs import Match
from crosscheck.textbook.formats import load
from crosscheck.textbook.formats.book import Book
from crosscheck.textbook.runner import Limits
from tests.textbook.chapter import python, write
from tests.textbook.test_reading import code, notebook

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from crosscheck.textbook.formats.book import Piece
    from crosscheck.textbook.results import BookReport

OUTPUT = "```text\n3.0\n```\n"
RIGHT = python("print(3.0)") + OUTPUT


def test_an_output_above_another_costs_no_report(tmp_path: Path) -> None:
    # both lines of the first difference print alike: it raised StopIteration
    arrays = "import numpy as np\nprint(np.array([1.0, 2.0]))\nprint(4)"
    books = [
        write(tmp_path, python(arrays) + "```text\n[ 1.  2.]\n3\n```\n", "a.md"),
        write(tmp_path, RIGHT, "b.md"),
    ]
    first, second = crosscheck.verify_textbook(books).books
    assert first.cells[0].comparison is not None
    assert (first.cells[0].comparison.recorded, first.cells[0].comparison.printed) == ("3", "4")
    assert second.verdict is Verdict.AGREE


def test_a_comparison_that_fails_costs_its_output_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare = compare_outputs.compare_outputs

    def failing(recorded: Sequence[Piece], printed: Sequence[Piece]) -> Any:
        if "9" in recorded[0].text:
            msg = "a mistake of ours"
            raise RuntimeError(msg)
        return compare(recorded, printed)

    monkeypatch.setattr(compare_outputs, "compare_outputs", failing)
    report = crosscheck.verify_textbook(
        write(tmp_path, python("print(9.0)") + "```\n9.0\n```\n" + RIGHT)
    ).books[0]
    found = [cell.comparison.match for cell in report.cells if cell.comparison]
    assert found == [Match.UNCOMPARED, Match.REPRODUCED]
    assert report.cells[0].verdict is report.verdict is Verdict.INCONCLUSIVE
    assert "a mistake of ours" in str(crosscheck.Verification((report,))).splitlines()[0]


def test_a_book_that_fails_costs_itself_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runner.run

    def failing(book: Book, *arguments: Any, **options: Any) -> Any:
        if book.path.name == "b.md":
            msg = "no more processes"
            raise OSError(msg)
        return run(book, *arguments, **options)

    monkeypatch.setattr(runner, "run", failing)
    paths = [write(tmp_path, RIGHT, f"{name}.md") for name in "abc"]
    verification = crosscheck.verify_textbook(paths)
    found = [report.verdict for report in verification.books]
    assert found == [Verdict.AGREE, Verdict.INCONCLUSIVE, Verdict.AGREE]
    assert "OSError: no more processes" in verification.books[1].errors[0]
    first = str(verification).splitlines()[0]
    assert first.startswith("crosscheck: INCONCLUSIVE: b.md ")


def test_an_interrupt_ends_the_run() -> None:
    def interrupted(*_: object) -> BookReport:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        parallel.in_turn([(Book(Path("a")), Claims())], interrupted)


def test_a_line_that_was_skipped_makes_no_output_wrong(tmp_path: Path) -> None:
    out = {"output_type": "stream", "name": "stdout", "text": "1\n20 files\n"}
    book = notebook(code("print(1)\n!ls | wc", out), code("print(2)", out))
    report = crosscheck.verify_textbook(write(tmp_path, book, "b.ipynb")).books[0]
    found = [cell.comparison.match for cell in report.cells if cell.comparison]
    assert found == [Match.UNCOMPARED, Match.DIFFERENT]
    assert [cell.verdict for cell in report.cells] == [Verdict.INCONCLUSIVE, Verdict.DISAGREE]
    text = str(crosscheck.Verification((report,)))
    assert "--isolate kernel" in text


def test_an_address_is_no_random_output(tmp_path: Path) -> None:
    cell = "class A:\n    pass\n[A(), 1.0]"
    text = python(cell) + "```\n[<__main__.A at 0x7f0000000000>, 2.0]\n```\n"
    text += python("import random\n[object(), random.random()]") + "```\n[<object>, 0.5]\n```\n"
    report = crosscheck.verify_textbook(write(tmp_path, text)).books[0]
    found = [cell.comparison.match for cell in report.cells if cell.comparison]
    assert found == [Match.DIFFERENT, Match.RANDOM]


def test_an_image_is_not_compared_as_text(tmp_path: Path) -> None:
    image = {"output_type": "display_data", "data": {"image/png": ""}, "metadata": {}}
    kinds = "class A:\n    _repr_png_ = None\nclass B:\n    savefig = None\n"
    book = notebook(code(f"{kinds}display(A(), B())", image, image))
    report = crosscheck.verify_textbook(write(tmp_path, book, "b.ipynb")).books[0]
    assert report.verdict is Verdict.AGREE


SPOILT = "print('\\ud800\\x00\\uffff')"


def test_what_no_file_can_hold_is_written_all_the_same(tmp_path: Path) -> None:
    path = write(tmp_path, python(SPOILT) + OUTPUT)
    kept = {name: tmp_path / f"out.{name}" for name in ("json", "junitxml", "html")}
    options = [part for name, file in kept.items() for part in (f"--{name}", str(file))]
    assert cli.main(["verify", str(path), "--update", *options]) == 1
    assert all(file.stat().st_size for file in kept.values())
    ET.parse(kept["junitxml"])  # noqa: S314 - our own
    assert (tmp_path / "book.updated.md").exists()


def test_an_update_that_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, RIGHT)
    (tmp_path / "book.updated.md").mkdir()
    assert cli.main(["verify", str(path), "--update"]) == 2
    assert f"--update {path}: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("b.md", "```python\n>>> print(1)\n 2\n  >>> 3\n 4\n```"),  # doctest: inconsistent blanks
        ("b.ipynb", "[" * 100_000),
        ("b.ipynb", "{}"),
    ],
)
def test_a_book_that_cannot_be_read_is_an_error_in_one_line(
    name: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, text, name)
    for argument in (path, tmp_path):
        assert cli.main(["verify", str(argument)]) == 2
        error = capsys.readouterr().err
        assert error.startswith(f"crosscheck: {path} ")
        assert error.count("\n") == 1


@pytest.mark.parametrize("cell", ["x = '\\0'", "x = " + "-" * 50_000 + "1", "x = " + "(" * 5_000])
def test_a_cell_that_cannot_be_parsed_costs_itself_alone(cell: str, tmp_path: Path) -> None:
    text = RIGHT + python(cell.replace("\\0", "\0")).replace("\0", "\\0") + RIGHT
    first, second, third = crosscheck.verify_textbook(write(tmp_path, text)).books[0].cells
    assert first.verdict is third.verdict is Verdict.AGREE
    assert second.failed == (cell[5] != "\\" and len(cell) > 100)


def test_a_cell_with_a_null_character_costs_itself_alone(tmp_path: Path) -> None:
    book = notebook(code("x = '\0'"), code("print(3.0)"))
    report = crosscheck.verify_textbook(write(tmp_path, book, "b.ipynb")).books[0]
    assert [cell.failed for cell in report.cells] == [True, False]


@pytest.mark.parametrize(
    "left", ["(" * 5_000, "-" * 50_000 + "x", "\0", "\ud800", "x" + ".a" * 5_000]
)
def test_a_claim_that_cannot_be_parsed(left: str) -> None:
    with pytest.raises(BookError, match="is not a claim"):
        parse(f"{left} = d(x) / d(x)", 1, "b.md:1")


def test_a_claims_file_that_may_not_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, RIGHT)
    write(tmp_path, "", "book.claims.toml")
    read = Path.read_text

    def refused(self: Path, *arguments: Any, **options: Any) -> str:
        if self.suffix in {".toml", ".txt"}:
            raise PermissionError(13, "Permission denied")
        return read(self, *arguments, **options)

    monkeypatch.setattr(Path, "read_text", refused)
    with pytest.raises(BookError, match=r"book\.claims\.toml cannot be read: .*Permission denied"):
        crosscheck.verify_textbook(path)
    write(tmp_path, "In [1]: 1", "locked.txt")
    assert load.books([tmp_path]) == [path]  # the folder's other books are verified


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"points": 0}, "points is 0; pass 1"),
        ({"seed": -1}, "seed is -1; pass 0"),
        ({"isolate": "prison"}, "isolate is 'prison'; pass one of 'process', 'kernel'"),
    ],
)
def test_an_argument_without_meaning(options: dict[str, Any], message: str) -> None:
    with pytest.raises(BookError, match=message):
        crosscheck.verify_textbook("book.md", **options)


def test_no_path_is_an_error() -> None:
    with pytest.raises(BookError, match="there is no path"):
        crosscheck.verify_textbook([])


@pytest.mark.parametrize("name", ["cell", "book", "memory"])
@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan")])
def test_a_limit_without_meaning(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"Limits\({name}="):
        functools.partial(Limits, **{name: value})()
