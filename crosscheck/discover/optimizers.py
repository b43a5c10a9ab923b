"""What the functions of scipy.optimize are given: a function, a start, and derivatives."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FunctionType

# function -> what its arguments are called: the function, the start, and each derivative's kind
OPTIMIZERS: Mapping[str, Mapping[str, str]] = {
    "minimize": {"fun": "fun", "x0": "x0", "jac": "jac", "hess": "hess", "hessp": "hessp"},
    "least_squares": {"fun": "fun", "x0": "x0", "jac": "jacobian"},
    "root": {"fun": "fun", "x0": "x0", "jac": "jacobian"},
    "fsolve": {"func": "fun", "x0": "x0", "fprime": "jacobian"},
    "leastsq": {"func": "fun", "x0": "x0", "Dfun": "jacobian"},
    "fmin_bfgs": {"f": "fun", "x0": "x0", "fprime": "jac"},
    "fmin_cg": {"f": "fun", "x0": "x0", "fprime": "jac"},
    "fmin_ncg": {"f": "fun", "x0": "x0", "fprime": "jac", "fhess": "hess", "fhess_p": "hessp"},
    "fmin_l_bfgs_b": {"func": "fun", "x0": "x0", "fprime": "jac"},
    "fmin_tnc": {"func": "fun", "x0": "x0", "fprime": "jac"},
    "fmin_slsqp": {"func": "fun", "x0": "x0", "fprime": "jac"},
    "newton": {"func": "fun", "x0": "x0", "fprime": "slope", "fprime2": "slope2"},
    "root_scalar": {"f": "fun", "x0": "x0", "fprime": "slope", "fprime2": "slope2"},
}
VALUE_TOO = frozenset({"fmin_l_bfgs_b", "fmin_tnc"})  # without fprime, func returns both
UNSUITABLE = frozenset({"col_deriv"})


@dataclass(frozen=True)
class Passed:
    """What an optimiser was given. `derivatives_` has each derivative by its kind."""

    optimizer: str
    fun: Any
    x0: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    derivatives_: Mapping[str, Any] = field(default_factory=dict)

    def derivatives(self) -> Iterator[tuple[str, Any]]:
        """Yield each derivative, and its kind; where `fun` returns both, `fun` itself."""
        for what, value in self.derivatives_.items():
            yield what, self.fun if value is True else value

    def only(self, what: str) -> Passed:
        """Return the same with one derivative; a Hessian is judged beside the gradient."""
        kept = {what, "jac"} if self.derivatives_.get("jac") is True else {what}
        return replace(self, derivatives_={k: v for k, v in self.derivatives_.items() if k in kept})


def passed(function: FunctionType, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Passed | None:
    """Return what a call of an optimiser was given; None where no derivative is among it."""
    names = OPTIMIZERS[function.__name__]
    bound = inspect.signature(function).bind(*args, **kwargs).arguments
    given = {names[name]: value for name, value in bound.items() if name in names}
    fun, x0 = given.pop("fun"), given.pop("x0", None)
    kept = {k: v for k, v in given.items() if callable(v) or v is True}
    if function.__name__ in VALUE_TOO and not kept and not bound.get("approx_grad"):
        kept = {"jac": True}
    if not kept or x0 is None or any(bound.get(name) for name in UNSUITABLE):
        return None
    more = bound.get("args", ())
    more = more if isinstance(more, tuple) else (more,)
    return Passed(function.__name__, fun, x0, more, dict(bound.get("kwargs") or {}), kept)
