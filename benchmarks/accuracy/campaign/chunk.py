"""A chunk of the campaign: a pure function of the seed and of the networks' numbers."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.accuracy.campaign.certified import judge_variant
from benchmarks.accuracy.campaign.judging import trial
from benchmarks.accuracy.campaign.mutants import mutants
from benchmarks.accuracy.campaign.outcomes import EQUAL, deviation, outcome
from benchmarks.accuracy.campaign.summary import Breach, Summary, tally
from benchmarks.accuracy.networks import variants
from benchmarks.accuracy.networks.architectures import draw
from crosscheck.core.verdict import Verdict, overall

if TYPE_CHECKING:
    from benchmarks.accuracy.campaign.judging import Trial
    from crosscheck.core.verdict import Judgement

# Tracing and silenced warnings are the process's; a cluster's worker may have several threads.
_alone = threading.Lock()


def judge_chunk(seed: int, first: int, last: int) -> Summary:
    """Judge networks `first` to `last` − 1 of a seed, and all their mutants."""
    with _alone, np.errstate(all="ignore"):  # a saturated network overflows, and may
        correct: list[tuple[str, str]] = []
        wrong: list[tuple[str, str]] = []
        breaches: list[Breach] = []
        for index in range(first, last):
            if variants.kind_of(index):
                variant = variants.draw(seed, index)
                said, outcomes, broken = judge_variant(variant, seed)
                correct.append((variant.kind, said))
                wrong += outcomes
                breaches += broken
                continue
            one = trial(draw(seed, index))
            verdict, alarms = judge_correct(one, seed)
            correct.append((one.net.architecture.family, verdict))
            breaches += alarms
            outcomes, missed = judge_mutants(one, seed)
            wrong += outcomes
            breaches += missed
        return Summary(first, last, tally(correct), tally(wrong), tuple(breaches))


def judge_correct(one: Trial, seed: int) -> tuple[Verdict, list[Breach]]:
    """Return the verdict on a correct network; every DISAGREE is a breach."""
    judged = {quantity: one.judgement(quantity, actual) for quantity, actual in one.actual.items()}
    alarms = [
        _breach(one, seed, "", quantity, judgement, 0.0)
        for quantity, judgement in judged.items()
        if judgement.verdict is Verdict.DISAGREE
    ]
    return overall([judgement.verdict for judgement in judged.values()]), alarms


def judge_mutants(one: Trial, seed: int) -> tuple[list[tuple[str, str]], list[Breach]]:
    """Return the kind and the outcome of every wrong gradient, and those that were missed."""
    correct = {
        quantity.removeprefix("grad "): array
        for quantity, array in one.actual.items()
        if quantity.startswith("grad ")
    }
    outcomes: list[tuple[str, str]] = []
    breaches: list[Breach] = []
    for kind, grads in mutants(one.net, correct, seed):
        off = {name: deviation(grads[name], right) for name, right in correct.items()}
        judged = {
            name: one.judgement_of_mistake(f"grad {name}", grads[name])
            for name, relative in off.items()
            if relative > EQUAL
        }
        missed = [
            _breach(one, seed, kind, f"grad {name}", judgement, off[name])
            for name, judgement in judged.items()
            if judgement.verdict is Verdict.AGREE
            and judgement.resolved
            and off[name] > judgement.resolution
        ]
        outcomes.append((kind, outcome(judged, missed)))
        breaches += missed
    return outcomes, breaches


def _breach(  # noqa: PLR0913, PLR0917 - the fields of a breach
    one: Trial, seed: int, kind: str, quantity: str, judgement: Judgement, off: float
) -> Breach:
    """Return the breach of the rule by a judgement."""
    family = one.net.architecture.family
    verdict, resolution = judgement.verdict.value, judgement.resolution
    return Breach(seed, one.net.index, family, kind, quantity, verdict, off, resolution)
