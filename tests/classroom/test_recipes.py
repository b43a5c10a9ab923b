"""The recipes of docs/classrooms.md, in real graders, where those are installed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import crosscheck

ROOT = Path(crosscheck.__file__).parents[1]
PAGE = (ROOT / "docs" / "classrooms.md").read_text(encoding="utf-8")
FOUND = re.findall(r"```python\n(# ([^\n]+)\n.*?)```", PAGE, re.DOTALL)
BLOCKS = {name: code for code, name in FOUND}
# one framework is enough for what is tested here
COURSE = BLOCKS["course.py"].replace("hint=hint)", 'hint=hint, oracles=["torch"])')
HALF = """
import numpy as np

def gradient(W, b, X, Y):
    a = np.tanh(X @ W + b)
    dz = 2 * (a - Y) / Y.size * (1 - a**2)
    return {"W": X.T @ dz, "b": 2 * dz.sum(axis=0)}
"""
FIRST = "crosscheck: DISAGREE: course.py:12: X @ W + b: scaled (grad b)"


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "q1.py").write_text(BLOCKS["tests/q1.py"])
    (tmp_path / "course.py").write_text(COURSE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "course", raising=False)
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{tmp_path}")
    return tmp_path


def submitted() -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(HALF, names)  # noqa: S102 - a submission
    return names


@pytest.mark.usefixtures("course")
def test_otter_gives_points_for_each_gradient() -> None:
    otter = pytest.importorskip("otter.test_files.exception_test")
    test = otter.ExceptionTestFile.from_file(str(Path("tests") / "q1.py"))
    test.run(submitted())
    passed = {case.test_case.name: case.passed for case in test.test_case_results}
    assert passed == {"gradient of W": True, "gradient of b": False}
    assert (test.score, test.possible) == (1, 2)
    assert FIRST in test.test_case_results[1].message


@pytest.mark.usefixtures("course")
def test_nbgrader_takes_the_score_as_partial_credit() -> None:
    utils = pytest.importorskip("nbgrader.utils")
    import nbformat
    from nbclient import NotebookClient

    cells = [nbformat.v4.new_code_cell(source) for source in (HALF, BLOCKS["a test cell"])]
    cells[1].metadata["nbgrader"] = {"grade": True, "solution": False, "points": 4, "grade_id": "q"}
    NotebookClient(nbformat.v4.new_notebook(cells=cells), timeout=120).execute()
    assert utils.determine_grade(cells[1]) == (2.0, 4.0)
    [printed] = [output for output in cells[1].outputs if output.output_type == "stream"]
    assert printed.text.startswith("crosscheck: DISAGREE: scaled (grad b)")
    assert "course.py" not in printed.text


def test_prairielearn_gets_its_results(course: Path) -> None:
    (course / "student").mkdir()
    (course / "student" / "network.py").write_text(HALF)
    (course / "tests" / "course.py").write_text(COURSE)
    (course / "tests" / "grade.py").write_text(BLOCKS["tests/grade.py"])
    subprocess.run([sys.executable, "tests/grade.py", str(course)], check=True, capture_output=True)
    results = json.loads((course / "results" / "results.json").read_text())
    assert results["gradable"] is True
    assert results["score"] == results["tests"][0]["points"] == 0.5
    assert results["message"] == FIRST.replace("course.py", "tests/course.py")
    assert results["output"].startswith(results["message"])


def test_the_page_shows_what_is_printed() -> None:
    sample = "crosscheck: DISAGREE: network.py:4: np.tanh: derivative left out (grad W, grad b)"
    assert sample in PAGE
    assert set(BLOCKS) == {"course.py", "tests/q1.py", "a test cell", "tests/grade.py"}
