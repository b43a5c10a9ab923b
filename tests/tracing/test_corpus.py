"""Every snippet of the corpus: value and gradient, in both frameworks."""

from __future__ import annotations

import numpy as np
import pytest

from crosscheck.tracing import examples
from tests.tracing.checks import check
from tests.tracing.corpus import CORPUS


@pytest.mark.parametrize("framework", ["torch", "jax"])
@pytest.mark.parametrize("name", CORPUS)
def test_value_and_gradient(name: str, framework: str) -> None:
    check(CORPUS[name], framework)


def test_the_check_finds_a_wrong_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(loss: object, framework: str) -> object:
        return lambda params, data: (loss(**params), {"a": 1.0001 * 2 * params["a"]})  # type: ignore[operator]

    monkeypatch.setattr(examples, "value_and_grad", wrong)
    with pytest.raises(AssertionError, match="error="):
        check(lambda a: np.sum(a**2), "torch")
