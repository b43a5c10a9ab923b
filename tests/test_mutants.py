"""Every listed equivalent mutant is of a line that exists."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from tests.mutants import CONFIG, LISTED, MODULES, ROOT

ENTRIES = tomllib.loads(LISTED.read_text(encoding="utf-8"))["equivalent"]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["before"])
def test_an_equivalent_mutant_is_of_a_line_of_its_module(entry: dict[str, Any]) -> None:
    assert entry["module"] in MODULES
    source = (ROOT / entry["module"]).read_text(encoding="utf-8")
    assert entry["before"] in {line.strip() for line in source.splitlines()}
    assert entry["reason"]


def test_the_mutated_modules_and_their_tests_exist() -> None:
    command = CONFIG.partition('test-command = "')[2].partition('"')[0].split()
    paths = [word for word in command if "/" in word or word == "reference"]
    assert len(paths) >= 4
    assert all((ROOT / path).exists() for path in [*MODULES, *paths])
