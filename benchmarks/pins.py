"""The pinned versions of the frameworks, and whether a kept result was made with them."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from benchmarks import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping


def pins() -> dict[str, str]:
    """Return the framework's versions in pyproject.toml: name -> version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pinned = (one.partition("==") for one in project["dependency-groups"]["frameworks"])
    return {name: version for name, _, version in pinned}


def made_with(record: Mapping[str, Any]) -> dict[str, str]:
    """Return the versions with which a result in benchmarks/results/ was made."""
    kept: dict[str, str] = record.get("versions") or record["machine"]
    return kept


def outdated(record: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Return the frameworks of a kept result with another version: name -> (its version, pin).

    A local version is the same: "2.13.0+cpu" is 2.13.0 from another index.
    """
    kept = made_with(record)
    return {
        name: (kept[name], pin)
        for name, pin in pins().items()
        if kept[name].partition("+")[0] != pin
    }
