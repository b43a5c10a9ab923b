"""How hard a gradient is certified, and what is known of it: checked once, with the cure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from crosscheck.certification.diagnose import BUDGET
from crosscheck.certification.hints import check_hint
from crosscheck.core.sampling import FEWEST
from crosscheck.frameworks import FRAMEWORKS, ORACLES, usual

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from crosscheck.certification.hints import Hint

FEW, MANY = 2, 100_000  # points suffice for so many parameters: every one is judged at every point
DTYPES = ("own", "strict")


@dataclass(frozen=True)
class Options:
    """What `certify` and `certify_layer` take beside the functions; `certify` describes each."""

    points: int | None = None
    seed: int = 0
    oracles: Sequence[str] = field(default_factory=usual)
    rebuilt: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    zero: Collection[str] = ()
    structure: Mapping[str, str] = field(default_factory=dict)
    sample: Callable[..., Any] | None = None
    dtype: str = "own"
    strict: bool = False
    diagnose: float = BUDGET
    seconds: float | None = None
    hint: Hint = "full"

    @classmethod
    def of(cls, how: Mapping[str, Any]) -> Options:
        """Return the options of a call; raise TypeError for a name that is none."""
        names = [one.name for one in fields(cls)]
        if unknown := sorted(set(how) - set(names)):
            msg = f"unknown options {unknown}; there are {', '.join(names)}"
            raise TypeError(msg)
        return cls(**how)

    def check(self, leaves: Mapping[str, Any]) -> None:
        """Raise ValueError for what cannot be meant; `leaves` are the parameters."""
        if self.points is not None and self.points < FEWEST:
            msg = f"points is {self.points}; pass {FEWEST} or more"
            raise ValueError(msg)
        if not self.diagnose >= 0:
            msg = f"diagnose is {self.diagnose}; pass a number of seconds, or 0 for no diagnosis"
            raise ValueError(msg)
        if self.seconds is not None and not self.seconds > 0:
            msg = f"seconds is {self.seconds}; pass a number above 0, or None for no limit"
            raise ValueError(msg)
        if self.seed < 0:
            msg = f"seed is {self.seed}; a seed is 0 or more"
            raise ValueError(msg)
        if not self.oracles or set(self.oracles) - set(ORACLES):
            msg = f"oracles is {self.oracles!r}; pass one or more of {tuple(ORACLES)}"
            raise ValueError(msg)
        if set(self.zero) - set(leaves):
            unknown = sorted(set(self.zero) - set(leaves))
            msg = f"zero names {unknown}; the parameters are {sorted(leaves)}"
            raise ValueError(msg)
        if set(self.rebuilt) - (set(self.oracles) & set(FRAMEWORKS)):
            keys = sorted(self.rebuilt)
            msg = f"rebuilt has {keys}; its keys are among the oracles, {tuple(self.oracles)}"
            raise ValueError(msg)
        check_hint(self.hint)
        if self.dtype not in DTYPES:
            msg = f"dtype is {self.dtype!r}; it is one of {', '.join(map(repr, DTYPES))}"
            raise ValueError(msg)

    def count(self, leaves: Mapping[str, Any]) -> int:
        """Return how many points are sampled."""
        if self.points is not None:
            return self.points
        return FEW if sum(leaf.size for leaf in leaves.values()) >= MANY else FEWEST


def check_functions(**functions: Any) -> None:
    """Raise TypeError for what is no function."""
    for name, function in functions.items():
        if not callable(function):
            msg = f"{name} is {function!r}; pass a function"
            raise TypeError(msg)


def check_names(params: Any, data: Any) -> None:
    """Raise TypeError for what is no mapping by name, ValueError for a name in both."""
    for what, given in (("params", params), ("data", data)):
        if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
            msg = f"{what} is {given!r}; pass a mapping by the names of the loss's arguments"
            raise TypeError(msg)
    if both := sorted(set(params) & set(data)):
        msg = f"params and data both have {both}; an argument is a parameter, or data"
        raise ValueError(msg)
