"""Many submissions in one run: each judged alone, whatever the others do."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from crosscheck.classroom.child import main as child_main
from crosscheck.classroom.child import result
from crosscheck.classroom.grade import grade
from crosscheck.cli import main
from crosscheck.errors import SpecError

CHECK = """
import numpy as np
from crosscheck import certify

def loss(w, b):
    return np.sum(w**2) + np.sum(b**3)

def check(submission):
    given = {"w": np.array([0.5, 2.0]), "b": np.ones(2)}
    how = {"oracles": ["numpy"], "diagnose": 0}
    return certify(loss, submission.gradient, given, **how)

def both(submission):
    return {"first": check(submission), "again": check(submission)}

def nothing(submission):
    return 3

empty = lambda submission: []
"""
RIGHT = "def gradient(w, b):\n    return {'w': 2 * w, 'b': 3 * b**2}\n"
SUBMISSIONS = {
    "crash": f"import os\nos.kill(os.getpid(), 11)\n{RIGHT}",
    "half": RIGHT.replace("2 * w", "w"),
    "noise": f"print('x' * 100)\nimport numpy\nnumpy.sum = None\n{RIGHT}",
    "right": RIGHT,
    "syntax": "def gradient(:\n",
}


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "check.py").write_text(CHECK)
    (tmp_path / "handed").mkdir()
    for name, text in SUBMISSIONS.items():
        (tmp_path / "handed" / f"{name}.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_crash_costs_one(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--json", "out.json", "--csv", "out.csv", "-j", "2"]
    assert main(["grade", "check.py:check", "handed", *given]) == 3
    grades = {Path(one["submission"]).stem: one for one in json.loads(Path("out.json").read_text())}
    assert list(grades) == sorted(SUBMISSIONS)
    verdicts = {name: (one["verdict"], one["score"]) for name, one in grades.items()}
    open_ = ("INCONCLUSIVE", 0.0)
    assert verdicts["right"] == ("AGREE", 1.0)
    assert verdicts["half"] == ("DISAGREE", 0.5)
    assert verdicts["crash"] == verdicts["syntax"] == open_
    assert grades["crash"]["message"].startswith("it crashed: killed by signal 11")
    endless = course / "loop.py"
    endless.write_text("while True: pass\n")
    [stopped] = grade("check.py:check", [endless], seconds=1)
    assert stopped.message == "stopped after 1 s"
    assert "syntax.py:1 raised SyntaxError" in grades["syntax"]["message"]
    assert grades["half"]["message"].startswith("crosscheck: DISAGREE by NumPy alone: grad w of")
    with Path("out.csv").open() as file:
        assert [row["score"] for row in csv.DictReader(file)][1:3] == ["0.5", "0"]
    assert "5 submissions: " in capsys.readouterr().out


@pytest.mark.usefixtures("course")
def test_a_check_that_cannot_be_run_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grade", "check.py:nothing", "handed/right.py"]) == 2
    assert "check.py:nothing returned int; return a certificate" in capsys.readouterr().err
    assert main(["grade", "check.py:nothing", "none"]) == 2
    assert "none is no Python file, and no folder" in capsys.readouterr().err
    assert main(["grade", "check.py:check", "handed/right.py", "--csv", "/dev/full"]) == 2


def told(check: str, name: str, hint: str = "full") -> dict[str, Any]:
    return result(f"check.py:{check}", Path("handed") / f"{name}.py", hint)


@pytest.mark.usefixtures("course")
def test_a_check_may_return_several(capfd: pytest.CaptureFixture[str]) -> None:
    several = told("both", "half", "none")
    assert several["score"] == 0.5
    assert several["message"].count("DISAGREE") == 2
    assert "hint='none'" in several["text"]
    with pytest.raises(SpecError, match="returned list"):
        told("empty", "right")
    wrong = Path("handed") / "none.py"
    wrong.write_text("")
    assert "AttributeError" in told("check", "none")["message"]
    assert capfd.readouterr().out == ""


def test_the_child_keeps_what_is_printed_apart(
    course: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (course / "loud.py").write_text(f"print('loud', flush=True)\n{RIGHT}")
    ends: list[tuple[int, int]] = []
    monkeypatch.setattr("os.dup2", lambda a, b: ends.append((a, b)))
    child_main("check.py:check", "loud.py", "full")
    assert ends == [(2, 1)]
    assert json.loads(capfd.readouterr().out.splitlines()[-1])["verdict"] == "AGREE"


@pytest.mark.slow
def test_every_submission_gets_its_own_grade(course: Path) -> None:
    kinds = ["crash" if i % 10 == 7 else ("right", "half")[i % 2] for i in range(20)]
    files = [course / "handed" / f"s{i}.py" for i in range(len(kinds))]
    for file, kind in zip(files, kinds, strict=True):
        file.write_text(SUBMISSIONS[kind])
    grades = grade("check.py:check", files, jobs=2)
    assert [one.submission for one in grades] == list(map(str, files))
    scores = {"right": 1.0, "half": 0.5, "crash": 0.0}
    assert [one.score for one in grades] == [scores[kind] for kind in kinds]
