"""The oracles answer side by side; the user's code stays in the thread that called."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from crosscheck import certify
from crosscheck.core.verdict import Verdict
from crosscheck.ir import jax_backend, torch_backend

if TYPE_CHECKING:
    from collections.abc import Callable

PARAMS = {"w": np.linspace(1.0, 2.0, 3)}


def test_only_the_frameworks_run_in_other_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: SimpleQueue[tuple[str, int]] = SimpleQueue()  # a list would be put back as it was
    met = {"PyTorch": threading.Event(), "JAX": threading.Event()}
    both = threading.Barrier(2, timeout=60)

    def noted(who: str, function: Callable[..., Any], *, meets: bool = False) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            if meets and not met[who].is_set():
                met[who].set()
                both.wait()  # neither goes on before the other has begun
            calls.put((who, threading.get_ident()))
            return function(*args, **kwargs)

        return run

    def collected() -> dict[str, set[int]]:
        found: dict[str, set[int]] = {}
        while not calls.empty():
            who, thread = calls.get()
            found.setdefault(who, set()).add(thread)
        return found

    monkeypatch.setattr(torch_backend, "run", noted("PyTorch", torch_backend.run, meets=True))
    monkeypatch.setattr(jax_backend, "run", noted("JAX", jax_backend.run, meets=True))
    loss = noted("loss", lambda w: np.sum(w**3))
    gradient = noted("gradient", lambda w: 3 * w**2)
    assert certify(loss, gradient, PARAMS).verdict is Verdict.AGREE
    threads = collected()
    assert threads["loss"] == threads["gradient"] == {threading.get_ident()}
    assert len(threads["PyTorch"] | threads["JAX"] | threads["loss"]) == 3

    rebuilt = {"torch": noted("rebuilt", lambda w: torch.sum(w**3))}
    assert certify(loss, gradient, PARAMS, rebuilt=rebuilt).verdict is Verdict.AGREE
    assert collected()["rebuilt"] == {threading.get_ident()}


def test_errors_in_another_thread_come_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(jax_backend, "run", broken)
    with pytest.raises(MemoryError):
        certify(lambda w: np.sum(w**3), lambda w: 3 * w**2, PARAMS)


def test_the_callers_error_state_holds_in_every_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    states: list[Any] = []
    run = torch_backend.run

    def noted(*args: Any) -> Any:
        states.append(np.geterr()["under"])
        return run(*args)

    monkeypatch.setattr(torch_backend, "run", noted)
    with np.errstate(under="raise"):
        certify(lambda w: np.sum(w**3), lambda w: 3 * w**2, PARAMS)
    assert set(states) == {"raise"}
