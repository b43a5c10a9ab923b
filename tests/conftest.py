"""What the tests share: the oracles in this process, and examples with a mistake planted."""

from __future__ import annotations

import importlib
import os
import pickle
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

import reference
from crosscheck.examples.oracles import ORACLES
from tests.cluster import dask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosscheck.core.types import Oracle, Quantities, Request

__all__ = ["dask"]

os.environ.setdefault("JAX_PLATFORMS", "cpu")  # a GPU's memory is not enough for every process
os.environ.pop("GITHUB_ACTIONS", None)  # planted mistakes are no annotations of this run


def flowing(report: object) -> str:
    """Return the text of a report with its lines joined, to search for sentences."""
    return " ".join(str(report).split())


def remembering(oracle: Oracle) -> Oracle:
    """Return the oracle, called only once for the same requests: mutants share their points."""
    memory: dict[bytes, list[list[Quantities]]] = {}

    def ask(requests: Sequence[Request]) -> list[list[Quantities]]:
        key = pickle.dumps(requests)
        if key not in memory:
            memory[key] = oracle(requests)
        return memory[key]

    return ask


@pytest.fixture(scope="session")
def oracles() -> dict[str, Oracle]:
    return {name: remembering(oracle) for name, oracle in ORACLES.items()}


def example(name: str) -> Any:
    """Return an example by its name."""
    return dict(zip(reference.NAMES, reference.EXAMPLES, strict=True))[name]


def planted(name: str, right: str, wrong: str) -> Any:
    """Return the example with one piece of its source replaced by a mistake."""
    original = importlib.import_module(f"reference.{name}")
    source = Path(str(original.__file__)).read_text(encoding="utf-8")
    assert source.count(right) == 1, f"{right!r} stands {source.count(right)} times in {name}"
    module = ModuleType(original.__name__)
    module.__file__ = original.__file__
    code = compile(source.replace(right, wrong), f"<{name} with a mistake>", "exec")
    exec(code, module.__dict__)  # noqa: S102 - our own source
    return module
