"""Every kept result has its versions; a result with others than the pinned ones is found."""

from __future__ import annotations

import json

import pytest

from benchmarks import RESULTS
from benchmarks.pins import made_with, outdated, pins

KEPT = sorted(path.name for path in RESULTS.glob("*.json"))


@pytest.mark.parametrize("name", KEPT)
def test_a_kept_result_has_its_versions(name: str) -> None:
    record = json.loads((RESULTS / name).read_text(encoding="utf-8"))
    assert {"python", "numpy", *pins()} <= made_with(record).keys()


@pytest.mark.parametrize("name", KEPT)
def test_a_kept_result_was_made_with_the_pinned_frameworks(name: str) -> None:
    record = json.loads((RESULTS / name).read_text(encoding="utf-8"))
    assert outdated(record) == {}


def test_another_version_is_found() -> None:
    kept = {"python": "3.11", **pins()}
    assert outdated({"versions": kept}) == {}
    assert outdated({"machine": {**kept, "torch": f"{pins()['torch']}+cpu"}}) == {}
    older = {**kept, "jax": "0.1"}
    assert outdated({"versions": older}) == {"jax": ("0.1", pins()["jax"])}
