"""The signatures of NumPy's functions, which NumPy before 2.4 does not have."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

from crosscheck.tracing.signatures import BEFORE_2_4, signature
from tests.tracing.corpus import LATER, available


@pytest.mark.parametrize("name", BEFORE_2_4)
def test_a_listed_signature_is_numpys_own(name: str) -> None:
    function: Any = getattr(np, name)
    listed = inspect.signature(BEFORE_2_4[name])
    assert signature(function) == listed
    if np.lib.NumpyVersion(np.__version__) >= "2.4.0":
        assert inspect.signature(function) == listed


def test_a_function_without_a_signature_takes_any_arguments() -> None:
    with pytest.raises(ValueError, match="no signature"):
        inspect.signature(min)
    assert signature(min).bind(1, 2, key=None).kwargs == {"key": None}


def test_a_snippet_is_left_out_where_numpy_lacks_its_function(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def snippet(u: Any) -> Any:
        return np.unstack(u)

    assert available(snippet) == ("unstack" in dir(np))
    for name in LATER & {*dir(np)}:
        monkeypatch.delattr(np, name)
    assert not available(snippet)
