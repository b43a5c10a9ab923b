"""The stages of `certify`: their functions exist, and one that does not is told."""

from __future__ import annotations

import pytest

from benchmarks import network, stages

CASE = network.case(100)


def test_every_stage_runs_and_the_shares_are_the_whole() -> None:
    found = stages.stages(CASE)
    assert list(found) == [*stages.STAGES, "the rest"]
    assert all(row["calls"] >= 1 and row["seconds"] >= 0 for row in found.values())
    assert sum(row["share"] for row in found.values()) == pytest.approx(1)


def test_a_function_that_was_renamed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(stages.STAGES, "judging", ("crosscheck/evidence.py", "judgment"))
    with pytest.raises(LookupError, match=r"'judging' is judgment of .*evidence\.py"):
        stages.stages(CASE)
