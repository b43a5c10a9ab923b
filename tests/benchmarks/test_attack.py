"""The attack: its truth is true, a false verdict is counted, and a few cases of each kind hold."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from benchmarks.accuracy.attack import __main__ as attack
from benchmarks.accuracy.attack import judging, table
from benchmarks.accuracy.attack.case import Case, family
from benchmarks.accuracy.attack.cases import all_cases
from benchmarks.accuracy.attack.judging import Outcome, judge
from benchmarks.accuracy.attack.truth import truth

if TYPE_CHECKING:
    from pathlib import Path

KINDS = sorted({case.kind for case in all_cases()})
EACH = 2  # of every kind, right and wrong
# What a later rule has to close: the kept result lists them.
OPEN = {"exception", "false AGREE", "false DISAGREE"}


def a_case(**changes: Any) -> Case:
    """Return a right gradient of a sum of cubes."""
    case = Case("cubes", lambda w: np.sum(w**3), lambda w: 3 * w**2, {"w": np.array([1.0, -2.0])})
    return dataclasses.replace(case, **changes)


def test_the_truth_of_a_right_gradient_is_rounding() -> None:
    assert truth(a_case()).error < 1e-15


def test_the_truth_of_a_wrong_gradient_is_its_error() -> None:
    wrong = a_case(gradient=lambda w: 3 * w**2 * (1 + 1e-9), mistake="1e-9")
    assert truth(wrong).error == pytest.approx(1e-9, rel=1e-5)


def test_the_truth_at_a_kink_is_a_set() -> None:
    kink = {"loss": lambda w: np.sum(np.abs(w)), "params": {"w": np.zeros(2)}, "is_kink": True}
    inside, outside = (
        truth(a_case(gradient=lambda w, s=s: np.where(w == 0, s, np.sign(w)), **kink)).errors[
            "kink"
        ]
        for s in (0.3, 1.5)
    )
    assert inside <= 1e-9
    assert outside > 0.1


def test_a_case_that_says_the_contrary_of_the_truth_is_broken() -> None:
    assert judge(a_case(mistake="none")).result == judging.BROKEN
    assert judge(a_case(gradient=lambda w: 2 * w)).result == judging.BROKEN


@pytest.mark.parametrize(
    ("verdict", "mistake", "result"),
    [
        ("AGREE", "", "held"),
        ("DISAGREE", "", "false DISAGREE"),
        ("AGREE", "half", "false AGREE"),
        ("DISAGREE", "half", "held"),
        ("INCONCLUSIVE", "half", "inconclusive"),
    ],
)
def test_a_false_verdict_is_counted(
    verdict: str, mistake: str, result: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Said:
        diagnosis = None
        findings = ()

        def __str__(self) -> str:
            return "…"

    said: Any = Said()
    said.verdict = verdict
    monkeypatch.setattr(judging, "_certified", lambda _: said)
    gradient = (lambda w: 1.5 * w**2) if mistake else (lambda w: 3 * w**2)
    assert judge(a_case(gradient=gradient, mistake=mistake)).result == result


def test_a_wrong_name_is_counted() -> None:
    wrong = a_case(gradient=lambda w: -3 * w**2, mistake="sign")
    assert judge(dataclasses.replace(wrong, called="sign|-1")).result == "held"
    assert judge(dataclasses.replace(wrong, called="bias")).result == "wrong name"


def test_a_mistake_below_the_resolution_is_stated() -> None:
    wrong = a_case(gradient=lambda w: 3 * w**2 * (1 + 1e-13), mistake="1e-13", tolerance=1e-14)
    assert judge(wrong).result == "limit stated"


def test_there_are_as_many_cases_as_were_promised() -> None:
    cases = all_cases()
    assert len(cases) >= 300
    right = sum(not case.mistake for case in cases)
    assert 0.25 < right / len(cases) < 0.6
    assert len({(case.kind, case.name) for case in cases}) == len(cases)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_few_cases_of_each_kind(kind: str) -> None:
    cases = [case for case in all_cases() if case.kind == kind]
    for is_right in (True, False):
        for case in [c for c in cases if (not c.mistake) is is_right][:EACH]:
            assert judge(case).result in {*judging.ALLOWED, *OPEN}, case.name


def test_the_record_has_every_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = family(
        "f", a_case().loss, {"w": np.ones(2)}, None, {"a": abs, "b": abs}, kind="k"
    )
    right, wrong = (True, 0.0, 0.0), (False, 1.0, 0.0)
    outcomes = [
        Outcome("k", first.name, *right, "AGREE", "held", "", "long", is_easy=True),
        Outcome("k", second.name, *wrong, "AGREE", "false AGREE", "", "said", is_easy=True),
    ]
    monkeypatch.setattr(attack, "all_cases", lambda: (first, second))
    monkeypatch.setattr(attack, "outcomes", lambda chosen, _: [outcomes[i] for i in chosen])
    kept = tmp_path / "attack.json"
    assert attack.main(["--json", str(kept), "--name", "a"]) == 0
    assert attack.main(["--json", str(kept), "--resume"]) == 1
    record = json.loads(kept.read_text(encoding="utf-8"))
    assert record["kinds"] == {"k": {"right": {"held": 1}, "wrong": {"false AGREE": 1}}}
    assert [one["name"] for one in table.violations(record)] == ["f: b"]
    assert "FALSE AGREE: k: f: b" in capsys.readouterr().out
