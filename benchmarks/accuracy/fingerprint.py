"""The project's results as JSON, to be compared with those of another commit.

    python -m benchmarks.accuracy.fingerprint FILE [--against OTHER]

The six examples' numbers, the verdicts on the first networks of the kept campaign and on the
mistakes planted in them, and kind, size and place of the kept diagnosis's first mistakes. Sentences
are left out: a change of wording leaves it the same. Exit status 1 where OTHER differs.
"""

from __future__ import annotations

import argparse
import json
import sys
from itertools import chain, count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np

import crosscheck
import reference
from benchmarks.accuracy.campaign import chunk
from benchmarks.accuracy.campaign.judging import trial
from benchmarks.accuracy.diagnosis import judging
from benchmarks.accuracy.networks.architectures import draw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosscheck.diagnosis import Diagnosis

NETWORKS, MISTAKES = 500, 300
CAMPAIGN_SEED, DIAGNOSIS_SEED = 0, 2027  # those of the kept results


def examples() -> Iterator[list[Any]]:
    """Yield each quantity of the six examples, with the numbers of every judgement on it."""
    with crosscheck.oracle_processes() as oracles:
        certificate = crosscheck.certify_examples(reference.EXAMPLES, oracles)
    for finding in certificate.findings:
        numbers = [[j.verdict, j.errors, j.tolerance, j.noise] for j in finding.judgements]
        value = None if finding.value is None else np.asarray(finding.value).tolist()
        yield [finding.example, finding.quantity, finding.verdict, value, numbers]


def verdicts() -> Iterator[list[Any]]:
    """Yield the verdict on every quantity of each network, and what became of its mistakes."""
    with np.errstate(all="ignore"):
        for index in range(NETWORKS):
            one = trial(draw(CAMPAIGN_SEED, index))
            right = {
                name: one.judgement(name, actual).verdict for name, actual in one.actual.items()
            }
            outcomes, _ = chunk.judge_mutants(one, CAMPAIGN_SEED)
            yield [index, right, outcomes]


def names() -> Iterator[list[Any]]:
    """Yield the diagnosis of each planted mistake: kind, size and places of every cause."""
    for number in count():
        diagnoses: list[Diagnosis] = []
        graded = judging.graded

        def keep(mutant: Any, wrong: Any, diagnosis: Diagnosis) -> str:
            diagnoses.append(diagnosis)  # noqa: B023 - called in this pass of the loop only
            return graded(mutant, wrong, diagnosis)  # noqa: B023

        with mock.patch.object(judging, "graded", keep):
            outcomes = judging.judge(DIAGNOSIS_SEED, number)
        for outcome, diagnosis in zip(outcomes, diagnoses, strict=True):
            causes = [
                [c.kind, round(c.size, 9), [[Path(p.file).name, p.line] for p in c.places]]
                for c in chain(*diagnosis.explanations)
            ]
            yield [outcome.net, outcome.kind, outcome.result, diagnosis.points, causes]


def main() -> int:
    """Write the fingerprint, and compare it with another."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.fingerprint")
    options.add_argument("file", type=Path)
    options.add_argument("--against", type=Path, metavar="OTHER")
    given = options.parse_args()
    found = {
        "examples": list(examples()),
        "verdicts": list(verdicts()),
        "names": list(islice(names(), MISTAKES)),
    }
    given.file.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    if given.against is None:
        return 0
    ours, theirs = (json.loads(f.read_text("utf-8")) for f in (given.file, given.against))
    different = 0
    for part, rows in ours.items():
        others = theirs[part]
        unlike = [row for row, other in zip(rows, others, strict=False) if row != other]
        missing = abs(len(rows) - len(others))
        print(f"{part}: {len(rows)} compared, {len(unlike) + missing} differ")
        for row in unlike[:5]:
            print(f"    {json.dumps(row)[:300]}")
        different += len(unlike) + missing
    return int(different > 0)


if __name__ == "__main__":
    sys.exit(main())
