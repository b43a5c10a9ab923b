"""JAX: the twins of the layers through `jax.vjp`, compiled; x64 must be on."""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, Any

import jax as framework

import reference
from benchmarks.speed.canon.layers import OPTIONS, arrays

if TYPE_CHECKING:
    from benchmarks.speed.gradients.cases import Case
    from benchmarks.speed.gradients.contenders import Job

jax: Any = framework  # parts of it have no types


def job(case: Case) -> Job:
    """One compiled call for forward and backward, and its result awaited."""
    group = reference.PAGES[case.example]
    module = importlib.import_module(f"crosscheck.examples.rebuilt.jax_grad.{group}")
    twin = functools.partial(getattr(module, case.example), **OPTIONS.get(case.example, {}))
    params, dout = jax.tree.map(jax.numpy.asarray, arrays(case))

    def gradients(params: Any, dout: Any) -> Any:
        return jax.vjp(lambda params: twin(**params), params)[1](dout)[0]

    compiled = jax.jit(gradients)
    return lambda: jax.block_until_ready(compiled(params, dout))
