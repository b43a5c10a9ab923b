"""Executors: fresh processes here, and a Dask cluster's errors."""

from __future__ import annotations

import os
import signal
import sys
from concurrent.futures.process import BrokenProcessPool

import pytest

from crosscheck.errors import CrosscheckError, UnreachableError
from crosscheck.workers import executors


def settings() -> tuple[int, bool, str]:
    """Return what a worker is like."""
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    return os.getpid(), ignored, os.environ["JAX_PLATFORMS"]


def test_work_runs_in_fresh_processes() -> None:
    before = "torch" in sys.modules, os.environ.get("JAX_PLATFORMS")
    with executors.processes(1) as pool:
        pid, ignored, platforms = pool.submit(settings).result()
        assert pool.submit(settings).result()[0] == pid
    assert pid != os.getpid()
    assert ignored
    assert platforms == "cpu"
    assert ("torch" in sys.modules, os.environ.get("JAX_PLATFORMS")) == before


def test_an_exception_is_handed_back_and_the_pool_goes_on() -> None:
    with executors.processes(1) as pool:
        with pytest.raises(ValueError, match="invalid literal"):
            pool.submit(int, "x").result()
        assert pool.submit(int, "3").result() == 3


def test_a_worker_that_dies_breaks_its_pool_alone() -> None:
    with executors.processes(1) as pool, pytest.raises(BrokenProcessPool):
        pool.submit(os._exit, 3).result()
    with executors.processes(1) as pool:
        assert pool.submit(int, "3").result() == 3


def test_work_that_has_not_begun_is_cancelled() -> None:
    with executors.processes(1) as pool:
        futures = [pool.submit(os.getpid) for _ in range(200)]
    assert all(future.done() for future in futures)


def test_a_scheduler_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(executors, "PATIENCE", 0.5)
    with pytest.raises(UnreachableError, match="nowhere") as caught, executors.cluster("nowhere"):
        pass
    assert isinstance(caught.value, CrosscheckError)


def test_distributed_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(UnreachableError, match=r"pip install .*\[cluster\]"),
        executors.cluster("tcp://127.0.0.1:1"),
    ):
        pass
