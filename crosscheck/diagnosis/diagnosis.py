"""What a diagnosis says: the mistake, its place, and the fix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosscheck.diagnosis.wording import gradients

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosscheck.diagnosis.wording import Cause

Explanation = tuple["Cause", ...]


@dataclass(frozen=True)
class Diagnosis:
    """What explains the incorrect gradients of one loss.

    Attributes:
        explanations: One where the mistake has a name, several where they are indistinguishable at
            every sampled point, none where no known mistake reproduces the gradients. Each is one
            cause, or several that act together.
        first: The parameter whose gradient is the first incorrect one of the backward pass.
        differs: How that gradient differs, in words.
        points: At how many sampled points an explanation was checked.
        complete: Whether all known mistakes were tried within the budget.
        failed: How many known mistakes could not be tried.
        wrong: The parameters whose gradients are incorrect, in the order of the backward pass.

    """

    explanations: tuple[Explanation, ...]
    first: str
    differs: str
    points: int
    complete: bool
    failed: int = 0
    wrong: tuple[str, ...] = ()

    @property
    def is_named(self) -> bool:
        """Whether exactly one explanation reproduces the gradients."""
        return len(self.explanations) == 1 and self.complete

    @property
    def headline(self) -> str:
        """The diagnosis in one line: `network.py:6: np.tanh: derivative missing (grad W1)`."""
        if not self.explanations:
            return self._unknown
        said = "; ".join(cause.headline for cause in self.explanations[0])
        count = len(self.explanations)
        return said if count == 1 else f"{said} (one of {count} indistinguishable)"

    def __str__(self) -> str:
        """Return it in words: the mistake, how sure that is, the fix, the first gradient."""
        if not self.points:
            return f"{self._unknown}: {self.differs}".rstrip(": ")
        return "\n    ".join([*self._mistake(), *self._fixes(), *self._numbers()])

    @property
    def _unknown(self) -> str:
        return f"unknown mistake in {gradients(self.wrong or (self.first,))}"

    def _mistake(self) -> list[str]:
        if not self.explanations:
            tried = "no known mistake reproduces it" if self.complete else "the budget ended it"
            return [f"{self._unknown}: {tried}"]
        said = ["\n    and ".join(map(str, causes)) for causes in self.explanations]
        if len(said) > 1:
            listed = (f"- {one}" for one in said)
            said = ["one of these, indistinguishable at every sampled point", *listed]
        points = f"all {self.points} points" if self.points > 1 else "the only point"
        subject = "this mistake" if len(self.explanations[0]) == 1 else "together they"
        subject = subject if len(self.explanations) == 1 else "each of them"
        verb = "reproduce" if subject == "together they" else "reproduces"
        reproduced = f"{subject} {verb} your gradient at {points}"
        if beside := [c for c in self.explanations[0] if not c.reproduces]:
            names = dict.fromkeys(name for cause in beside for name in cause.gradients)
            reproduced = f"the values of {gradients([*names])} are wrong, too"
        rest = "" if self.complete else "; the budget ended the search for others"
        return [*said, reproduced + rest]

    def _fixes(self) -> list[str]:
        causes = self.explanations[0] if len(self.explanations) == 1 else ()
        return [f"fix: {fix}" for fix in dict.fromkeys(cause.fix for cause in causes) if fix]

    def _numbers(self) -> list[str]:
        failed = [f"known mistakes that could not be tried: {self.failed}"] if self.failed else []
        first = f"first incorrect gradient: grad {self.first}: {self.differs}"
        return [*([first] if self.differs else []), *failed]


def undiagnosed(wrong: Sequence[str], why: str) -> Diagnosis:
    """Return the diagnosis of gradients for which none could be made, and why."""
    return Diagnosis((), wrong[0], why, 0, complete=False, wrong=tuple(wrong))
