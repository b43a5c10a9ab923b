"""The contenders of benchmarks/speed/canon compute the same: a wrong gradient is fast."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.speed.canon.__main__ import table
from benchmarks.speed.canon.layers import LENGTHS, TINY, cases
from benchmarks.speed.gradients.cases import Case, differing, digest
from benchmarks.speed.gradients.contenders import EAGER, HAND_WRITTEN, prepared

TINY_CASES = [case for _, case in cases((TINY,), ("float64",))]


@pytest.mark.parametrize("case", TINY_CASES, ids=list(LENGTHS))
def test_contenders_compute_the_same(case: Case) -> None:
    by_hand = prepared("layers_numpy.job", case)()
    for function in ("layers_torch.eager", "layers_hips.job"):
        other = prepared(function, case)()
        assert differing(case, digest(by_hand), digest(other)) == []
    wrong = {name: np.asarray(grad) * 1.01 for name, grad in by_hand.items()}
    assert differing(case, digest(by_hand), digest(wrong)) == sorted(wrong)


def test_a_target_is_met_or_missed_by_the_ratio_to_eager() -> None:
    def row(ratio: float) -> dict[str, Any]:
        return {
            "case": {"example": "affine", "dtype": "float64"},
            "size": TINY,
            "seconds": {HAND_WRITTEN: [1e-5]},
            "ratios": {EAGER: (ratio, ratio, ratio)},
        }

    met, missed = table([row(9.0), row(7.0)]).splitlines()[2:]
    assert "yes" in met
    assert "no" in missed
