"""The registry: every entry is complete, and its example calls it."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.special
import scipy.stats

from crosscheck.tracing import examples, handlers, record, registry, signatures
from crosscheck.tracing.registry import COMPOSED, Entry
from crosscheck.tracing.source_locations import is_users

RULES = str(Path("crosscheck", "tracing", "rules"))


class Calls:
    """What an example itself calls: neither its rules nor the weighted sum around it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.functions: list[Any] = []
        self._inside = False
        for kind in ("function", "ufunc", "attribute"):
            monkeypatch.setitem(handlers._HANDLERS, kind, self._spy(kind, handlers._HANDLERS[kind]))

    def _spy(self, kind: str, answer: Callable[..., Any]) -> Callable[..., Any]:
        def noting(*args: Any) -> Any:
            outermost, self._inside = not self._inside, True
            if outermost and RULES in _users_file(sys._getframe(1)):
                self.functions.append(_called(kind, *args))
            try:
                return answer(*args)
            finally:
                self._inside = not outermost

        return noting


def _users_file(frame: Any) -> str:
    while not is_users(frame.f_globals["__name__"]):
        frame = frame.f_back
    return str(frame.f_code.co_filename)


def _called(kind: str, first: Any, *rest: Any) -> Any:
    if kind == "attribute":
        return getattr(np.ndarray, rest[0], None)
    if kind == "ufunc" and rest[0] != "__call__":
        return getattr(first, rest[0])
    return first


def uncalled(
    monkeypatch: pytest.MonkeyPatch,
    losses: Iterable[tuple[examples.Loss, tuple[Entry, ...]]],
) -> list[str]:
    """Names of entries that their examples do not call."""
    missing = []
    for loss, users in losses:
        with monkeypatch.context() as patch:
            calls = Calls(patch)
            record(loss, *examples.inputs_of(loss))
        missing += [entry.name for entry in users if entry.function not in calls.functions]
    return missing


def test_every_example_calls_its_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    assert uncalled(monkeypatch, examples.losses().values()) == []


def test_an_example_that_does_not_call_its_function_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loss, _ = examples.losses()["np.sinc"]  # of np.sinc; the sum around it calls np.sum
    names = ("np.sinc", "np.sum", "np.multiply", "np.add.reduce", "np.ndarray.sum")
    users = tuple(e for e in registry.entries() if e.name in names)
    missing = uncalled(monkeypatch, [(loss, users)])
    assert sorted(missing) == ["np.add.reduce", "np.multiply", "np.ndarray.sum", "np.sum"]


def test_every_entry_has_an_example_of_known_inputs() -> None:
    known = {*examples.SHAPES, *examples.DATA, "sparse"}
    for entry in registry.entries():
        assert set(inspect.signature(entry.example).parameters) <= known, entry.name


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_entries", {})
    monkeypatch.setattr(registry, "_waiting", {})


@pytest.mark.usefixtures("empty")
def test_what_the_installed_numpy_lacks_is_skipped() -> None:
    names = "np.mean np.function_of_tomorrow np.package_of_tomorrow.function np.ndarray.method"
    registry.register(names, COMPOSED, None, lambda a: a)
    assert [entry.name for entry in registry.entries()] == ["np.mean"]
    assert registry.find(np.sum) is None


@pytest.mark.usefixtures("empty")
def test_a_function_is_registered_once() -> None:
    registry.register("np.absolute", COMPOSED, None, lambda a: a)
    with pytest.raises(ValueError, match=r"np\.abs .*np\.absolute"):
        registry.register("np.abs", COMPOSED, None, lambda a: a)


@pytest.mark.usefixtures("empty")
def test_scipys_functions_wait_until_it_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    special = sys.modules["scipy.special"]
    monkeypatch.delitem(sys.modules, "scipy.special")
    names = "scipy.special.erf scipy.special.function_of_tomorrow"
    registry.register(names, COMPOSED, None, lambda a: a)
    assert registry.find(scipy.special.erf) is None
    assert list(registry.entries()) == []
    monkeypatch.setitem(sys.modules, "scipy.special", special)
    entry = registry.find(scipy.special.erf)
    assert entry is not None
    assert list(registry.entries()) == [entry]


def test_tracing_does_not_import_scipy() -> None:
    code = (
        "import sys, numpy as np; from crosscheck.tracing import record, registry; "
        "record(lambda w: np.sum(np.tanh(w)), {'w': np.ones(2)}, {}); list(registry.entries()); "
        "assert not {'scipy', 'crosscheck.tracing.examples'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (np.sum, "np.sum"),
        (np.abs, "np.absolute"),
        (np.spacing, "np.spacing"),
        (np.unwrap, "np.unwrap"),
        (np.linalg.inv, "np.linalg.inv"),
        (np.linalg.eigvals, "np.linalg.eigvals"),
        (np.fft.fft, "np.fft.fft"),
        (np.ndarray.sum, ".sum of an array"),
        (np.ndarray.tobytes, ".tobytes of an array"),
        (scipy.special.erf, "scipy.special.erf"),
        (scipy.special.jv, "scipy.special.jv"),
        (scipy.stats.crystalball.pdf, "scipy.stats.crystalball.pdf"),
        (scipy.stats.norm.pdf, "scipy.stats.norm.pdf"),
        (scipy.special.gamma, "scipy.special.gamma"),
        (scipy.special.logsumexp, "scipy.special.logsumexp"),
        (np.frompyfunc(abs, 1, 1), "abs (vectorized)"),
        (inspect.getsource, "getsource"),
    ],
)
def test_qualified_names(function: Any, name: str) -> None:
    assert registry.qualified_name(function) == name


def test_signatures_of_functions_in_c(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {function: signatures.signature(function) for function in signatures._IN_C}
    ask = inspect.signature

    def silent(function: Any) -> inspect.Signature:
        if function in told or function is np.lexsort:
            raise ValueError
        return ask(function)

    monkeypatch.setattr(inspect, "signature", silent)
    for function, signature in told.items():
        ours = signatures.signature.__wrapped__(function)
        assert list(ours.parameters)[:2] == list(signature.parameters)[:2]
        assert "out" not in signature.parameters or "out" in ours.parameters
    assert list(signatures.signature.__wrapped__(np.lexsort).parameters) == ["args", "kwargs"]
