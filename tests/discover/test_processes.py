"""Judging in a process of our own: what it sends, and what is said where it fails."""

from __future__ import annotations

import io
import json
import os
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crosscheck.discover import child, processes
from crosscheck.discover.candidates import Call, Candidate, Place
from crosscheck.discover.jobs import How, Job, found, owner_of
from crosscheck.discover.names import Pair
from crosscheck.discover.processes import job_of, judge_all, result_of
from crosscheck.discover.results import IDLE, RIGHT, UNKNOWN, WRONG

TOY = "tests.discover.toy"
HOW = How(60.0, ("torch",))


def candidate(name: str = "loss_grad", function: str = "loss", *calls: Any) -> Candidate:
    kept = [Call(name, pickle.dumps(((call,), {})), str(np.shape(call))) for call in calls]
    return Candidate(TOY, "", Pair(name, (function,)), Place("toy.py", 1), kept)


def test_a_process_judges_and_is_ended_where_it_hangs_or_dies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processes, "GRACE", 0.0)
    names: list[str] = []
    hanging = candidate("hang", "loss", np.ones(2))
    dying = candidate("die", "loss", np.ones(2))
    right = candidate("loss_grad", "loss", np.ones(2))
    how = How(3.0, ("numpy",))
    results = judge_all([candidate(), right, hanging, dying], how, names.append)
    assert [r.verdict for r in results] == [IDLE, RIGHT, UNKNOWN, UNKNOWN]
    assert results[2].reason == "the time limit was reached"
    assert "its process ended" in results[3].reason
    assert len(names) == 4


def test_the_process_answers_line_by_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    job = pickle.dumps(job_of(candidate("loss_grad", "loss", np.ones(2)), HOW))

    class Stdin:
        buffer = io.BytesIO(len(job).to_bytes(8, "big") + job)

    out = tmp_path / "out"
    saved = os.dup(1), str(Path.cwd()), list(sys.path)
    handle = os.open(out, os.O_WRONLY | os.O_CREAT)
    monkeypatch.setattr(sys, "stdin", Stdin)
    os.dup2(handle, 1)
    try:
        child.main(saved[1], "somewhere")
    finally:
        os.dup2(saved[0], 1)
        os.close(handle)
        os.close(saved[0])
        os.chdir(saved[1])
        sys.path[:] = saved[2]
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert lines[0] == {"ready": True}
    assert lines[1]["verdict"] == RIGHT
    assert lines[2] == {"end": True}


def shown(*verdicts: str) -> list[dict[str, Any]]:
    return [{"verdict": verdict, "reason": f"because {verdict}"} for verdict in verdicts]


@pytest.mark.parametrize(
    ("sizes", "verdicts", "verdict"),
    [
        ((2, 3), (RIGHT, WRONG), WRONG),
        ((2, 2), (RIGHT, WRONG), UNKNOWN),
        ((2, 2, 3), (RIGHT, WRONG, WRONG), WRONG),
        ((2, 3), (UNKNOWN, RIGHT), RIGHT),
        ((2, 3), (UNKNOWN, UNKNOWN), UNKNOWN),
    ],
)
def test_calls_are_summed_up(
    sizes: tuple[int, ...], verdicts: tuple[str, ...], verdict: str
) -> None:
    one = candidate("loss_grad", "loss", *(np.ones(size) for size in sizes))
    assert result_of(one, shown(*verdicts), 0.0).verdict == verdict


def test_what_could_not_be_kept_is_unknown() -> None:
    one = candidate()
    one.problem = "too large"
    assert "too large" in result_of(one, [], 0.0).reason


def test_functions_that_came_by_value_are_found() -> None:
    own = pickle.dumps({"f": len})
    job = Job("none", "", "f", (), "first", (), own, HOW)
    assert found(job, "f") is len
    kind = pickle.dumps(Place)
    job = Job("none", "Place", "f", (), "first", (), kind, HOW)
    assert owner_of(job) is Place
    assert found(job, "__str__") is Place.__str__
