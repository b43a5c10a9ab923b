"""Reports are written whole or not at all, and nothing else is touched."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from crosscheck.report.files import write

if TYPE_CHECKING:
    from pathlib import Path


def test_a_report_that_cannot_be_written_leaves_the_former_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.json"
    write(path, "first \ud800")
    assert path.read_text(encoding="utf-8") == "first ?"
    assert path.stat().st_mode & 0o444 == 0o444 & ~os.umask(os.umask(0o22))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write(path, "second")
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]
    assert path.read_text(encoding="utf-8") == "first ?"


def test_what_a_link_points_to_stays(tmp_path: Path) -> None:
    kept, link = tmp_path / "kept", tmp_path / "link"
    kept.write_text("mine", encoding="utf-8")
    link.symlink_to(kept)
    write(link, "report")
    assert (kept.read_text(encoding="utf-8"), link.read_text(encoding="utf-8")) == (
        "mine",
        "report",
    )


def test_a_device_is_written_to() -> None:
    from pathlib import Path

    write(Path(os.devnull), "report")
    assert not Path(os.devnull).is_file()
