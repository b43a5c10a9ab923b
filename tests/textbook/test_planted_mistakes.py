"""Books with mistakes in them: each is found, and nothing else is reported."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

import crosscheck
from crosscheck.core.verdict import Verdict
from crosscheck.textbook import check_claim, runner
from crosscheck.textbook.compare_outputs import Match
from crosscheck.textbook.runner import Limits
from tests.conftest import flowing
from tests.textbook.chapter import CHAPTER, planted, python, section, write

if TYPE_CHECKING:
    from pathlib import Path

    from crosscheck.core.verdict import Judgement
    from crosscheck.textbook.results import BookReport

# section, right, wrong: the left sides of the claims that the mistake makes wrong
MISTAKES = [
    ("세제곱", "3 * t**2 + 2", "3 * t**2 - 2", ["slope(t)"]),
    ("뉴런 하나", "delta = 2 * (out", "delta = (out", ["grad_w", "grad_bias"]),
    ("뉴런 하나", " * (1 - out**2)", "", ["grad_w", "grad_bias"]),
    ("뉴런 하나", "(1 - out**2)", "(1 - s**2)", ["grad_w", "grad_bias"]),
    ("뉴런 하나", "grad_w = delta * x", "grad_w = -delta * x", ["grad_w"]),
    ("뉴런 하나", "grad_bias = delta", "grad_bias = 0 * delta", ["grad_bias"]),
    ("뉴런 하나", "grad_w = delta * x", "grad_w = delta * w", ["grad_w"]),
    ("은닉층", " / len(q)", "", ["dV1", "dV2"]),
    ("은닉층", " * (a1 > 0)", "", ["dV1"]),
    ("은닉층", " * (a1 > 0)", " * (h1.T @ a1 > 0).any()", ["dV1"]),
    ("은닉층", "da1 = (da2", "V2 -= 0.1 * dV2\nda1 = (da2", ["dV1"]),
    ("은닉층", "da2 @ V2.T", "da2 @ V2.T * 1.00001", ["dV1"]),
    ("소프트맥스", "    wrong /= 4\n", "", ["grads['W']", "grads['b']"]),
    ("소프트맥스", "wrong.sum(axis=0)", "wrong.mean(axis=0)", ["grads['b']"]),
    ("소프트맥스", "wrong.sum(axis=0)", "wrong[0]", ["grads['b']"]),
    ("소프트맥스", "features.T @ wrong", "features.T @ wrong + params['W']", ["grads['W']"]),
    ("소프트맥스", "-= 1\n", "-= 1 if epoch < 4 else 2\n", ["grads['W']", "grads['b']"]),
    ("합을 모으기", "gm += ", "gm = ", ["gm"]),
    ("층", "self.X.T @ dout", "dout.T @ self.X", ["layer.dW"]),
    ("층", "self.X = X", "self.X = np.abs(X)", ["layer.dW"]),
]


def verified(path: Path, **options: object) -> BookReport:
    return crosscheck.verify_textbook(path, **options).books[0]  # type: ignore[arg-type]


def wrong(report: BookReport) -> list[str]:
    return [c.claim.left for c in report.claims if c.finding.verdict is Verdict.DISAGREE]


def test_the_right_chapter_is_right() -> None:
    verification = crosscheck.verify_textbook(CHAPTER)
    verification.assert_agrees()
    report = verification.books[0]
    assert {c.comparison.match for c in report.cells if c.comparison} == {Match.REPRODUCED}
    assert len(report.claims) == 9
    assert all(min(error for _, error in c.differences) < 1e-7 for c in report.claims)
    assert [len([m for m in c.snapshots if not m.run]) for c in report.claims] == [
        *[1] * 5, 5, 5, 3, 3,
    ]  # fmt: skip


@pytest.mark.parametrize(("title", "right", "bad", "left"), MISTAKES)
def test_a_wrong_gradient_is_found_and_nothing_else(
    title: str, right: str, bad: str, left: list[str], tmp_path: Path
) -> None:
    report = verified(write(tmp_path, planted(title, right, bad)))
    assert wrong(report) == left
    others = [c.finding.verdict for c in report.claims if c.claim.left not in left]
    assert all(verdict is Verdict.AGREE for verdict in others)
    assert not any(cell.failed for cell in report.cells)
    assert not report.errors
    for certified in report.claims:
        if certified.claim.left in left and "(" not in certified.claim.left:
            line = (tmp_path / "book.md").read_text(encoding="utf-8").splitlines()
            name = certified.claim.left.partition(".")[0].replace("'", '"')
            assert line[certified.line - 1].strip().startswith(name)
            assert certified.finding.example == f"book.md:{certified.line}"


def test_numbers_that_hide_a_mistake_are_found_out(tmp_path: Path) -> None:
    # with these numbers every unit is active, and relu' is 1
    text = planted("은닉층", " * (a1 > 0)", "")
    hiding = text.replace("-0.3, 0.3], [0.8, 0.4, -0.1]", "0.3, 0.3], [0.8, 0.4, 0.1]")
    report = verified(write(tmp_path, hiding))
    assert wrong(report) == ["dV1"]
    own = [j for m, j in judged(report, "dV1") if not m]
    assert [judgement.verdict for judgement in own] == [Verdict.AGREE]


def judged(report: BookReport, left: str) -> list[tuple[int, Judgement]]:
    certified = next(c for c in report.claims if c.claim.left == left)
    return [
        (m.run, j) for m, j in zip(certified.snapshots, certified.finding.judgements, strict=True)
    ]


def test_integers_that_truncate_are_found(tmp_path: Path) -> None:
    book = python(
        "import numpy as np\nx = np.array([1, 2, 3])\nk = np.array([0.5, 1.5, 2.5])\n"
        "# crosscheck: g = d(np.sum(k * x ** 2)) / d(x)\ng = np.zeros_like(x)\n"
        "g += np.array(2 * k * x).astype(int)",
        "y = 3\n# crosscheck: h = d(y ** 2) / d(y)\nh = 2 * y",
    )
    report = verified(write(tmp_path, book))
    assert wrong(report) == ["g"]


def test_a_gradient_taken_after_the_update_is_no_gradient(tmp_path: Path) -> None:
    book = python(
        "w = 0.5\nloss = (3 - w) ** 2\ngrad = -2 * (3 - w)\nw -= 0.1 * grad\n"
        "# crosscheck: 2 * (w - 3) = d(loss) / d(w)"
    )
    report = verified(write(tmp_path, book))
    assert wrong(report) == ["2 * (w - 3)"]
    assert "does not depend on the variable" in report.claims[0].finding.reason


def test_a_kink_at_the_books_own_values_is_no_mistake(tmp_path: Path) -> None:
    hit = "-0.3, 0.3], [0.8, 0.4, -0.1]", "-0.2, 0.3], [0.8, 0.4, -0.1]"  # 1·(−0.2) + ½·0.4 = 0
    text = section("은닉층", outputs=False).replace(*hit)
    report = verified(write(tmp_path, text))
    first = report.claims[0].finding
    assert first.verdict is Verdict.AGREE
    assert "gives nothing to the first (PyTorch" in first.reason
    # `z * (z > 0)` has a slope of 0 at 0, `>=` takes one of 1
    other = text.replace("np.maximum(a, 0)", "a * (a > 0)").replace("(a1 > 0)", "(a1 >= 0)")
    second = verified(write(tmp_path, other)).claims[0].finding
    assert second.verdict is Verdict.INCONCLUSIVE
    assert "may lie on a kink" in second.reason


def test_a_mistake_is_named_at_the_books_own_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_claim, "BUDGET", 120.0)  # on a busy machine, too
    report = verified(write(tmp_path, planted("은닉층", " * (a1 > 0)", "")))
    text = flowing(crosscheck.Verification((report,)))
    line = section("은닉층", outputs=False).splitlines().index("h1 = relu(a1)") + 1
    assert f"book.md:{line}: relu(a1)" in text
    page = crosscheck.Verification((report,)).to_html()
    assert f"<span class=cause><i>{line}</i>h1 = relu(a1)" in page
    assert "derivative missing (grad V1)" in text


def test_a_stale_output_is_found_and_nothing_else(tmp_path: Path) -> None:
    path = write(tmp_path, planted("소프트맥스", "0.92738", "0.92739", outputs=True))
    report = verified(path)
    assert report.verdict is Verdict.DISAGREE
    found = report.cells[0].comparison
    assert found is not None
    assert found.match is Match.DIFFERENT
    assert {"0.92739", "0.92738"} <= set(re.findall(r"[\d.]+", found.explanation))
    assert (found.recorded, found.printed) == ("2번째 손실 0.92739", "2번째 손실 0.92738")
    assert wrong(report) == []


LIMITS = Limits(cell=5, book=30, memory=2**31)
FORGED = """
import os
for fd in range(3, 20):
    try:
        os.write(fd, b'{}\\n')
    except OSError:
        pass
"""
BEFORE = "x = 1.5\n# crosscheck: g = d(x ** 2) / d(x)\ng = 2 * x"


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("while True: pass", "took more than the 5 s"),
        ("import os; os._exit(3)", "its process ended, status 3"),
        ("import os; os.kill(os.getpid(), 9)", "its process ended, killed by signal 9"),
        ("import sys; sys.exit(2)", "SystemExit: 2"),
        ("x = bytearray(2**33)", "MemoryError"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def f(:", "SyntaxError"),
        (FORGED.format("[]"), "invalid message"),
        (FORGED.format('{"event": "victory"}'), "invalid message"),
        (FORGED.format('{"event": "begin", "cell": 9}'), "invalid message"),
        (FORGED.format('{"event": "begin", "claim": 3}'), "invalid message"),
    ],
)  # fmt: skip
def test_what_a_cell_does_costs_no_other_its_verdict(
    cell: str, reason: str, tmp_path: Path
) -> None:
    report = verified(write(tmp_path, python(BEFORE, cell, "print(g)")), limits=LIMITS)
    assert report.claims[0].finding.verdict is Verdict.AGREE
    assert [c.failed for c in report.cells[:2]] == [False, True]
    assert reason in report.cells[1].note
    assert report.verdict is Verdict.DISAGREE
    assert report.cells[2].ran is not None or report.cells[2].note == "not run"


def test_a_cell_that_forks_or_spoils_the_checker_changes_nothing(tmp_path: Path) -> None:
    spoiled = (
        "import os, json, base64\npid = os.fork()\nif pid == 0:\n    os._exit(0)\n"
        "os.waitpid(pid, 0)\nos.fork()\njson.dumps = base64.b64decode = None\n"
        "import crosscheck.core.verdict\ncrosscheck.verdict.judge = lambda *_: 1 / 0"
    )
    claim = "x = 1.5\n# crosscheck: g = d(x ** 2) / d(x)\ng = 3 * x"
    report = verified(write(tmp_path, python(spoiled, BEFORE, claim)), limits=LIMITS)
    assert not report.errors
    assert [c.finding.verdict for c in report.claims] == [Verdict.AGREE, Verdict.DISAGREE]


@pytest.mark.parametrize(
    "spoiled",
    [
        "import os\nfor _ in range(4):\n    os.fork()",
        "import numpy as np\nnp.exp = np.sum = np.copy = lambda x: x",
        "import builtins\nbuiltins.len = lambda x: 3\nbuiltins.print = None",
        "import crosscheck.textbook.child.record as r\nr.record = lambda *_: []",
        "import crosscheck.textbook.child.replay as r\nr.Replay._take_snapshot = lambda *_: None",
        "import numpy as np\nnp.ndarray.__eq__ if 0 else np.seterr(all='raise')",
    ],
)
def test_a_spoiled_checker_lets_no_mistake_pass(spoiled: str, tmp_path: Path) -> None:
    claim = "x = 1.5\n# crosscheck: g = d(x ** 2) / d(x)\ng = 3 * x"
    report = verified(write(tmp_path, python(spoiled, claim)), limits=LIMITS)
    assert report.claims[0].finding.verdict is not Verdict.AGREE
    assert report.verdict is not Verdict.AGREE


@pytest.mark.parametrize(
    ("book", "reason"),
    [
        (python("x = 1.0\n# crosscheck: nothing = d(x ** 2) / d(x)"), "name 'nothing' is not"),
        (python("x = 1.0\n# crosscheck: g = d(x ** 2) / d(y)\ng = 2 * x"), "y has no number"),
        (python("x = 1.0\n# crosscheck: g = d(lost) / d(x)\ng = 2 * x"), "name 'lost' is not"),
        (python("x = 1.0\n# NBVAL_SKIP\n# crosscheck: g = d(x) / d(x)\ng = 1"), "not run"),
        (python("def f(:\n# crosscheck: g = d(x) / d(x)\n"), "was not run"),
        (python("x = 1.0\n# crosscheck: g = d(x ** 2) / d(x)\ng = 'two'"), "is 'two'"),
        (python("x = 1.0\n# crosscheck: g = d('loss') / d(x)\ng = 1.0"), "one number"),
        (python("import statistics\nx = 1.0\n"
                "# crosscheck: g = d(statistics.fmean([x]) ** 2) / d(x)\ng = 2 * x"),
         "gradient would be lost"),
        (python("import numpy as np\nx = np.ones(3)\n# crosscheck: g = d(x ** 2) / d(x)\n"
                "g = 2 * x"), "of shape (3,); a loss is one number"),
        (python("import numpy as np\nx = np.ones(2)\n"
                "# crosscheck: g = d(np.sum(x * 0)) / d(x)\ng = 0 * x"), "inconclusive at 8 of 8"),
        (python("import numpy as np\nx = np.ones(2)\n"
                "# crosscheck: g = d(np.sum(x.astype(np.longdouble))) / d(x)\ng = 1.0"),
         "book.md:4\n.astype of an array gives"),
        (python("import numpy as np\nx = np.ones(2)\ndef f(x):\n"
                "    if type(x) is not np.ndarray:\n        raise TypeError('no array')\n"
                "    return np.sum(x)\n# crosscheck: g = d(f(x)) / d(x)\ng = np.ones(2)"),
         "no array"),
        (python("x = 1.0\n# crosscheck: g = d(3.0) / d(x)\ng = 0.0"), "does not depend"),
        (python("import itertools\nn = itertools.count(1)",
                "x = 1.0\n# crosscheck: g = d(x ** 2) / d(x)\ng = 2 * x * next(n)"),
         "depends on state outside"),
        (python("import itertools\nn = itertools.count()",
                "x = 1.0\n# crosscheck: g = d(x ** 2) / d(x)\n"
                "for i in range(1 + next(n)):\n    g = 2 * x"),
         "at other lines"),
    ],
)  # fmt: skip
def test_a_claim_that_does_not_apply_is_no_pass(book: str, reason: str, tmp_path: Path) -> None:
    report = verified(write(tmp_path, book), limits=LIMITS)
    assert report.claims[0].finding.verdict is Verdict.INCONCLUSIVE
    assert reason in report.claims[0].finding.reason


def test_a_float32_chapter_is_judged_in_float64(tmp_path: Path) -> None:
    cell = (
        "import numpy as np\nw = np.array([0.5, 1.5], dtype=np.float32)\n"
        "# crosscheck: g = d(np.sum(w ** 3)) / d(w)\ng = {} * w ** 2"
    )
    right = verified(write(tmp_path, python(cell.format(3))))
    assert right.claims[0].finding.verdict is Verdict.AGREE
    assert wrong(verified(write(tmp_path, python(cell.format(2))))) == ["g"]


def test_a_process_that_does_not_end_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "PATIENCE", 0.2)
    cell = "import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()"
    assert not verified(write(tmp_path, python(BEFORE, cell))).errors


def test_a_gradient_may_stand_cells_below_its_variable(tmp_path: Path) -> None:
    cells = [
        "import numpy as np\nW = np.array([[1.0, 2.0], [0.5, -1.0]])\nlosses = []",
        "def f(W):\n    return np.sum(np.tanh(W) ** 2)\nL = f(W)\nlosses.append(L)",
        "W_new = W\nt = np.tanh(W)",
        (
            "# crosscheck: dW = d(L) / d(W)\ndW = np.zeros_like(W)\nfor i in range(2):\n"
            "    dW[i] = 2 * t[i] * (1 - t[i] ** 2)\nW = W_new - 0.1 * dW"
        ),
    ]
    report = verified(write(tmp_path, python(*cells)))
    assert report.claims[0].finding.verdict is Verdict.AGREE
    cells[2] = "W_new = W\nt = np.sinh(W)"
    assert wrong(verified(write(tmp_path, python(*cells)))) == ["dW"]


TRAINING = """\
import numpy as np
np.random.seed(3)
X, y = np.random.randn(20, 3), np.random.randn(20)
params = {"w": np.random.randn(3), "b": np.random.randn()}
history = np.zeros(30)
for i in range(30):
    error = X @ params["w"] + params["b"] - y
    loss = np.mean(error ** 2)
    # crosscheck: grads["b"] = d(loss) / d(params["b"])
    grads = {"w": 2 * X.T @ error / 20, "b": 2 * np.mean(error)}
    for key in params:
        params[key] -= 0.1 * grads[key]
    history[i] = loss
    print(float(loss))
"""


def test_a_training_loop_may_let_numbers_leave_the_trace_after_the_gradient(
    tmp_path: Path,
) -> None:
    report = verified(write(tmp_path, python(TRAINING)))
    assert report.verdict is Verdict.AGREE
    assert len([m for m in report.claims[0].snapshots if not m.run]) == check_claim.PASSES
    report = verified(write(tmp_path, python(TRAINING.replace("2 * np.mean", "np.mean"))))
    assert wrong(report) == ["grads['b']"]
    assert len(report.claims[0].snapshots) == 2 * check_claim.ENOUGH


def test_a_claim_whose_run_hangs_costs_itself_alone(tmp_path: Path) -> None:
    hangs = (
        "y = 2.0\n# crosscheck: h = d(y ** 2) / d(y)\nwhile abs(y - 2.0) > 1e-9:\n    pass\n"
        "h = 2 * y\nz = 1.0\n# crosscheck: k = d(z ** 2) / d(z)\nk = 2 * z"
    )
    after = "q = 1.0\n# crosscheck: p = d(q ** 3) / d(q)\np = 3 * q ** 2"
    report = verified(write(tmp_path, python(BEFORE, hangs, after)), limits=LIMITS)
    verdicts = [c.finding.verdict for c in report.claims]
    assert verdicts == [Verdict.AGREE, Verdict.INCONCLUSIVE, Verdict.AGREE, Verdict.AGREE]
    assert "took more than" in report.claims[1].finding.reason
    assert not report.errors


def test_a_shape_that_is_not_the_variables_disagrees(tmp_path: Path) -> None:
    book = "import numpy as np\nx = np.ones((3, 1))\n# crosscheck: g = d(np.sum(x ** 2)) / d(x)\n"
    report = verified(write(tmp_path, python(f"{book}g = (2 * x).ravel()")))
    assert wrong(report) == ["g"]
    assert report.claims[0].differences == ()
