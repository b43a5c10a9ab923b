"""Classic mistakes, a line each, and the hand-written gradients with one of them planted."""

from __future__ import annotations

import functools
import inspect
from types import ModuleType
from typing import TYPE_CHECKING, cast

import numpy as np

from benchmarks.accuracy.networks.mistakes.branches import BRANCHING, STRUCTURED
from benchmarks.accuracy.networks.mistakes.convolution import CONVOLUTION, LOOPS
from benchmarks.accuracy.networks.mistakes.dense import DENSE, DROPOUT, PENALISED, RESIDUAL, TIED
from benchmarks.accuracy.networks.mistakes.layers import ATTENTION, EMBEDDED, NORMALISED, RECURRENT
from benchmarks.accuracy.networks.mistakes.mistake import Mistake
from benchmarks.accuracy.networks.zoo import (
    attention,
    branching,
    convolution,
    dense,
    dropout,
    embedded,
    loops,
    normalised,
    parts,
    penalised,
    recurrent,
    residual,
    structured,
    tied,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference.example import Grads

__all__ = ["MISTAKES", "Mistake", "planted"]

MISTAKES: dict[ModuleType, tuple[Mistake, ...]] = {
    attention: ATTENTION,
    branching: BRANCHING,
    convolution: CONVOLUTION,
    dense: DENSE,
    dropout: DROPOUT,
    embedded: EMBEDDED,
    loops: LOOPS,
    normalised: NORMALISED,
    penalised: PENALISED,
    recurrent: RECURRENT,
    residual: RESIDUAL,
    structured: STRUCTURED,
    tied: TIED,
}


@functools.cache
def planted(module: ModuleType, mistake: Mistake) -> Callable[..., Grads]:
    """Return a module's gradient with a mistake in it; raise if `right` stands nowhere."""
    source = inspect.getsource(module)
    if mistake.right not in source:
        msg = f"{module.__name__} has no {mistake.right!r}; correct the mistake {mistake.kind!r}"
        raise ValueError(msg)
    wrong = ModuleType(module.__name__)
    # what a mistake may need beyond its module's own imports
    vars(wrong).update(np=np, softmax=parts.softmax)
    code = compile(source.replace(mistake.right, mistake.wrong), f"<{mistake.kind}>", "exec")
    exec(code, vars(wrong))  # noqa: S102 - our own source
    return cast("Callable[..., Grads]", wrong.gradient)
