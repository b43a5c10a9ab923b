"""Books as people write them: intermediates, asserts, caches, loops, lines for IPython."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import crosscheck
from crosscheck.core.verdict import Verdict
from crosscheck.errors import BookError
from crosscheck.textbook.check_cell import cell_report
from crosscheck.textbook.child.execute import parsed
from crosscheck.textbook.child.instrument import made_from, probed
from crosscheck.textbook.compare_outputs import Match, compare, is_rounding
from crosscheck.textbook.formats.book import Book, Cell, Piece, lines_of
from crosscheck.textbook.runner import Ran, Run
from tests.textbook.chapter import python, write

if TYPE_CHECKING:
    from pathlib import Path

    from crosscheck.textbook.results import BookReport

AGREE, DISAGREE, INCONCLUSIVE = Verdict.AGREE, Verdict.DISAGREE, Verdict.INCONCLUSIVE


def report(folder: Path, book: str, name: str = "book.md", passes: int = 20) -> BookReport:
    path = write(folder, book, name)
    return crosscheck.verify_textbook(path, points=2, passes=passes).books[0]


def verdicts(found: BookReport) -> list[Verdict | None]:
    return [claim.finding.verdict for claim in found.claims]


LAYERS = """\
import numpy as np
rng = np.random.default_rng(0)
X, Y = rng.standard_normal((4, 3)), rng.standard_normal((4, 2))
W1, b1, W2 = rng.standard_normal((3, 5)), np.zeros(5), rng.standard_normal((5, 2))
# crosscheck: dz2 = d(loss) / d(z2)
# crosscheck: dz1 = d(loss) / d(z1)
# crosscheck: dW2 = d(loss) / d(W2)
# crosscheck: dW1 = d(loss) / d(W1)
for step in range(2):
    z1 = X @ W1 + b1
    a1 = np.tanh(z1)
    z2 = a1 @ W2
    loss = 0.5 * np.sum((z2 - Y) ** 2)
    dz2 = z2 - Y
    dW2 = a1.T @ dz2
    dz1 = dz2 @ W2.T * (1 - a1**2)
    dW1 = X.T @ dz1
    assert type(dW1) == np.ndarray and abs(loss) < 1e3
    W1 -= 0.01 * dW1
    W2 -= 0.01 * dW2
"""


def test_claims_on_intermediates_leave_the_path_to_the_parameters(tmp_path: Path) -> None:
    assert verdicts(report(tmp_path, python(LAYERS))) == [AGREE] * 4


@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [
        ("dz2 = z2 - Y", "dz2 = 2 * (z2 - Y)", [DISAGREE] * 4),
        (" * (1 - a1**2)", "", [AGREE, DISAGREE, AGREE, DISAGREE]),
        ("dW1 = X.T @ dz1", "dW1 = X.T @ dz1 / 4", [AGREE, AGREE, AGREE, DISAGREE]),
    ],
)
def test_their_mistakes_are_found(
    right: str, wrong: str, expected: list[Verdict], tmp_path: Path
) -> None:
    assert right in LAYERS
    assert verdicts(report(tmp_path, python(LAYERS.replace(right, wrong)))) == expected


def test_what_is_made_from_what() -> None:
    import ast

    steps = probed(
        ast.parse(
            "z = w * x\na = f(z)\nnet.h = net.g(a)\nw = w - dw\nv = v - dw\nu = 1.0\np = make(v)"
        )
    )[1]
    made = {place for place in ("z", "a", "net.h", "v", "u", "p") if made_from(place, "w", steps)}
    assert made == {"z", "a"}  # net.h is seen as an update of net, and is never sampled


def test_a_check_below_the_gradient_that_traced_arrays_fail_costs_nothing(tmp_path: Path) -> None:
    book = python(
        "import numpy as np\ndef check(a):\n    if type(a) is not np.ndarray:\n"
        "        raise TypeError('no array')\nw = np.array([1.0, 2.0])\nloss = np.sum(w**3)\n"
        "# crosscheck: g = d(loss) / d(w)\ng = 3 * w**2\ncheck(w)"
    )
    assert verdicts(report(tmp_path, book)) == [AGREE]
    assert verdicts(report(tmp_path, book.replace("3 * w**2", "2 * w**2"))) == [DISAGREE]


def test_a_gradient_from_a_stored_cache_is_not_blamed(tmp_path: Path) -> None:
    book = python(
        "import numpy as np\nw = np.array([1.0, 2.0])\ncache = {'w': np.array([1.0, 2.0])}\n"
        "# crosscheck: g = d(np.sum(w**3)) / d(w)\ng = 3 * cache['w'] ** 2"
    )
    (claim,) = report(tmp_path, book).claims
    assert claim.finding.verdict is INCONCLUSIVE
    assert "does not react" in claim.finding.reason
    wrong = report(tmp_path, book.replace("3 * cache", "2 * cache"))
    assert verdicts(wrong) == [DISAGREE]


@pytest.mark.parametrize("ending", ["\u2028", "\x0c", "\x0b", "\x85", "\x1c"])
@pytest.mark.parametrize("name", ["book.py", "book.md"])
def test_a_comment_goes_on_where_python_goes_on(ending: str, name: str, tmp_path: Path) -> None:
    cell = (
        "w = 1.5\nloss = w**2\n# crosscheck: grad_w = d(loss) / d(w)\ngrad_w = w\n"
        f"# note{ending}grad_w = 2 * grad_w\n"
    )
    found = report(tmp_path, cell if name == "book.py" else python(cell), name)
    assert verdicts(found) == [DISAGREE]


def test_lines_are_pythons() -> None:
    assert lines_of("a\r\nb\rc\nd\u2028e\x0cf\n") == ["a", "b", "c", "d\u2028e\x0cf"]
    assert lines_of("") == []
    assert lines_of("a\n\n") == ["a", ""]


def test_some_passes_of_a_long_loop_are_judged(tmp_path: Path) -> None:
    book = python(
        "w = 3.0\nfor i in range(60):\n    loss = (w - 1.0) ** 2\n"
        "    # crosscheck: g = d(loss) / d(w)\n    g = 2 * (w - 1.0)\n    w = w - 0.01 * g"
    )
    (claim,) = report(tmp_path, book, passes=5).claims
    own = [snapshot.number for snapshot in claim.snapshots if not snapshot.run]
    assert own[0] == 1
    assert own[-1] == 60
    assert len(own) == 5
    assert claim.finding.verdict is AGREE
    assert "5 of 60 passes judged" in claim.finding.reason
    with pytest.raises(BookError, match="passes is 1"):
        report(tmp_path, book, passes=1)


@pytest.mark.parametrize(
    ("info", "cells"),
    [
        ("{.python .input}", 1),
        ("{.python .input  n=3}", 1),
        ("{python}", 1),
        ("python {cmd=true}", 1),
        ("python{.line-numbers}", 1),
        ("{.output .execute_result}", 0),
        ("{r}", 0),
        ("{}", 0),
    ],
)
def test_attributes_of_a_fence(info: str, cells: int, tmp_path: Path) -> None:
    from crosscheck.textbook.formats import load

    text = f"```{info}\nx = 1\n```\n\n```python\ny = 2\n```\n"
    assert len(load.read(write(tmp_path, text)).cells) == cells + 1


@pytest.mark.parametrize(
    ("source", "becomes", "skipped"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1", 0),
        ("%time x = 1", "x = 1", 1),
        ("%%time\nx = 1", "pass\nx = 1", 1),
        ("%%capture\nx = 1", "pass\nx = 1", 1),
        ("%timeit x + 1\ny = 2", "pass\ny = 2", 1),
        ("%%writefile a.txt\nx", "", 2),
        ("for i in a:\n    %time f(i)", "for i in a:\n    f(i)", 1),
    ],
)
def test_lines_for_ipython(source: str, becomes: str, skipped: int) -> None:
    import ast

    tree, count = parsed(source, "<book>", 1)
    assert ast.unparse(tree) == becomes
    assert count == skipped
    assert "from pylab import *" in ast.unparse(parsed("%pylab inline", "<book>", 1)[0])


def test_a_name_that_a_skipped_line_defines_is_no_fault_of_the_book(tmp_path: Path) -> None:
    good = python("print(1)") + "```text\n1\n```\n"
    found = report(tmp_path, good + python("%store -r w\nprint(w)") + "```text\n3\n```\n")
    found = replace(found, cells=found.cells[::-1])
    assert not found.cells[0].failed
    assert "skipped" in found.cells[0].note
    assert [cell.verdict for cell in found.cells] == [INCONCLUSIVE, AGREE]
    assert found.verdict is INCONCLUSIVE


def test_what_needs_a_line_that_was_skipped_above_is_no_fault_of_the_book(tmp_path: Path) -> None:
    cells = ["!wget w.txt", "print(open('w.txt').read())", "print(1 / 0)"]
    text = "".join(python(cell) + "```text\n3\n```\n" for cell in cells)
    found = report(tmp_path, text).cells
    assert [cell.failed for cell in found] == [False, False, True]
    assert "skipped in cell 1" in found[1].note
    assert found[1].verdict is INCONCLUSIVE
    found = report(tmp_path, python("x = 1") + python("print(w)") + "```text\n3\n```\n").cells
    assert found[1].failed


def test_a_script_of_the_book_is_run(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("w = 3\nprint('own', __name__)\n", encoding="utf-8")
    text = python("%run own.py\nprint(w)") + "```text\nown <run_path>\n3\n```\n"
    (cell,) = report(tmp_path, text).cells
    assert cell.verdict is AGREE
    assert cell.note == ""


@pytest.mark.parametrize(
    ("option", "recorded", "verdict"),
    [
        ("ELLIPSIS", "[0, 1, ..., 8, 9]", AGREE),
        ("ELLIPSIS", "[0, 1, ..., 7, 9]", DISAGREE),
        ("NORMALIZE_WHITESPACE", "[0,  1, 2, 3, 4,\n 5, 6, 7, 8, 9]", AGREE),
        ("NORMALIZE_WHITESPACE", "[0, 1, ..., 8, 9]", DISAGREE),
    ],
)
def test_options_of_doctest(tmp_path: Path, option: str, recorded: str, verdict: Verdict) -> None:
    text = f"```pycon\n>>> list(range(10))  # doctest: +{option}\n{recorded}\n```\n"
    assert report(tmp_path, text).cells[0].verdict is verdict


def test_the_last_digits_are_a_result_of_their_own() -> None:
    found = compare("x 0.30000000000000004", "x 0.30000000000001")
    assert found.match is Match.ROUNDING
    assert compare("x 0.3001", "x 0.3002").match is Match.DIFFERENT
    assert compare("x 1e-16", "x 0.0").match is Match.ROUNDING
    assert compare("x 3", "x 4").match is Match.DIFFERENT
    assert not is_rounding("1", "1.0000000001")
    cell = Cell(1, "print(x)", recorded=(Piece("text", "0.30000000000000004"),))
    run = Run({1: Ran((Piece("stdout", "0.30000000000001"),))})
    book = Book(write_nothing(), (cell,))
    assert cell_report(book, cell, run).verdict is AGREE
    assert cell_report(book, cell, run, exact=True).verdict is DISAGREE


def write_nothing() -> Path:
    from pathlib import Path

    return Path("book.md")


def test_a_book_that_cannot_be_read_costs_no_other_its_report(tmp_path: Path) -> None:
    write(tmp_path, python("# crosscheck: nonsense\nx = 1"), "a.md")
    write(tmp_path, python("print(1)") + "```text\n1\n```\n", "b.md")
    found = crosscheck.verify_textbook(tmp_path)
    assert [book.unread for book in found.books] == [False, True]
    assert found.books[0].verdict is AGREE
    assert found.exit_status == 2
    assert "is not a claim" in str(found)


@pytest.mark.parametrize(
    ("recorded", "printed"), [("[ 1.  2.]\n3", "[1. 2.]\n4"), ("commit 5e7892134", "commit 6e1")]
)
def test_what_once_crashed_has_an_answer(recorded: str, printed: str) -> None:
    assert compare(recorded, printed).match is Match.DIFFERENT
