"""Parameters that an object keeps in itself, found by what people call them and their gradients.

A parameter is a float array that the forward pass reads, as a change of it shows. Its gradient is
what the backward pass leaves under a name that belongs to it: `W` and `dW`, `params["W1"]` and
`grads["W1"]`, `weight.data` and `weight.grad`. What no convention tells is not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.objects.walk import follow, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosscheck.certification.swap import Swap
    from crosscheck.objects.walk import Path


@dataclass(frozen=True)
class Gradient:
    """Where backward leaves a gradient: at a path from an object, or in what it returns.

    With a `rate` the parameter itself is there, which backward has updated.
    """

    start: Any
    path: Path
    rate: float = 0.0

    def read(self, returned: Any, old: Any = None) -> Any:
        """Return what is there now; None if nothing is. `old` is the parameter as it was."""
        try:
            found = follow(returned if self.start is None else self.start, self.path)
        except (KeyError, TypeError):
            return None
        return (old - found) / self.rate if self.rate else found

    def __str__(self) -> str:
        """Return where it is."""
        if self.rate:
            return "old − new"
        if self.start is None:
            return f"returned {written(self.path)}".rstrip()
        return written(self.path)


@dataclass(frozen=True)
class Own:
    """An object's own parameters by name, and where their gradients are.

    `unjudged`: what forward reads and backward leaves no gradient for, as text. `missing`: the
    names of those that should have one, since others beside them do, or there is a place for it.
    """

    swap: Swap
    values: Mapping[str, Any] = field(default_factory=dict)
    gradients: Mapping[str, Gradient] = field(default_factory=dict)
    unjudged: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def pairs(self) -> tuple[str, ...]:
        """Each parameter with the place of its gradient, as text."""
        return tuple(f"{name} ({gradient})" for name, gradient in self.gradients.items())

    def enter(self, given: Mapping[str, Any]) -> None:
        """Start from the state as it was, with the parameters exchanged for what is given."""
        values = {name: given.get(name, own) for name, own in self.values.items()}
        copied = {name: np.copy(value) for name, value in values.items() if self._is_updated(name)}
        self.swap.enter(values | copied)

    def _is_updated(self, name: str) -> bool:
        return bool(self.gradients[name].rate)

    @property
    def updates(self) -> bool:
        """Whether backward updates parameters."""
        return any(map(self._is_updated, self.gradients))

    def read(self, returned: Any, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the gradients as they are now, at the given parameters."""
        return {
            name: gradient.read(returned, given.get(name, self.values[name]))
            for name, gradient in self.gradients.items()
        }


def is_float(thing: Any) -> bool:
    """Return whether a thing is an array of floats."""
    return isinstance(thing, np.ndarray) and thing.dtype.kind == "f"


def by_name(result: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return what backward returned, by the names of the differentiable inputs."""
    if isinstance(result, Mapping):
        return dict(result)
    if len(names) == 1 and not isinstance(result, list | tuple):
        return {names[0]: result}
    return dict(zip(names, result, strict=False)) if isinstance(result, list | tuple) else {}
