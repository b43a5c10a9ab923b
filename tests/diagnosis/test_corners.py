"""What hypotheses meet rarely."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck import certify_layer
from crosscheck.core.verdict import Verdict
from crosscheck.diagnosis import PointData
from crosscheck.diagnosis.backward import run
from crosscheck.diagnosis.hypotheses.upstream import outputs
from crosscheck.diagnosis.hypotheses.windows import _shape
from crosscheck.tracing import record

if TYPE_CHECKING:
    from crosscheck.ir.recording import Recording

Array = Any


def recorded() -> Recording:
    return record(lambda w: np.sum(w**2), {"w": np.ones(3)}, {}, origins=True)


def test_a_loss_that_is_no_layer_has_no_outputs() -> None:
    recording = recorded()
    assert outputs(run(recording.program, recording.leaves), []) == []


def test_the_catalogue_of_a_point_is_made_once() -> None:
    data = PointData(recorded())
    origins = data.recording.origins
    assert data.catalogue(origins) is data.catalogue(origins)


def test_one_entry_tells_no_stride() -> None:
    assert _shape(np.zeros((1, 3), dtype=int), 9) == ()


def test_outputs_of_two_shapes_are_not_exchanged() -> None:
    def forward(x: Array) -> Any:
        return np.tanh(x), np.sum(x**2, axis=1), x

    def backward(da: Array, db: Array, x: Array) -> Array:
        return da * (1 - np.tanh(x) ** 2) + 3 * db[:, None] * x

    x = np.random.default_rng(0).standard_normal((4, 3))
    certificate = certify_layer(forward, backward, [x], outputs=2, oracles=("torch",))
    assert certificate.verdict is Verdict.DISAGREE
    assert "exchanged" not in str(certificate.diagnosis)
