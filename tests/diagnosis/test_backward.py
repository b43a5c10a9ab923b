"""The NumPy reverse pass against PyTorch, over every snippet of the tracing corpus."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from crosscheck.diagnosis.backward import Change, run
from crosscheck.ir import jax_backend, partials
from crosscheck.ir.numpy_backend import kernels
from crosscheck.ir.partials import PARTIALS
from crosscheck.ir.vjp_rules import VJPS
from crosscheck.tracing import differentiate, record
from tests.tracing.corpus import CORPUS
from tests.tracing.inputs import inputs_of

CLOSE = 1e-9


def check(loss: Any) -> None:
    """Assert that the reverse pass gives PyTorch's value and gradients."""
    recording = record(loss, *inputs_of(loss))
    value, gradients = differentiate(recording, "torch")
    own = run(recording.program, recording.leaves)
    assert np.allclose(own.values[recording.program.structure.outputs[0]], value, rtol=CLOSE)
    mine = own.gradients(Change())
    for k, theirs in enumerate(gradients):
        grad = mine.get(k, np.zeros_like(theirs))
        assert grad.shape == theirs.shape
        assert np.abs(grad - theirs).max() <= CLOSE * np.abs(theirs).max() + 1e-15
    with np.errstate(over="ignore"):  # a constant may be beyond float32
        for dtype in ("float64", "float32"):
            assert {g.dtype.name for g in differentiate(recording, "numpy", dtype)[1]} == {dtype}


@pytest.mark.parametrize("name", CORPUS)
def test_every_snippet_has_pytorchs_gradient(name: str) -> None:
    check(CORPUS[name])


def test_a_wrong_vjp_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(partials.PARTIALS, "tanh", (lambda y, x: 1 - y,))
    with pytest.raises(AssertionError):
        check(lambda a: np.sum(np.tanh(a)))


def test_every_primitive_that_is_recorded_is_known() -> None:
    recorded = set(jax_backend.kernels())
    assert recorded <= set(kernels())
    assert recorded <= {*PARTIALS, *VJPS}


def test_a_parameter_that_is_not_used_has_no_gradient() -> None:
    recording = record(lambda w, v: np.sum(w**2), {"w": np.ones(2), "v": np.ones(3)}, {})
    assert list(run(recording.program, recording.leaves).gradients(Change())) == [0]
