"""`crosscheck verify`: what it prints, writes and returns, and where it runs."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

import crosscheck
from crosscheck import cli
from crosscheck.core.verdict import Verdict
from crosscheck.errors import BookError
from crosscheck.textbook import parallel
from crosscheck.textbook.claims import Claims
from crosscheck.textbook.compare_outputs import Match
from crosscheck.textbook.formats.book import Book
from crosscheck.textbook.results import BookReport
from crosscheck.textbook.runner import Limits, Run
from crosscheck.textbook.verification import Verification
from crosscheck.textbook.verify import notes
from crosscheck.workers import executors
from tests.cluster import until
from tests.missing import without
from tests.processes import above
from tests.textbook.chapter import planted, python, section, write
from tests.textbook.test_reading import code, notebook

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(crosscheck.__file__).parents[1]
RIGHT = "import numpy as np\nx = 1.5\n# crosscheck: g = d(x ** 2) / d(x)\ng = 2 * x\nprint(g)"
OUTPUT = "```text\n3.0\n```\n"


def verify(*arguments: str | Path) -> int:
    return cli.main(["verify", *map(str, arguments)])


def status_of(*arguments: str) -> int | str | None:
    """Return the exit status, argparse's own included."""
    try:
        return verify(*arguments)
    except SystemExit as stop:
        return stop.code


def test_a_right_book(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, python(RIGHT) + OUTPUT)
    assert verify(path, "--cell-seconds", "90.5") == 0
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first == str(path)
    assert last.startswith("AGREE: 1 book, 1 output reproduced, 1 claim AGREE, against PyTorch")
    assert re.search(r"; resolution \d\.\de-\d\d$", last)


def test_a_wrong_book_in_every_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = planted("뉴런 하나", "grad_w = delta * x", "grad_w = -delta * x", outputs=True)
    path = write(tmp_path, text + python("!ls\nimport sys\nprint('<&>\\x1b', file=sys.stderr)"))
    kept = {name: tmp_path / f"out.{name}" for name in ("json", "junitxml", "html")}
    files_wanted = [part for name, file in kept.items() for part in (f"--{name}", str(file))]
    assert verify(path, *files_wanted) == 1
    out = capsys.readouterr().out
    first = out.splitlines()[0]
    assert re.fullmatch(r"crosscheck: DISAGREE: book\.md:\d+: .*\(grad w\)", first)
    assert re.search(r"book\.md:4 +NOT REPRODUCED: expected 0\.48096681, got 0\.31903319", out)
    assert "1 line(s) for IPython or the shell skipped" in out

    document = json.loads(kept["json"].read_text(encoding="utf-8"))
    schema = json.loads(
        files("crosscheck.textbook.report").joinpath("textbook.schema.json").read_text()
    )
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema)
    inner = json.loads(files("crosscheck.report").joinpath("certificate.schema.json").read_text())
    jsonschema.validate(document["books"][0]["certificate"], inner)
    assert document["schema_version"] == 2
    assert document["headline"] == first
    book = document["books"][0]
    assert [c["verdict"] for c in book["claims"]] == ["DISAGREE", "AGREE"]
    assert [c["declared_at"] for c in book["claims"]] == ["book.md:15", "book.md:17"]
    steps = [pair["step"] for pair in book["claims"][0]["central_differences"]]
    assert steps == sorted(steps, reverse=True)
    assert book["cells"][0]["comparison"] == {
        "match": "not reproduced",
        "recorded": book["cells"][0]["comparison"]["recorded"],
        "printed": book["cells"][0]["comparison"]["printed"],
        "explanation": "expected 0.48096681, got 0.31903319",
    }

    suites = ET.parse(kept["junitxml"]).getroot()  # noqa: S314 - our own
    assert [suites[0].get(k) for k in ("tests", "failures", "errors", "skipped")] == [
        "5", "2", "0", "1",
    ]  # fmt: skip
    messages = [failure.get("message", "") for failure in suites.iter("failure")]
    assert [message.partition(": ")[0] for message in messages] == ["book.md:4", "book.md:12"]

    page = kept["html"].read_text(encoding="utf-8")
    assert page.count("error against step") == 2
    assert page.count("<svg") == 5  # the wrong gradient has two, the rule one
    assert "<span class=marked><i>16</i>grad_w = -delta * x" in page
    assert "<del>0.48096681</del>" in page
    assert "http" not in page
    assert "<script" not in page
    tables = ET.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])  # noqa: S314
    assert tables.tag == "svg"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.md"], "pass the path of a book"),
        (["--points", "3", "b.md"], "--points"),
        (["--seed", "-1", "b.md"], "--seed"),
        (["-j", "0", "b.md"], "-j"),
        (["--html", "nowhere/x.html", "b.md"], "--html"),
        (["--cell-seconds", "0", "b.md"], "'0' is not a number above 0"),
        (["--book-seconds", "soon", "b.md"], "'soon' is not a number above 0"),
        (["--memory", "nan", "b.md"], "'nan' is not a number above 0"),
        (["--isolate", "prison", "b.md"], "--isolate"),
        ([], "BOOK"),
    ],
)
def test_wrong_usage(
    arguments: Sequence[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(*arguments) == 2
    assert message in capsys.readouterr().err


def test_a_file_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, python("print(3.0)") + OUTPUT)
    assert verify(path, "--json", f"/dev/full{'' if Path('/dev/full').exists() else '/x'}") == 2
    assert "--json" in capsys.readouterr().err


def test_what_is_not_verified_is_not_certified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(write(tmp_path, python("x = 1"))) == 3
    assert "nothing to verify" in capsys.readouterr().out
    assert verify(write(tmp_path, notebook(), "empty.ipynb")) == 3
    assert capsys.readouterr().out.startswith("crosscheck: INCONCLUSIVE: empty.ipynb ")
    random = python("import random\nprint(random.random())") + OUTPUT
    assert verify(write(tmp_path, random)) == 3
    out = capsys.readouterr().out
    assert out.startswith("crosscheck: INCONCLUSIVE: book.md:2: output random: ")
    assert "set a seed" in out


def test_a_random_value_can_be_given(tmp_path: Path) -> None:
    random = (
        "import numpy as np\nr = np.random.randn()\nw = np.random.randn(2)\n"
        "# crosscheck: g = d(np.sum(r * w ** 2)) / d(w)\ng = 2 * r * w\n"
        "w -= 0.1 * g\nprint(r, w)"
    )
    path = write(tmp_path, python(random) + "```text\n0.5 [0.9 1.8]\n```\n")
    toml = write(tmp_path, "given = {r = 0.5, w = [1.0, 2.0]}\n", "book.claims.toml")
    crosscheck.verify_textbook(path).assert_agrees()
    toml.write_text("given = {unused = 0.5}\n", encoding="utf-8")
    verification = crosscheck.verify_textbook(path)
    (error,) = verification.books[0].errors
    assert error.startswith("given: unused is never assigned")
    with pytest.raises(AssertionError) as caught:
        verification.assert_agrees()
    # what failed is a random output now: the message begins with the mistake
    assert str(caught.value) == str(verification)
    assert str(caught.value).startswith(f"crosscheck: {verification.verdict}: ")


def test_the_vocabulary_of_books(tmp_path: Path) -> None:
    out = {"output_type": "stream", "name": "stdout", "text": "1\n"}
    failing = {"output_type": "error", "ename": "ZeroDivisionError",
               "evalue": "division by zero", "traceback": []}  # fmt: skip
    figure = "import types\nclass F:\n    def savefig(self): pass\nF()"
    image = {"output_type": "display_data", "data": {"image/png": ""}, "metadata": {}}
    book = notebook(
        code("print(1)", out),
        code("1 / 0", failing),
        code("1 / 0", tags=["raises-exception"]),
        code("while True: pass", tags=["skip-execution"]),
        code("# NBVAL_IGNORE_OUTPUT\nprint(2)", out),
        code("%%bash\nls"),
        code("%matplotlib inline\n!ls\nprint(1)", out),
        code(figure, image),
        code("display(1, None)\n'가'; 2  ;  # quiet", {"output_type": "display_data",
             "metadata": {}, "data": {"text/plain": "1"}},
             {"output_type": "display_data", "metadata": {}, "data": {"text/plain": "None"}}),
    )  # fmt: skip
    report = crosscheck.verify_textbook(write(tmp_path, book, "b.ipynb")).books[0]
    found = [cell.comparison.match if cell.comparison else cell.note for cell in report.cells]
    good = Match.REPRODUCED
    assert found == [
        good, good, Match.DIFFERENT, "skipped, as the book says", "", good, good, good, good,
    ]  # fmt: skip
    assert not any(cell.failed for cell in report.cells)
    assert [cell.ran.skipped for cell in report.cells if cell.ran] == [0, 0, 0, 0, 2, 1, 0, 0]


def test_the_page_shows_what_could_not_be_done(tmp_path: Path) -> None:
    book = python(
        "import numpy as np\nx = np.ones((3, 1))\n"
        "# crosscheck: g = d(np.sum(x ** 2)) / d(x)\ng = (2 * x).ravel()",
        "%time 1\nclass F:\n    def savefig(self): pass\nF()",
        "import os; os._exit(3)",
        "1",
    )
    verification = crosscheck.verify_textbook(write(tmp_path, book))
    page = verification.to_html()
    assert "expected shape (3, 1), got (3,)" in page
    assert "<svg" not in page
    assert "1 image(s), not compared" in page
    assert "1 line(s) for IPython" in page
    assert "the book was stopped at cell 3" in page
    assert ">not run<" in page
    assert ": stopped: its process ended" in verification.to_junit()


@pytest.mark.parametrize("width", [500, 1200])
def test_the_page_in_a_browser(width: int, tmp_path: Path) -> None:
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("Debian's chromium is not installed")
    text = planted("뉴런 하나", "grad_w = delta * x", "grad_w = -delta * x", outputs=True)
    page = crosscheck.verify_textbook(write(tmp_path, text)).to_html()
    # the page has no script: this one, in a copy, says how far it reaches beside the window
    measure = (
        "<script>document.title = [document.documentElement.scrollWidth, window.innerWidth,"
        " document.querySelectorAll('svg polyline').length]</script></html>"
    )
    copy = write(tmp_path, page.replace("</html>", measure), "page.html")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--window-size={width},900"]
    command += [f"--user-data-dir={tmp_path / 'profile'}"]
    dom = subprocess.run(
        [*command, "--dump-dom", copy.as_uri()], capture_output=True, check=True, timeout=120
    ).stdout.decode()
    found = re.search(r"<title>(\d+),(\d+),(\d+)</title>", dom)
    assert found is not None
    reaches, window, plots = map(int, found.groups())
    assert reaches <= window
    assert plots == 2
    paper = tmp_path / "page.pdf"
    subprocess.run(
        [*command, f"--print-to-pdf={paper}", copy.as_uri()],
        capture_output=True, check=True, timeout=120,
    )  # fmt: skip
    assert paper.read_bytes().startswith(b"%PDF")


def test_a_note_on_the_network() -> None:
    assert "Python&#x27;s sockets" in Verification(
        (BookReport(Book(Path("b.md")), notes=tuple(notes(Run(network="python")))),)
    ).to_html()  # fmt: skip
    assert "Python's sockets" in str(
        Verification((BookReport(Book(Path("b.md")), notes=tuple(notes(Run(network="python")))),))
    )


def test_update_writes_todays_outputs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stale = "x = 2\n\nprint(x)\nx * 2"
    books = [
        write(tmp_path, python(stale) + "```\n9\n```\n", "a.md"),
        write(tmp_path, "- ```\n  >>> 1 + 1\n  3\n  >>> print()\n  <BLANKLINE>\n  >>> 1 / 0\n"
              "  Traceback (most recent call last):\n  ZeroDivisionError: no\n  ```\n\n"
              + python("y = 1"), "b.md"),
        write(tmp_path, f"In [1]:\n{stale}\n\n9\n\n\n- words\n", "c.txt"),
        write(tmp_path, notebook(
            code(f"{stale}\nimport sys\nprint('w', file=sys.stderr)\n"
                 "class F:\n    def savefig(self): pass\ndisplay(F(), 5)\n1 / 0",
                 {"output_type": "stream", "name": "stdout", "text": "9"},
                 tags=["raises-exception"]),
            code("3", tags=["skip-execution"])), "d.ipynb"),
    ]  # fmt: skip
    assert verify(*books, "--update") == 1
    for book in books:
        copy = book.with_name(f"{book.stem}.updated{book.suffix}")
        assert f"written: {copy}" in capsys.readouterr().out or copy.exists()
        again = crosscheck.verify_textbook(copy).books[0]
        assert again.verdict is Verdict.AGREE
        assert [c.source for c in again.book.cells] == [c.cell.source for c in again.cells]
    assert "- words" in (tmp_path / "c.updated.txt").read_text(encoding="utf-8")


def test_suggestions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lonely = python("def gradient(t):\n    return 2 * t\nu = 1.0\ngradient(u)")
    book = (
        lonely
        + section("뉴런 하나").replace("# crosscheck: ", "# ")
        + python(
            "def f(t):\n    return t ** 3\ndef derivative(t):\n    return 3 * t ** 2\n"
            "t = 1.5\nprint(derivative(t), abs(t))",
            "def broken(:",
            "w = 1.0\nL = w ** 2\ndw = 3 * w\nb_grad = grad = 2 * w\nw -= 0.1 * grad\ndL_dw = 2.0",
            "grads = {}\np = {}\np['v'] = 2.0\ncost = p['v'] ** 2\ngrads['v'] = 2 * p['v']",
        )
    )
    path = write(tmp_path, book)
    assert verify(path, "--suggest") == 1
    out = capsys.readouterr().out
    pasted = out[out.index("# book.claims.toml") :]
    held = [line for line in pasted.splitlines() if line.startswith("claim")]
    assert held == [
        "claim = '''grad_w = d(loss) / d(w)'''",
        "claim = '''grad_bias = d(loss) / d(bias)'''",
        "claim = '''derivative(t) = d(f(t)) / d(t)'''",
        "claim = '''grad = d(L) / d(w)'''",
        "claim = '''grads['v'] = d(cost) / d(p['v'])'''",
    ]
    assert "# claim = '''dw = d(L) / d(w)'''" in pasted
    assert "# DISAGREE: the gradients differ" in pasted
    assert "# DISAGREE: the loss does not depend" in pasted
    again = write(tmp_path, pasted, "book.claims.toml")
    assert again.exists()
    found = crosscheck.verify_textbook(path).books[0].claims
    assert [c.finding.verdict for c in found] == [Verdict.AGREE] * 5


def test_a_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ipykernel")
    random = "import random\nx = random.random()\n# crosscheck: g = d(x ** 2) / d(x)\ng = 2 * x\ng"
    path = write(
        tmp_path, python(random, "%pip --version >/nowhere", "def f(:") + "```\nbad\n```\n"
    )
    write(tmp_path, "given = {x = 0.5}\n", "book.claims.toml")
    report = crosscheck.verify_textbook(path, isolate="kernel").books[0]
    assert report.claims[0].finding.verdict is Verdict.AGREE
    assert not report.errors
    ran = [cell.ran for cell in report.cells]
    assert ran[0] is not None
    assert ran[0].pieces[0].text == "1.0"
    assert report.cells[2].failed
    hang = write(tmp_path, python("print(1)", "import os; os._exit(1)"), "hang.md")
    stopped = crosscheck.verify_textbook(hang, isolate="kernel").books[0]
    assert [cell.failed for cell in stopped.cells] == [False, True]
    assert "in its kernel" in stopped.errors[0]
    monkeypatch.setitem(sys.modules, "ipykernel", None)
    with pytest.raises(BookError, match=r"pip install .*\[kernel\]"):
        crosscheck.verify_textbook(path, isolate="kernel")


def test_books_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [write(tmp_path, python(f"print({i}.0)") + OUTPUT, f"{i}.md") for i in range(4)]
    assert verify("-j", "2", *paths) == 1
    first, *lines = capsys.readouterr().out.splitlines()
    assert first.startswith("crosscheck: DISAGREE: 0.md:2: ")
    assert [line for line in lines if line in set(map(str, paths))] == [*map(str, paths)]
    assert "3 outputs not reproduced, 1 output reproduced" in lines[-1]


def crashing(book: Book, _: Claims) -> BookReport:
    """Take the worker down at one book, raise at another."""
    if book.path.name == "crash":
        os._exit(1)
    if book.path.name == "raise":
        msg = "a mistake of ours"
        raise RuntimeError(msg)
    return BookReport(book)


def test_a_worker_that_dies_costs_its_book_alone() -> None:
    names = ["a", "crash", "b", "raise", "c"]
    work = [(Book(Path(name)), Claims()) for name in names]
    opened = functools.partial(executors.processes, 2)
    steps: list[str] = []
    reports = parallel.side_by_side(work, crashing, opened, steps.append)
    assert [report.book.path.name for report in reports] == names
    assert [bool(report.errors) for report in reports] == [False, True, False, True, False]
    assert "RuntimeError: a mistake of ours" in reports[3].errors[0]
    assert steps[-1].endswith("of 5 books")


def test_a_cluster(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    path = write(tmp_path, python("print(3.0)") + OUTPUT)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0"
    ) as cluster:
        address = cluster.scheduler_address
        opened = functools.partial(executors.cluster, address)
        assert crosscheck.verify_textbook(path, executor=opened).verdict is Verdict.AGREE
        assert verify(path, "--scheduler", address) == 0


WAITING = """\
import pathlib, subprocess
mark = pathlib.Path("waits")
if not mark.exists():
    mark.touch()
    subprocess.run(["sleep", "300.625"])
print(3.0)"""


def test_a_killed_worker_of_a_cluster_costs_nothing(
    tmp_path: Path, dask: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    books = {"waits": WAITING, "b": "print(3.0)", "c": "print(3.0)"}
    paths = [write(tmp_path, python(cell) + OUTPUT, f"{name}.md") for name, cell in books.items()]
    workers = {worker.pid for worker in dask[1]}

    def kill() -> None:
        until(lambda: workers & above("sleep 300.625"))
        for worker in workers & above("sleep 300.625"):
            os.kill(worker, signal.SIGKILL)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    opened = functools.partial(executors.cluster, dask[0])
    verification = crosscheck.verify_textbook(paths, executor=opened, limits=Limits(book=400))
    killer.join(timeout=1)
    assert [worker.poll() for worker in dask[1]].count(-signal.SIGKILL) == 1
    assert [report.book.path.stem for report in verification.books] == list(books)
    verification.assert_agrees()


def test_a_cluster_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, python(RIGHT))
    assert verify(path, "--scheduler", "nowhere") == 2
    assert "no Dask scheduler answers at 'nowhere'" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert verify(path, "--scheduler", "tcp://127.0.0.1:1") == 2
    assert "backprop-crosscheck[cluster]" in capsys.readouterr().err


def test_korean_where_nothing_can_print_it(tmp_path: Path) -> None:
    path = write(tmp_path, python("print('손실: 3.0')") + "```\n손실: 3.1\n```\n", "한글.md")
    command = [sys.executable, "-m", "crosscheck", "verify", str(path)]
    plain: dict[str, Any] = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **plain}, capture_output=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert b"expected 3.1, got 3.0" in done.stdout


def test_a_framework_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "jax")
    verification = crosscheck.verify_textbook(write(tmp_path, python(RIGHT)))
    assert verification.exit_status == 3
    text = str(verification)
    assert text.startswith("crosscheck: incomplete: JAX is not installed")
    assert text.splitlines()[-1].startswith("incomplete: 1 book")
    assert 'name="the book"' in verification.to_junit()
    assert "JAX is not installed" in verification.to_junit()
    without(monkeypatch, "torch")
    verification = crosscheck.verify_textbook(write(tmp_path, python(RIGHT)))
    assert str(verification).endswith("no framework is installed")
    assert "<footer>" not in verification.to_html()


def test_progress(tmp_path: Path) -> None:
    steps: list[str] = []
    path = write(tmp_path, python(RIGHT) + OUTPUT)
    crosscheck.verify_textbook(path, progress=steps.append)
    assert steps[:2] == ["book.md: cell 1", "book.md: claim 1"]


def test_a_terminal_sees_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert verify(write(tmp_path, python("print(3.0)") + OUTPUT)) == 0


def test_pytest_collects_books(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")  # the summary cuts a failure's first line
    write(pytester.path, planted("뉴런 하나", "grad_w = delta * x", "grad_w = -delta * x"))
    write(pytester.path, python("x = 1\n# crosscheck: huh"), "broken.md")
    write(pytester.path, "words", "words.md")
    result = pytester.runpytest_subprocess("--crosscheck-textbook", "-rs")
    result.stdout.fnmatch_lines(
        [
            "*broken.md:3: 'huh' is not a claim*",
        ]
    )
    result = pytester.runpytest_subprocess("--crosscheck-textbook", "-v", "book.md")
    result.assert_outcomes(passed=2, failed=1, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "book.md::cell 1 SKIPPED*",
            "book.md::cell 1: grad_w = d(loss) / d(w) FAILED*",
            "book.md::cell 1: grad_bias = d(loss) / d(bias) PASSED*",
            "book.md::the book PASSED*",
            "crosscheck: DISAGREE: book.md:*: *(grad w)",
            "FAILED book.md::cell 1: grad_w = d(loss) / d(w) - *DISAGREE: book.md:*",
        ]
    )
    assert pytester.runpytest_subprocess().ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_pytest_collects_books_in_several_processes(pytester: pytest.Pytester) -> None:
    for name in "ab":
        write(pytester.path, python(RIGHT) + OUTPUT, f"{name}.md")
    result = pytester.runpytest_subprocess(
        "--crosscheck-textbook", "-n", "2", "--dist", "loadfile", "-p", "xdist"
    )
    result.assert_outcomes(passed=6)
