"""The diagnosis of planted mistakes: it is right on a few networks, and a wrong name is counted."""

from __future__ import annotations

import dataclasses
import functools
import json
from concurrent.futures import ThreadPoolExecutor
from math import nan
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.accuracy.diagnosis import judging
from benchmarks.accuracy.diagnosis.__main__ import main
from benchmarks.accuracy.diagnosis.answers import ANSWERS, Answer
from benchmarks.accuracy.diagnosis.judging import (
    RIGHT,
    SEVERAL,
    UNKNOWN,
    WRONG,
    Outcome,
    graded,
    judge,
)
from benchmarks.accuracy.diagnosis.mutants import Mutant, mutants
from benchmarks.accuracy.diagnosis.networks import NETWORKS, draw
from benchmarks.accuracy.diagnosis.table import total
from benchmarks.accuracy.networks.mistakes import MISTAKES
from crosscheck.certification.diagnose import diagnose_findings
from crosscheck.diagnosis import Diagnosis, undiagnosed
from crosscheck.diagnosis.wording import Cause
from crosscheck.ir.recording import Expression

if TYPE_CHECKING:
    from pathlib import Path

HERE = functools.partial(ThreadPoolExecutor, 1)
ATTENTION, RESIDUAL, TIED = 30, 21, 38  # numbers of networks that are quickly done


@pytest.fixture(scope="module", params=[ATTENTION, RESIDUAL, TIED])
def outcomes(request: pytest.FixtureRequest) -> list[Outcome]:
    return judge(0, request.param)


def test_no_name_is_wrong(outcomes: list[Outcome]) -> None:
    assert not [outcome for outcome in outcomes if outcome.result == WRONG]
    assert {outcome.result for outcome in outcomes if not outcome.catalogue} == {UNKNOWN}
    named = [outcome for outcome in outcomes if outcome.result == RIGHT]
    assert len(named) >= 0.9 * sum(outcome.catalogue for outcome in outcomes)


def test_all_are_counted(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    outcomes: list[Outcome],
) -> None:
    named = [outcome for outcome in outcomes if outcome.result in {RIGHT, UNKNOWN}]
    monkeypatch.setattr(judging, "judge", lambda *_: named)
    kept, ledger = tmp_path / "diagnosis.json", tmp_path / "ledger"
    arguments = ["--nets", "3", "--json", str(kept), "--resume", str(ledger)]
    assert main(arguments, executor=HERE) == 0
    counted = kept.read_text(encoding="utf-8")
    monkeypatch.setattr(judging, "judge", None)  # would be called
    assert main(arguments, executor=HERE) == 0
    assert json.loads(counted)["mistakes"] == json.loads(kept.read_text("utf-8"))["mistakes"]
    assert main([*arguments, "--seed", "1"], executor=HERE) == 2
    record = json.loads(kept.read_text(encoding="utf-8"))
    known, other = (total(record[name]) for name in ("mistakes", "unknown mistakes"))
    assert known[RIGHT] == total(record["families"])[RIGHT] >= 30
    assert other[UNKNOWN] == other.total() >= 6
    assert f"| all | 0 | 0 | {other.total()} | 0 | {other.total()} |" in capsys.readouterr().out


def spoiled(found: Diagnosis, **changes: Any) -> Diagnosis:
    """Return a diagnosis whose causes say something else; one of its own where it says nothing."""
    causes = found.explanations or ((Cause("scaled", "its gradient is multiplied by 2", (), 1.0),),)
    others = tuple(tuple(dataclasses.replace(c, **changes) for c in each) for each in causes)
    return dataclasses.replace(found, explanations=others)


@pytest.mark.parametrize(
    "changes", [{"kind": "of my own"}, {"places": (Expression("loss.py", 1, 0, "def"),)}]
)
def test_a_wrong_name_and_a_wrong_line_are_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], changes: dict[str, Any]
) -> None:
    def wrong(*args: Any) -> dict[str, Diagnosis]:
        return {name: spoiled(found, **changes) for name, found in diagnose_findings(*args).items()}

    monkeypatch.setattr(judging, "diagnose_findings", wrong)
    outcomes = judge(0, TIED)
    assert {outcome.result for outcome in outcomes} == {WRONG}
    monkeypatch.setattr(judging, "judge", lambda *_: outcomes)
    assert main(["--nets", "1"], executor=HERE) == 1
    assert f"network {outcomes[0].net}, {outcomes[0].kind}: WRONG: " in capsys.readouterr().out


def test_silence_does_not_hold_the_claim(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    silent = [Outcome(0, "dense", "sign", catalogue, UNKNOWN) for catalogue in (True, False)]
    monkeypatch.setattr(judging, "judge", lambda *_: silent)
    assert main(["--nets", "1"], executor=HERE) == 1
    assert "| all | 0 | 0 | 1 | 0 | 1 |" in capsys.readouterr().out


def cause(kind: str = "scaled", size: float = 1.0, line: int = 7, name: str = "") -> Cause:
    """Return a cause on a line; without one where it names a parameter's gradient."""
    places = () if name else (Expression("zoo.py", line, 0, "X @ W"),)
    return Cause(kind, "twice", places, size, gradients=(name,) if name else ())


@pytest.mark.parametrize(
    ("explanations", "wrong", "grade"),
    [
        ([], ["grad W"], UNKNOWN),
        ([[cause()]], ["grad W", "grad b"], RIGHT),
        ([[cause(size=2.0)]], ["grad W"], WRONG),
        ([[cause(line=8)]], ["grad W"], WRONG),
        ([[cause(kind="turned")]], ["grad W"], WRONG),
        ([[cause(), cause()]], ["grad W"], WRONG),
        ([[cause(kind="turned")], [cause()]], ["grad W"], SEVERAL),
        ([[cause(name="W")]], ["grad W"], RIGHT),
        ([[cause(name="b")]], ["grad W"], WRONG),
        ([[cause(name="W")]], ["grad W", "grad b"], WRONG),
    ],
)
def test_a_diagnosis_is_graded(
    explanations: list[list[Cause]], wrong: list[str], grade: str
) -> None:
    mutant = Mutant("×2", dict, (Answer("scaled", 1.0, "twice"),), frozenset({("zoo.py", 7)}))
    found = Diagnosis(tuple(map(tuple, explanations)), "W", "", 9, complete=True)
    assert graded(mutant, wrong, found) == grade


def test_a_diagnosis_that_failed_is_wrong() -> None:
    mutant = Mutant("×2", dict, (), frozenset())
    assert graded(mutant, ["grad W"], undiagnosed(["W"], "none could be made")) == WRONG


def test_every_mistake_has_an_answer_and_a_line_and_every_other_has_none() -> None:
    kinds = {mistake.kind for table in MISTAKES.values() for mistake in table if mistake.lines}
    for index in range(len(NETWORKS)):
        for mutant in mutants(draw(0, index), 0):
            has_line = bool(mutant.lines) or mutant.kind == "coarse difference"
            assert bool(mutant.answers) == (has_line and mutant.kind in ANSWERS)
            kinds.discard(mutant.kind)
    assert not kinds
    assert Answer("scaled", nan).meets(cause())
