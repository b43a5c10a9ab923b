"""The comparison with other rules tells a right kernel from a wrong one by ours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.accuracy.kernels.rules import GRADCHECK, OURS, main

if TYPE_CHECKING:
    from pathlib import Path


def test_the_rules_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    assert main(["--kernel", "swiglu", "--json", str(path)]) == 0
    kept = json.loads(path.read_text("utf-8"))
    wrong = sum(bool(row["mistake"]) for row in kept["rows"])
    assert kept["rules"][OURS] == {
        "right": {"pass": 1, "fail": 0},
        "wrong": {"pass": 0, "fail": wrong},
    }
    # what is wrong in one low precision alone, gradcheck cannot see
    assert kept["rules"][GRADCHECK]["wrong"]["pass"] == 2
