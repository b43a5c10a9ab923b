"""Copies with a limit, what tells calls apart, and the settings of a project."""

from __future__ import annotations

import pickle
import sys
import threading
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from crosscheck.discover.settings import MEBIBYTE, SettingsError, settings
from crosscheck.discover.storing import TooLargeError, importable, signature, state, stored

if TYPE_CHECKING:
    from pathlib import Path


def test_a_copy_keeps_values_and_nothing_of_this_process() -> None:
    local = threading.local()
    local.x = 1
    values = {"a": np.arange(3.0), "f": lambda x: x + 1, "lock": threading.Lock(), "local": local}
    copy = pickle.loads(stored({**values, "rlock": threading.RLock()}, MEBIBYTE))
    assert copy["a"].tolist() == [0, 1, 2]
    assert copy["f"](1) == 2
    assert copy["f"].__code__.co_filename == __file__
    assert copy["local"].x == 1
    assert copy["lock"].acquire(blocking=False)


def test_a_large_copy_is_refused() -> None:
    with pytest.raises(TooLargeError, match="larger than 1 MiB"):
        stored(np.zeros(MEBIBYTE), MEBIBYTE)


def test_what_no_other_process_can_import_comes_by_value(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("made_up")
    exec("def f(x):\n    return 2 * x", vars(module))  # noqa: S102 - our own source
    monkeypatch.setitem(sys.modules, "made_up", module)
    module.__file__ = "/nowhere/made_up.py"
    assert not importable(module)
    copy = stored(module.f, MEBIBYTE, [module])
    monkeypatch.delitem(sys.modules, "made_up")
    assert pickle.loads(copy)(2) == 4


def test_what_can_be_imported_is_known() -> None:
    assert importable(sys)
    assert importable(np)
    assert importable(np.linalg)
    assert not importable(None)
    assert not importable(sys.modules["__main__"])


class Holder:
    def __init__(self, **values: Any) -> None:
        self.__dict__ |= values


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        (np.zeros(3), np.ones(3), False),
        (np.zeros(3), np.zeros(4), True),
        (np.zeros(3), np.zeros(3, np.float32), True),
        (1.0, 2.0, False),
        (True, False, True),
        ("a", "b", True),
        ([np.zeros(2)], [np.zeros(3)], True),
        ({"a": 1}, {"b": 1}, True),
        (Holder(), Holder(x=1), False),
    ],
)
def test_calls_differ_by_shapes_and_switches(one: Any, other: Any, *, differ: bool) -> None:
    assert (signature(one) != signature(other)) is differ


def test_objects_differ_by_switches_and_shapes() -> None:
    assert state(Holder(a=1.0, m="x")) == state(Holder(a=2.0, m="x"))
    assert state(Holder(m="x")) != state(Holder(m="y"))
    assert state(3) == ()


def test_a_project_has_settings(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[tool.crosscheck.discover]\ncalls = 5\nmegabytes = 2\ntotal-megabytes = 9\n"
        'skip = ["m:f"]\npairs = {slope = "height"}\n'
    )
    found = settings(("p",), tmp_path, calls=None, seconds=4.0)
    assert (found.calls, found.seconds, found.skip) == (5, 4.0, ("m:f",))
    assert (found.largest, found.total) == (2 * MEBIBYTE, 9 * MEBIBYTE)
    assert found.watches("p.q")
    assert not found.watches("pq")
    assert not found.watches(None)
    assert settings(("p",), tmp_path / "none").calls == 3
    with pytest.raises(SettingsError, match="calls is 0"):
        settings(("p",), tmp_path, calls=0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("call = 3", "has 'call'; it takes calls"),
        ("calls = 0", "calls is 0; pass a number above 0"),
        ("calls = true", "calls is True; pass int"),
        ("pairs = []", r"pairs is \[\]; pass dict"),
        ("calls = ", "cannot be read"),
    ],
)
def test_a_bad_setting_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.crosscheck.discover]\n{text}\n")
    with pytest.raises(SettingsError, match=message):
        settings(("p",), tmp_path)
