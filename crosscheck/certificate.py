"""The values that travel: one finding per quantity, one certificate over all of them."""

from __future__ import annotations

import functools
import importlib.metadata
import platform
from dataclasses import dataclass, field
from itertools import chain
from math import inf, isfinite
from typing import TYPE_CHECKING

import numpy as np

from crosscheck import __version__
from crosscheck.processes import MODULES
from crosscheck.verdict import Verdict, overall

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crosscheck.diagnosis import Diagnosis
    from crosscheck.differences import Difference
    from crosscheck.published import Published
    from crosscheck.verdict import Judgement
    from reference.example import Array


@dataclass(frozen=True)
class Finding:
    """One quantity of an example or a function, judged at the given point and the drawn ones.

    `value` is the hand-written one at the first point, None where there is none.
    `verdict` is None for what is reported and decides nothing: a central difference. `reason` says
    why the verdict is not that of the judgements alone.
    """

    example: str
    quantity: str
    verdict: Verdict | None
    value: Array | None
    judgements: tuple[Judgement, ...] = ()
    published: Published | None = None
    difference: Difference | None = None
    reason: str = ""

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
class Certificate:
    """The findings, and what it takes to repeat them: points, seed, versions.

    `subject`: what is certified, in words. `start`: what the first point is; the others are drawn.
    `oracles`: those that answered. `unavailable`: those that did not -> why, and what to do.
    `diagnoses`: example -> what its mistake is, where a gradient disagrees and that was asked.
    `arguments`: of the reader's loss, by path: the dtype and shape of each as it was given. Oracles
    compute in float64, and in float32 for the noise.
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

    @property
    def verdict(self) -> Verdict:
        """DISAGREE if a finding does or a published number is not reproduced; AGREE if all do.

        With an oracle unavailable the best that can be said is INCONCLUSIVE.
        """
        verdicts = [finding.verdict for finding in self.findings if finding.verdict is not None]
        if any(f.published and not f.published.reproduced for f in self.findings):
            verdicts.append(Verdict.DISAGREE)
        if self.unavailable:
            verdicts.append(Verdict.INCONCLUSIVE)
        return overall(verdicts)

    @property
    def diagnosis(self) -> Diagnosis | None:
        """What the mistake is, of the first example that has one; None without a mistake."""
        return next(iter(self.diagnoses.values()), None)

    @property
    def exit_status(self) -> int:
        """0 everything agrees, 1 something disagrees, 3 not certified."""
        return {Verdict.AGREE: 0, Verdict.DISAGREE: 1, Verdict.INCONCLUSIVE: 3}[self.verdict]

    def assert_agrees(self) -> None:
        """Raise AssertionError, with the whole certificate as its message, unless it AGREEs."""
        if self.verdict is not Verdict.AGREE:
            msg = f"\n{self}"
            raise AssertionError(msg)

    def __repr__(self) -> str:
        """Return it in a line: an interactive session shows what it says, not its parts."""
        said = ", ".join(f"{f.quantity} {f.verdict}" for f in self.findings if f.verdict)
        return f"<Certificate {self.verdict} for {self.subject.rstrip(',')}: {said}>"

    # The renderings know the certificate; it knows them only when it is asked to show itself.

    def __str__(self) -> str:
        from crosscheck.report.terminal import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from crosscheck.report.terminal import as_html

        return as_html(self)

    def to_json(self) -> str:
        """Return the certificate as JSON text: schema in report/certificate.schema.json."""
        from crosscheck.report.machine import to_json

        return to_json(self)


def versions(oracles: Iterable[str]) -> dict[str, str]:
    """Return the versions of everything that takes part, the named oracles' frameworks included."""
    packages = ["numpy", *(MODULES[name][0] for name in oracles)]
    return {
        "backprop-crosscheck": __version__,
        "python": platform.python_version(),
        **{package: _version(package) for package in packages},
    }


@functools.cache
def _version(package: str) -> str:
    """Return the version of an installed package; its metadata is a file, read once."""
    return importlib.metadata.version(package)


def _relative(error: float, size: float) -> float:
    """Return error / size; 0 where nothing is off, even if the size is 0 too."""
    return 0.0 if error == 0 else error / size if size else inf


def _excess(judgement: Judgement) -> float:
    """Return by how much the largest error exceeds the tolerance; inf where no number decided."""
    excess = [_relative(error, judgement.tolerance) for error in judgement.errors.values()]
    return max(excess) if excess and all(map(isfinite, excess)) else inf
