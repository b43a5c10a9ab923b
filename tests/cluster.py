"""A Dask cluster on loopback, for the tests of what runs on one."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import crosscheck

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(crosscheck.__file__).parents[1]


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a real scheduler and two workers on loopback."""
    pytest.importorskip("distributed")
    where = tmp_path / "scheduler.json"
    python = [sys.executable, "-m"]
    scheduler = [*python, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    worker = [*python, "distributed.cli.dask_worker", "--scheduler-file", str(where)]
    quiet: Any = {"cwd": ROOT, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    started = [
        subprocess.Popen([*scheduler, "--no-dashboard", "--scheduler-file", str(where)], **quiet)
    ]
    try:
        until(where.exists)
        started += [
            subprocess.Popen(
                [*worker, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny",
                 "--no-dashboard", "--local-directory", str(tmp_path)],
                **quiet,
            )
            for _ in range(2)
        ]  # fmt: skip
        yield json.loads(where.read_text(encoding="utf-8"))["address"], started[1:]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def until(happened: Any, patience: float = 300) -> None:
    """Wait for something; fail when it does not come."""
    end = time.monotonic() + patience
    while not happened():
        assert time.monotonic() < end, "timed out"
        time.sleep(0.1)
