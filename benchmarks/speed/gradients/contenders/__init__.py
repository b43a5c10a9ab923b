"""The contenders: hand-written NumPy and each framework, as functions of a case.

Each returns a job, which computes the case once and returns arrays by name: the gradients, or for
an update the new parameters. What can be prepared once is prepared before; compilation happens in
the first call.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.speed.gradients.cases import Case

    Job = Callable[[], Mapping[str, Any]]


@dataclass(frozen=True)
class Contender:
    """A function of a module beside this one, and the environment that its process needs."""

    function: str
    package: str = "numpy"
    environment: Mapping[str, str] = field(default_factory=dict)


def prepared(function: str, case: Case) -> Job:
    """Return the job of a case, by its function's name, such as "hand_written.job"."""
    module, _, name = function.partition(".")
    result: Job = getattr(importlib.import_module(f"{__name__}.{module}"), name)(case)
    return result


def widened(contenders: Mapping[str, Contender], kernel: str) -> dict[str, Contender]:
    """Return hand-written NumPy, and its limit, with another kernel of OpenBLAS."""
    environment = {"OPENBLAS_CORETYPE": kernel}
    return {
        f"{name}, {kernel} kernel": replace(contenders[name], environment=environment)
        for name in (HAND_WRITTEN, LIMIT)
    }


HAND_WRITTEN, AGAIN, LIMIT = "hand-written NumPy", "hand-written NumPy, again", "the limit"
CHECKED, SCANNED = "hand-written NumPy, input checked", "jax.jit, steps in one scan"
EAGER, COMPILED, JIT, HIPS = "PyTorch eager", "torch.compile", "jax.jit", "HIPS autograd"
CONTENDERS = {
    HAND_WRITTEN: Contender("hand_written.job"),
    AGAIN: Contender("hand_written.job"),
    LIMIT: Contender("limit.job"),
    CHECKED: Contender("hand_written.checked"),
    EAGER: Contender("pytorch.eager", "torch"),
    COMPILED: Contender("pytorch.compiled", "torch"),
    JIT: Contender("jax_jit.job", "jax", {"JAX_ENABLE_X64": "1"}),
    SCANNED: Contender("jax_jit.scanned", "jax", {"JAX_ENABLE_X64": "1"}),
    HIPS: Contender("hips.job", "autograd"),
}
