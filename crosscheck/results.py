"""What a certificate is made of: frozen values that know no rendering."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from math import inf, isfinite
from typing import TYPE_CHECKING

import numpy as np

from crosscheck.core.verdict import Verdict, overall
from crosscheck.frameworks import NUMPY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosscheck.core.types import Array
    from crosscheck.core.verdict import Judgement
    from crosscheck.diagnosis.diagnosis import Diagnosis


BESIDE = {"loss", "side effects"}  # judged beside the gradients


@dataclass(frozen=True)
class Published:
    """The lines in which the document prints a quantity, and those that the example prints."""

    recorded: str
    printed: str

    @property
    def reproduced(self) -> bool:
        """Whether they are the same, character for character."""
        return self.recorded == self.printed


@dataclass(frozen=True)
class Difference:
    """A central difference: its value, its error, and how much of that its step explains.

    `error` and `explained` are absolute, the largest over the entries.
    """

    value: Array
    error: float
    explained: float
    step: float

    @property
    def is_explained(self) -> bool:
        """Whether the step accounts for the whole distance."""
        return self.error <= self.explained


@dataclass(frozen=True)
class Entries:
    """A quantity that disagrees beside an oracle's, at the point that decided; of one shape.

    `tolerance` and `size` are absolute, as in the judgement there.
    """

    actual: Array
    expected: Array
    oracle: str
    tolerance: float
    size: float


@dataclass(frozen=True)
class Finding:
    """One quantity of an example or a function, judged at the given point and the sampled ones.

    `value` is the hand-written one at the first point, None where there is none.
    `verdict` is None for what is reported and decides nothing: a central difference. `reason` says
    why the verdict is not that of the judgements alone. `entries` are those of a quantity that
    disagrees, where they can be compared.
    """

    example: str
    quantity: str
    verdict: Verdict | None
    value: Array | None
    judgements: tuple[Judgement, ...] = ()
    published: Published | None = None
    difference: Difference | None = None
    reason: str = ""
    entries: Entries | None = None

    @property
    def errors(self) -> dict[str, float]:
        """Oracle -> largest |hand − oracle|, relative to the quantity's size.

        Over the points that tell, over all of them where none does.
        """
        telling = [j for j in self.judgements if j.verdict is not Verdict.INCONCLUSIVE]
        judgements = telling or self.judgements
        names = dict.fromkeys(chain.from_iterable(j.errors for j in judgements))
        return {
            name: float(np.max([_relative(j.errors[name], j.size) for j in judgements]))
            for name in names
        }

    @property
    def resolution(self) -> float:
        """The smallest relative mistake seen at every point that resolves any; inf if none does."""
        return max((j.resolution for j in self.judgements if j.resolved), default=inf)

    @property
    def worst(self) -> tuple[int, Judgement] | None:
        """The number of the point that decided the verdict, and the judgement there."""
        decided = [(i, j) for i, j in enumerate(self.judgements) if j.verdict is self.verdict]
        return max(decided, key=lambda pair: _excess(pair[1]), default=None)


@dataclass(frozen=True, repr=False)
class CertificateData:
    """The findings, and what it takes to repeat them: points, seed, versions.

    `subject`: what is certified, in words. `start`: the first point; the others are sampled.
    `oracles`: those that answered. `unavailable`: those that did not -> why, and what to do.
    `diagnoses`: example -> what its mistake is, where a gradient disagrees and that was asked.
    `arguments`: of the user's loss, by path: the dtype and shape of each as it was given. Oracles
    compute in float64, and in float32 for the noise.
    `uncovered`: branches that no point took; `untested`: what else the points cannot tell, by name;
    `conventions`: of functions that read a part of a matrix. All are sentences.
    `parameters`: those that were found in the user's objects, with the places of their gradients.
    `unjudged`: arrays in the objects that the loss reads and that got no gradient.
    `hint`: how much is told of a mistake; what is withheld is not here.
    """

    subject: str
    start: str
    findings: tuple[Finding, ...]
    points: int
    seed: int
    oracles: tuple[str, ...]
    unavailable: Mapping[str, str]
    versions: Mapping[str, str]
    diagnoses: Mapping[str, Diagnosis] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)
    uncovered: tuple[str, ...] = ()
    untested: tuple[str, ...] = ()
    conventions: tuple[str, ...] = ()
    is_strict: bool = False
    domain: str = ""
    parameters: tuple[str, ...] = ()
    unjudged: tuple[str, ...] = ()
    hint: str = "full"

    @property
    def verdict(self) -> Verdict:
        """DISAGREE if a finding does or a published number is not reproduced; AGREE if all do.

        With an oracle unavailable the best that can be said is INCONCLUSIVE.
        """
        verdicts = [finding.verdict for finding in self.findings if finding.verdict is not None]
        if any(f.published and not f.published.reproduced for f in self.findings):
            verdicts.append(Verdict.DISAGREE)
        limits = self.uncovered or self.untested or self.unjudged
        if self.unavailable or (self.is_strict and limits):
            verdicts.append(Verdict.INCONCLUSIVE)
        return overall(verdicts)

    @property
    def score(self) -> float:
        """The fraction of the gradients that agree, from 0 to 1, for partial credit.

        Whatever else is judged, the loss or side effects, counts as one more where it does not
        agree: 1 is only reached where every finding agrees. What is inconclusive earns nothing.
        """
        agrees = [
            finding.verdict is Verdict.AGREE
            for finding in self.findings
            if finding.verdict
            and (finding.quantity not in BESIDE or finding.verdict is not Verdict.AGREE)
        ]
        printed = [f.published.reproduced for f in self.findings if f.published]
        agrees += [False] * printed.count(False)
        return sum(agrees) / len(agrees) if agrees else 0.0

    @property
    def diagnosis(self) -> Diagnosis | None:
        """What the mistake is, of the first example that has one; None without a mistake."""
        return next(iter(self.diagnoses.values()), None)

    @property
    def by_numpy_alone(self) -> bool:
        """Whether no framework took part, only this package's own reverse pass."""
        return self.oracles == (NUMPY.name,)

    @property
    def exit_status(self) -> int:
        """0 everything agrees, 4 by NumPy alone; 1 something disagrees, 3 inconclusive."""
        agree = 4 if self.by_numpy_alone else 0
        return {Verdict.AGREE: agree, Verdict.DISAGREE: 1, Verdict.INCONCLUSIVE: 3}[self.verdict]


def _relative(error: float, size: float) -> float:
    """Return error / size; 0 where nothing is off, even if the size is 0 too."""
    return 0.0 if error == 0 else error / size if size else inf


def _excess(judgement: Judgement) -> float:
    """Return by how much the largest error exceeds the tolerance; inf where no number decided."""
    excess = [_relative(error, judgement.tolerance) for error in judgement.errors.values()]
    return max(excess) if excess and all(map(isfinite, excess)) else inf
