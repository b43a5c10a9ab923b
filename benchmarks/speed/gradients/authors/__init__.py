"""Who computes a gradient. Each author's function, of a case, returns what does it once.

That returns arrays by name: the gradients, or for an update the new parameters. What can be
prepared once is prepared before; compilation happens in the first call.
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
class Author:
    """A function of a module beside this one, and the environment that its process needs."""

    function: str
    package: str = "numpy"
    environment: Mapping[str, str] = field(default_factory=dict)


def prepared(function: str, case: Case) -> Job:
    """Return what computes the case once, by the function of that name: "hand.job"."""
    module, _, name = function.partition(".")
    result: Job = getattr(importlib.import_module(f"{__name__}.{module}"), name)(case)
    return result


def widened(authors: Mapping[str, Author], kernel: str) -> dict[str, Author]:
    """Return what is by hand, and its limit, once more with another kernel of OpenBLAS."""
    environment = {"OPENBLAS_CORETYPE": kernel}
    return {
        f"{name}, {kernel} kernel": replace(authors[name], environment=environment)
        for name in (HAND, LIMIT)
    }


HAND, AGAIN, LIMIT = "NumPy by hand", "NumPy by hand, again", "the limit"
CHECKED, SCANNED = "NumPy by hand, input checked", "jax.jit, steps in one scan"
EAGER, COMPILED, JIT, HIPS = "PyTorch eager", "torch.compile", "jax.jit", "HIPS autograd"
AUTHORS = {
    HAND: Author("hand.job"),
    AGAIN: Author("hand.job"),
    LIMIT: Author("limit.job"),
    CHECKED: Author("hand.checked"),
    EAGER: Author("pytorch.eager", "torch"),
    COMPILED: Author("pytorch.compiled", "torch"),
    JIT: Author("jax_jit.job", "jax", {"JAX_ENABLE_X64": "1"}),
    SCANNED: Author("jax_jit.scanned", "jax", {"JAX_ENABLE_X64": "1"}),
    HIPS: Author("hips.job", "autograd"),
}
