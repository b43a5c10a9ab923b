"""A framework that is not there, in a test."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from crosscheck.frameworks import FRAMEWORKS, ORACLES

if TYPE_CHECKING:
    import pytest


def without(monkeypatch: pytest.MonkeyPatch, *keys: str) -> None:
    """Let frameworks be as if they were not installed."""
    for key in keys:
        gone = dataclasses.replace(FRAMEWORKS[key], module=f"no_such_{key}")
        monkeypatch.setitem(FRAMEWORKS, key, gone)
        monkeypatch.setitem(ORACLES, key, gone)
