"""An oracle in its own process: it answers, or says why not; the others go on."""

from __future__ import annotations

import io
import pickle
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from crosscheck.core.types import Point, Request
from crosscheck.errors import OracleUnavailableError
from crosscheck.examples import oracle_process, worker
from crosscheck.examples.oracle_process import oracle_processes
from crosscheck.examples.oracles import ORACLES
from crosscheck.workers import child
from tests.missing import without

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

REQUEST = Request("square", (Point({"x": np.array(3.0)}, {}),), "float64")


@pytest.mark.parametrize("name", ORACLES)
def test_a_process_says_what_the_framework_says(name: str) -> None:
    steps = Request("guess_number", (Point({"guess": np.array(1.0)}, {"target": np.array(5.0)}),),
                    "float64")  # fmt: skip
    with oracle_processes([name]) as started:
        for requests in ([REQUEST], [steps, REQUEST]):
            answer, expected = started[name](requests), ORACLES[name](requests)
            for got, wanted in zip(answer, expected, strict=True):
                assert got[0].keys() == wanted[0].keys()
                for quantity, array in wanted[0].items():
                    np.testing.assert_allclose(got[0][quantity], array, rtol=1e-15)


def test_a_framework_that_is_not_installed_is_named_with_the_cure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without(monkeypatch, "jax")
    with (
        oracle_processes(["JAX"]) as started,
        pytest.raises(OracleUnavailableError, match=r"JAX is not installed; .*pip install"),
    ):
        started["JAX"]([REQUEST])


def speaking(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Let every oracle's process run this code instead."""
    monkeypatch.setattr(child, "COMMAND", code)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("raise SystemExit('out of order')", "JAX stopped with status 1 .*: out of order"),
        ("import os; os._exit(7)", "JAX stopped with status 7 .*: it wrote nothing to stderr"),
        ("print('noise', flush=True); input()", "JAX stopped with status -9 before it answered"),
    ],
)
def test_a_process_that_dies_is_reported_with_its_last_words(
    monkeypatch: pytest.MonkeyPatch, code: str, says: str
) -> None:
    speaking(monkeypatch, code)
    with (
        oracle_processes(["JAX"]) as started,
        pytest.raises(OracleUnavailableError, match=says),
    ):
        started["JAX"]([REQUEST])


def test_a_process_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    speaking(monkeypatch, "import time; time.sleep(60)")
    monkeypatch.setattr(oracle_process, "PATIENCE", 0.3)
    with (
        oracle_processes(["JAX"]) as started,
        pytest.raises(OracleUnavailableError, match="JAX stopped with status -9"),
    ):
        started["JAX"]([REQUEST])


def test_a_framework_that_fails_is_reported_with_its_traceback() -> None:
    unknown = REQUEST._replace(example="no_such_example")
    with oracle_processes(["JAX"]) as started:
        with pytest.raises(OracleUnavailableError, match=r"(?s)JAX failed: .*no_such_example"):
            started["JAX"]([unknown])
        assert started["JAX"]([REQUEST])[0][0]["loss"] == 9.0  # and the process lives on


def test_an_example_folder_full_of_traps_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for trap in ("crosscheck", "numpy", "jax", "pickle"):
        (tmp_path / f"{trap}.py").write_text("raise SystemExit('a trap')")
    monkeypatch.chdir(tmp_path)
    with oracle_processes(["JAX"]) as started:
        assert started["JAX"]([REQUEST])[0][0]["grad x"] == 6.0


def test_answers_are_not_mixed_with_what_a_framework_prints(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def talkative(_: Sequence[Request]) -> Any:
        print("WARNING: no GPU found")
        return [[{"loss": np.array(9.0)}]]

    monkeypatch.setitem(ORACLES, "JAX", talkative)
    answers = io.BytesIO()
    worker.answer_all("JAX", io.BytesIO(pickle.dumps([REQUEST])), answers)
    answers.seek(0)
    assert pickle.load(answers) == ("answer", [[{"loss": np.array(9.0)}]])
    assert not answers.read()


def test_the_compiler_stays_away_and_comes_when_called(monkeypatch: pytest.MonkeyPatch) -> None:
    real = object()
    for name in [name for name in sys.modules if name.startswith("torch._dynamo")]:
        monkeypatch.delitem(sys.modules, name)
    worker.without_compiler()
    standin: Any = sys.modules["torch._dynamo"]
    assert standin.disable(real) is real
    assert standin.disable(real, recursive=False) is real
    assert standin.graph_break() is None
    with pytest.raises(AttributeError):
        _ = standin.__path__
    monkeypatch.setattr("importlib.import_module", lambda name: type(name, (), {"x": real}))
    assert standin.x is real
    assert "torch._dynamo" not in sys.modules
