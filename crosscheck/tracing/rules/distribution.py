"""Distributions by closed forms: what follows from a form is the same for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from crosscheck.tracing.values import as_array, plain

Form = Callable[..., Any]


@dataclass(frozen=True)
class Distribution:
    """Closed forms of the standardised variable `y` and the shapes.

    `forms` by the name of the method. `support` is between the two numbers, which may depend on
    the shapes; `inner` lies in it, whatever they are.
    """

    shapes: Sequence[str] = ()
    forms: dict[str, Form] = field(default_factory=dict)
    support: tuple[Any, Any] = (-np.inf, np.inf)
    inner: float = 0.5
    discrete: bool = False

    def methods(self) -> dict[str, Form]:
        """The rule of every method that has a closed form."""
        logdensity = self._rule("log", -np.inf, -np.inf)
        name = "pmf" if self.discrete else "pdf"
        found = {f"log{name}": logdensity, name: lambda *a, **k: np.exp(logdensity(*a, **k))}
        for name, below, above in (
            ("cdf", 0.0, 1.0),
            ("sf", 1.0, 0.0),
            ("logcdf", -np.inf, 0.0),
            ("logsf", 0.0, -np.inf),
        ):
            if self._form(name) is not None:
                found[name] = self._rule(name, below, above)
        if "ppf" in self.forms:
            found["ppf"] = self._quantile(lambda q: q)
            found["isf"] = self._quantile(lambda q: 1 - as_array(q))
        return found

    def _form(self, name: str) -> Form | None:
        """The closed form of a method; a logarithm is that of another if it has none of its own."""
        form, of = self.forms.get(name), self.forms.get(name.removeprefix("log"))
        return form if form or not of else lambda *args: np.log(of(*args))

    def _rule(self, name: str, below: float, above: float) -> Form:
        """A method of x, the shapes, location and scale; `below` and `above` the support."""
        form: Any = self._form(name)

        def rule(x: Any, *args: Any, **kwargs: Any) -> Any:
            shapes, loc, scale = self._arguments(args, kwargs)
            y = (as_array(x) - loc) / scale
            low, high = (end(*shapes) if callable(end) else end for end in self.support)
            under, over = plain(y) < plain(low), plain(y) > plain(high)
            if self.discrete:
                whole = np.floor(plain(y))
                under |= (name == "log") & (whole != plain(y))
                y = whole
            value = form(np.where(under | over, self.inner, y), *shapes)
            if name == "log" and not self.discrete:
                value = value - np.log(scale)
            return np.where(over, above, np.where(under, below, value))

        return rule

    def _quantile(self, level: Form) -> Form:
        def rule(q: Any, *args: Any, **kwargs: Any) -> Any:
            shapes, loc, scale = self._arguments(args, kwargs)
            return loc + scale * self.forms["ppf"](level(as_array(q)), *shapes)

        return rule

    def _arguments(self, args: Any, kwargs: dict[str, Any]) -> tuple[list[Any], Any, Any]:
        """The shapes, location and scale of a call."""
        names = (*self.shapes, "loc", *([] if self.discrete else ["scale"]))
        given = {"loc": 0.0, "scale": 1.0, **dict(zip(names, args, strict=False)), **kwargs}
        shapes = [as_array(given[name]) for name in self.shapes]
        return shapes, given["loc"], as_array(given["scale"])
