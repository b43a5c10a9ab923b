"""`%%certify` in a shell of IPython, without a kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from crosscheck import Certificate, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

CELL = """%%certify --params w
import numpy as np
w, x = np.array([0.5, 2.0]), np.array([1.0, 3.0])
def loss(w, x, scale=1.0):
    return np.sum(w**2 * x)
def gradient(w, x):
    return {} * w * x
"""


@pytest.fixture
def shell(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    made: Any = InteractiveShell.instance()
    made.history_manager.enabled = False
    made.run_cell("%load_ext crosscheck")
    yield made
    InteractiveShell.clear_instance()


def run(shell: Any, cell: str) -> Any:
    return shell.run_cell(cell)


def test_a_cell_is_certified_when_it_runs(shell: Any) -> None:
    right, wrong = (run(shell, CELL.format(factor)).result for factor in (2, 3))
    assert isinstance(right, Certificate)
    assert right.verdict is Verdict.AGREE
    assert wrong.verdict is Verdict.DISAGREE
    place = wrong.diagnosis.explanations[0][0].places[0]
    assert place.text in "np.sum(w**2 * x)"
    later = run(shell, "%%certify --params w --gradient other --hint none\nother = gradient")
    assert later.result.hint == "none"


def test_what_is_missing_is_said(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for cell, said in (
        ("%%certify --params w\nloss = 1", "the notebook has no 'gradient'"),
        ("%%certify\n1", "the following arguments are required: --params"),
        ("%%certify --params w\n1 / 0", "ZeroDivisionError"),
    ):
        result = run(shell, cell)
        assert result.result is None
        captured = capsys.readouterr()
        assert said in captured.out + captured.err
