"""What is given to agents as it is: its links lead somewhere, its names are there."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

import crosscheck

ROOT = Path(crosscheck.__file__).parents[1]
SKILL = (ROOT / "SKILL.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["SKILL.md", "llms.txt"])
def test_every_link_leads_somewhere(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)]+)\)", text)
    assert all((ROOT / target).exists() for target in targets)
    assert (len(targets) > 10) is (name == "llms.txt")


def test_the_skill_has_its_front_matter() -> None:
    _, front, _ = SKILL.split("---\n", 2)
    assert yaml.safe_load(front).keys() == {"name", "description"}


def test_what_the_skill_names_is_there() -> None:
    functions = set(re.findall(r"\b(certify\w*|check_\w+)\b", SKILL))
    assert functions <= set(crosscheck.__all__)
    schema = json.loads(files("crosscheck.report").joinpath("certificate.schema.json").read_text())
    properties = {*schema["properties"]}
    for name in ("finding", "diagnosis", "cause", "place"):
        properties |= {*schema["$defs"][name]["properties"]}
    named = re.findall(r"^\* .*", SKILL, re.MULTILINE)
    words = {word for line in named for word in re.findall(r"`([a-z_]+)`", line)}
    assert words
    assert words <= properties
    statuses = schema["properties"]["exit_status"]["enum"]
    assert all(re.search(rf"\b{status} [A-Z]", SKILL) for status in statuses)
