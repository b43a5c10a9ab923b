"""Which of the hypotheses that fit are the same mistake, described at different places."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from crosscheck.diagnosis.hypotheses.activations import LEFT_OUT
from crosscheck.diagnosis.hypotheses.paths import SCALED
from crosscheck.diagnosis.hypotheses.products import EXCHANGED
from crosscheck.diagnosis.hypotheses.whole_gradient import DECAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosscheck.diagnosis.reproduction import Fit

OF_A_PENALTY = {-1.0, -0.5, -2.0, 1.0}  # its gradient missing, halved, negated, doubled


def distinct(fits: Sequence[Fit]) -> list[list[Fit]]:
    """Return the fits in classes, each of which is one mistake."""
    implied = frozenset[str]().union(*(fit.hypothesis.kind.implies for fit in fits))
    implied |= _penalty(fits)
    is_scaled = any(fit.hypothesis.kind == SCALED and fit.size != -1 for fit in fits)
    inner = {n for fit in fits if fit.hypothesis.kind == LEFT_OUT for n in fit.hypothesis.nodes[1:]}
    kept = [
        fit
        for fit in fits
        if fit.hypothesis.kind.name not in implied
        # an operand that is a multiple of the correct one
        and not (is_scaled and fit.hypothesis.kind == EXCHANGED)
        # a factor inside a function whose derivative is missing makes that derivative 1
        and not (fit.hypothesis.kind == SCALED and inner.intersection(fit.hypothesis.nodes))
    ]
    return [list(group) for _, group in groupby(sorted(kept, key=_identity), key=_identity)]


def _penalty(fits: Sequence[Fit]) -> frozenset[str]:
    """Return which to drop: a multiple of the parameter, or a factor of the loss's penalty."""
    if not {DECAY, SCALED} <= {fit.hypothesis.kind for fit in fits}:
        return frozenset()
    sizes = {fit.size for fit in fits if fit.hypothesis.kind == SCALED}
    return frozenset({(DECAY if sizes & OF_A_PENALTY else SCALED).name})


def _identity(fit: Fit) -> tuple[str, str, str, float]:
    kind = fit.hypothesis.kind
    return kind.name, kind.sentence, fit.hypothesis.detail, round(fit.size, 9)
