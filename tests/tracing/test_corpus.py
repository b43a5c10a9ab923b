"""Every snippet of the corpus: value and gradient, in both frameworks."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tracing import checks
from tests.tracing.corpus import CORPUS
from tests.tracing.supported import table


@pytest.mark.parametrize("framework", ["torch", "jax"])
@pytest.mark.parametrize("name", CORPUS)
def test_value_and_gradient(name: str, framework: str) -> None:
    checks.check(CORPUS[name], framework)


def test_the_check_finds_a_wrong_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(loss: object, framework: str) -> object:
        return lambda params, data: (np.array(5.0), {"a": 1.0001 * 2 * params["a"]})

    monkeypatch.setattr(checks, "value_and_grad", wrong)
    with pytest.raises(AssertionError):
        checks.check(lambda a: np.sum(a**2) * 0 + np.sum(a**2), "torch")


def test_the_table_names_what_fails() -> None:
    lines = table({"spacing": lambda a: np.spacing(a).sum(), "sum": np.sum}, ["torch"])
    assert lines[2].startswith("| `spacing` | refused")
    lines = table({"square": lambda a: np.sum(a**2)}, ["torch"])
    assert lines[2].startswith("| `square` | ✓ ")
