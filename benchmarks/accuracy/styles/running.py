"""Run one source: load it as a module, certify it within a time limit, keep what is printed."""

from __future__ import annotations

import importlib.util
import json
import signal
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

ERROR = "error"
DIAGNOSE = 30.0  # seconds for a name; more than the default, so that a busy machine says the same


@dataclass(frozen=True)
class Cause:
    """One cause of a diagnosis: its words, and the lines that it names."""

    sentence: str
    lines: frozenset[int]
    gradients: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What a certificate says: its verdict (or that there is none), and the diagnosis."""

    verdict: str
    said: str
    explanations: tuple[tuple[Cause, ...], ...]
    seconds: float


def answer(name: str, source: str, oracles: Sequence[str], limit: int) -> Answer:
    """Certify a source by its own function `check`."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.py"
        path.write_text(source, encoding="utf-8")
        try:
            with _limited(limit):
                certificate = _module(path).check(oracles=oracles, diagnose=DIAGNOSE)
                document = json.loads(certificate.to_json())
        except Exception as error:  # noqa: BLE001 - a refusal is counted, whatever it is
            said = f"{type(error).__name__}: {error}".replace(str(path), path.name)
            return Answer(ERROR, said, (), time.perf_counter() - start)
    found = next(iter(document["diagnoses"].values()), None)
    explanations = tuple(
        tuple(_cause(cause, path.name) for cause in causes)
        for causes in (found or {}).get("explanations", ())
    )
    said = (found or {}).get("headline") or document["headline"]
    return Answer(document["verdict"], said, explanations, time.perf_counter() - start)


def printed(name: str, source: str) -> str:
    """Return the text of the certificate of a source, as its own function `check` makes it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.py"
        path.write_text(source, encoding="utf-8")
        return str(_module(path).check())


def _cause(cause: dict[str, Any], file: str) -> Cause:
    """Return one cause, with the lines of the source that it names."""
    places = [*cause["places"], *cause["within"]]
    lines = frozenset(p["line"] for p in places if Path(p["file"]).name == file)
    return Cause(cause["sentence"], lines, tuple(cause["gradients"]))


def _module(path: Path) -> Any:
    """Return a source as a module of its own."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        msg = f"{path} is no module"
        raise ImportError(msg)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[path.stem]
    return module


@contextmanager
def _limited(seconds: int) -> Iterator[None]:
    """Raise TimeoutError in the block after a number of seconds."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        msg = f"it took more than {seconds} s"
        raise TimeoutError(msg)

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
