"""A recorded program, differentiated by a framework."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.errors import TracingError
from crosscheck.frameworks import framework
from crosscheck.ir.recording import same_value

if TYPE_CHECKING:
    from crosscheck.ir.program import Array
    from crosscheck.ir.recording import Recording


def backend(key: str) -> Any:
    """Return the module that runs programs with a framework.

    Raises:
        ValueError: there is no framework of that key.

    """
    return importlib.import_module(framework(key).backend)


def prepare(key: str) -> None:
    """Import what a framework needs, before threads run: imports in two of them may collide."""
    backend(key).kernels()


def differentiate(
    recording: Recording, key: str, dtype: str = "float64"
) -> tuple[Array, list[Array]]:
    """Return a recorded loss and the gradients of its parameters, computed in one precision.

    All of the program runs in that precision, whatever precision the user's code chose inside: in
    float64 the result is that of the formulas, and in float32 it shows the rounding of this very
    computation.

    Raises:
        TracingError: the framework computed another value.
        ValueError: unknown framework.

    """
    run = backend(key).run
    leaves = [leaf.astype(dtype, copy=False) for leaf in recording.leaves]
    value, gradients = run(recording.program.in_precision(dtype), leaves)
    if dtype == "float64" and not recording.is_near:
        _check(value, gradients, recording, framework(key).name)
    return value, gradients


def _check(value: Array, gradients: list[Array], recorded: Recording, name: str) -> None:
    """Raise TracingError unless value and dtypes are NumPy's."""
    precision = np.dtype(recorded.program.precision)
    if not same_value(value, recorded.value, float(np.finfo(precision).eps)):
        msg = f"{name} computed {value!r} where NumPy computed {recorded.value!r}"
        raise TracingError(msg)
    for gradient, leaf in zip(gradients, recorded.leaves, strict=True):
        if gradient.dtype != np.float64 or gradient.shape != leaf.shape:
            kinds = f"{gradient.dtype}{gradient.shape} for float64{leaf.shape}"
            msg = f"{name} gave a gradient {kinds}"
            raise TracingError(msg)
