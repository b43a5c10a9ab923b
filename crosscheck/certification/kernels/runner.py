"""What a framework does with a function: outputs and gradients, for given cotangents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crosscheck.ir.program import Program

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Pass:
    """One forward and backward pass, in float64 arrays whatever precision it ran in.

    Attributes:
        outputs: the float outputs.
        gradients: of the float inputs; None where the function returns none.
        faults: what is wrong beside the numbers.

    """

    outputs: tuple[Array, ...]
    gradients: tuple[Array | None, ...]
    faults: tuple[str, ...] = ()


class Runner(Protocol):
    """A framework that runs functions of its own arrays."""

    key: str

    def rounded(self, array: Array, dtype: str) -> Array:
        """Return a float array rounded to a precision, in float64."""

    def run(
        self,
        function: Callable[..., Any],
        inputs: Sequence[Any],
        dtype: str,
        cotangents: Sequence[Array] | None = None,
    ) -> Pass:
        """Run a function forward and backward; without cotangents forward alone."""

    def side_effects(
        self,
        function: Callable[..., Any],
        reference: Callable[..., Any] | None,
        inputs: Sequence[Any],
        cotangents: Sequence[Array],
    ) -> tuple[list[str], list[str]]:
        """Return what a function does wrong beside its numbers, in float64, and remarks."""

    def own_checks(
        self, function: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Array]
    ) -> list[tuple[str, str]]:
        """Return what the framework's own checks say of a function, by their names."""

    def gradients(self, program: Program, leaves: Sequence[Array], dtype: str) -> list[Array]:
        """Return the gradients of a recorded loss, computed in a precision, in float64."""


def is_float(value: Any) -> bool:
    """Whether an input is differentiated."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"
