"""For which parameters a gradient is right, where it is wrong for general ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.structures import named, structured, suggestions
from crosscheck.core.pytree import flatten
from crosscheck.core.types import Point
from crosscheck.core.verdict import Verdict
from crosscheck.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from crosscheck.certification.coverage import Coverage
    from crosscheck.certification.user_loss import UserLoss
    from crosscheck.core.evidence import Evidence
    from crosscheck.results import Finding

COUNT = 4  # points that keep a structure
STREAM = 5


@dataclass(frozen=True)
class Trial:
    """What was found at one set of points."""

    evidence: Evidence
    unavailable: Mapping[str, str]
    coverage: Coverage
    findings: list[Finding]

    def gradients(self) -> set[str]:
        """Return the gradients."""
        return {f.quantity for f in self.findings if f.quantity.startswith("grad ")}

    def disagreeing(self) -> set[str]:
        """Return the gradients that are wrong at sampled points."""
        return {
            f.quantity
            for f in self.findings
            if f.quantity in self.gradients()
            and f.verdict is Verdict.DISAGREE
            and any(j.verdict is Verdict.DISAGREE for j in f.judgements[1:])
        }


def right_where(  # noqa: PLR0913 - which points, and what is known of them
    run: Callable[..., Trial],
    given: Point,
    seed: int,
    general: Trial | None = None,
    why: str = "",
    *,
    triangles: bool = False,
) -> tuple[Trial, str]:
    """Return the points with a structure of the given ones for which the gradient is right.

    Args:
        run: returns what is found at points, given their iterator, their structures and number.
        given: the given point.
        seed: of the points.
        general: what was found at general points, where some gradients disagree.
        why: or why there are no general points.
        triangles: whether the loss reads one triangle of a matrix.

    Returns:
        What was found, and the sentence that says it; "" where no structure explains it.

    Raises:
        DomainError: there are no general points, and none with a structure either.

    """
    for structures in suggestions(given, triangles=triangles):
        try:
            trial = run(structured(given, seed, structures), structures, COUNT)
        except Exception:  # noqa: BLE001, S112 - points for which nothing can be computed show nothing
            continue
        wrong = trial.gradients() if general is None else general.disagreeing()
        verdicts = {f.quantity: f.verdict for f in trial.findings}
        if all(verdicts[quantity] is Verdict.AGREE for quantity in wrong):
            paths = ", ".join(structures)
            otherwise = why or f"wrong for general {paths}"
            names = {path: structure.name for path, structure in structures.items()}
            return trial if general is None else general, (
                f"right for {named(structures)}; {otherwise}; declare structure={names} if that "
                "is the domain"
            )
    if general is None:
        raise DomainError(why)
    return general, ""


def sampled_by(sample: Callable[..., Any], user_loss: UserLoss, seed: int) -> Iterator[Point]:
    """Yield the points that a user's function returns.

    Raises:
        ValueError: it returns other parameters than the given ones, or other shapes.

    """
    rng = np.random.default_rng([seed, STREAM])
    given = user_loss.given.params
    while True:
        found = flatten(dict(sample(dict(user_loss.params), rng)))
        arrays = {path: np.asarray(leaf, dtype=np.float64) for path, leaf in found.items()}
        shapes = {path: array.shape for path, array in arrays.items()}
        expected = {path: array.shape for path, array in given.items()}
        if shapes != expected:
            msg = f"sample returned arrays of shapes {shapes}; expected {expected}"
            raise ValueError(msg)
        yield Point({path: arrays[path] for path in given}, {})
