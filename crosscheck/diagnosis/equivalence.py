"""Which of the hypotheses that fit are the same mistake, described at different places."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from crosscheck.diagnosis.hypotheses.activations import LEFT_OUT, TWICE
from crosscheck.diagnosis.hypotheses.paths import SCALED
from crosscheck.diagnosis.hypotheses.products import EXCHANGED
from crosscheck.diagnosis.hypotheses.slopes import WRONG
from crosscheck.diagnosis.hypotheses.sums import UPSTREAM
from crosscheck.diagnosis.hypotheses.whole_gradient import DECAY, RETURNED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosscheck.diagnosis.hypotheses.base import Hypothesis
    from crosscheck.diagnosis.reproduction import Fit

OF_A_PENALTY = {-1.0, -0.5, -2.0, 1.0}  # its gradient missing, halved, negated, doubled


def distinct(fits: Sequence[Fit]) -> list[list[Fit]]:
    """Return the fits in classes, each of which is one mistake."""
    implied = frozenset[str]().union(*(fit.hypothesis.kind.implies for fit in fits))
    implied |= _penalty(fits)
    is_scaled = any(fit.hypothesis.kind == SCALED and fit.size != -1 for fit in fits)
    # there are so many upstream gradients that one may do by chance
    for rare in (UPSTREAM, RETURNED):
        if any(fit.hypothesis.kind.name not in {rare.name, *implied} for fit in fits):
            implied |= {rare.name}
    functions = [fit.hypothesis for fit in fits if fit.hypothesis.kind in {LEFT_OUT, TWICE, WRONG}]
    inner = {n for hypothesis in functions for n in _inside(hypothesis)}
    kept = [
        fit
        for fit in fits
        if fit.hypothesis.kind.name not in implied
        # an operand that is a multiple of the correct one, or comes to that
        and not (is_scaled and fit.hypothesis.kind.name == EXCHANGED.name)
        # a factor inside a function whose derivative is missing, or there twice, makes it so, and
        # so does a part of the function
        and not (fit.hypothesis.kind == SCALED and inner.intersection(fit.hypothesis.nodes))
        and not (fit.hypothesis.kind == WRONG and inner.intersection(_ends(fit.hypothesis)))
    ]
    return [list(group) for _, group in groupby(sorted(kept, key=_identity), key=_identity)]


def _ends(hypothesis: Hypothesis) -> set[int]:
    """Return where the functions of a hypothesis leave."""
    return {one.nodes[0] for one in hypothesis.members or (hypothesis,)}


def _inside(hypothesis: Hypothesis) -> set[int]:
    """Return what is inside of the functions of a hypothesis."""
    return {n for one in hypothesis.members or (hypothesis,) for n in one.nodes[1:]}


def _penalty(fits: Sequence[Fit]) -> frozenset[str]:
    """Return which to drop: a multiple of the parameter, or a factor of the loss's penalty."""
    if not {DECAY, SCALED} <= {fit.hypothesis.kind for fit in fits}:
        return frozenset()
    scaled = [fit for fit in fits if fit.hypothesis.kind == SCALED]
    decayed = {fit.hypothesis.nodes for fit in fits if fit.hypothesis.kind == DECAY}
    # a multiple of a gradient that is nothing but a penalty's
    of_all = any(fit.hypothesis.nodes in decayed for fit in scaled)
    is_factor = of_all or not OF_A_PENALTY.isdisjoint(fit.size for fit in scaled)
    return frozenset({(DECAY if is_factor else SCALED).name})


def _identity(fit: Fit) -> tuple[str, str, str, float]:
    kind = fit.hypothesis.kind
    return kind.name, kind.sentence, fit.hypothesis.detail, round(fit.size, 9)
