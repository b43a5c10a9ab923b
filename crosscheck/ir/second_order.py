"""The Hessian of a recorded loss times a vector, differentiated twice by a framework."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.ir.program import evaluate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crosscheck.ir.program import Array, Program, Structure

    Twice = tuple[list[Array], list[Array]]  # the gradients, and the Hessian times the vectors


def twice(key: str, program: Program, leaves: Sequence[Array], vectors: Sequence[Array]) -> Twice:
    """Return the gradients of a recorded loss, and its Hessian times vectors, by a framework.

    Raises:
        ValueError: NumPy has no derivative of its own reverse pass.

    """
    if key not in TWICE:
        msg = f"{key} does not differentiate twice; pass oracles=('torch', 'jax')"
        raise ValueError(msg)
    return TWICE[key](program, leaves, vectors)


def _torch(program: Program, leaves: Sequence[Array], vectors: Sequence[Array]) -> Twice:
    import torch

    from crosscheck.ir.torch_backend import kernels, torch_pinned

    with (
        torch.inference_mode(mode=False),
        torch.enable_grad(),
        torch_pinned(program, leaves),
    ):
        tensors = [torch.tensor(leaf).requires_grad_() for leaf in leaves]
        constants = [torch.from_numpy(constant) for constant in program.constants]
        (value,) = evaluate(program.structure, tensors, constants, kernels())
        known: Any = {"allow_unused": True, "materialize_grads": True}
        zeros = [torch.zeros_like(leaf) for leaf in tensors]
        first: Sequence[torch.Tensor] = zeros
        second: Sequence[torch.Tensor] = zeros
        if value.requires_grad:
            first = torch.autograd.grad(value.reshape(()), tensors, create_graph=True, **known)
        along = sum(
            (torch.sum(g * torch.from_numpy(v)) for g, v in zip(first, vectors, strict=True)),
            start=torch.zeros((), dtype=tensors[0].dtype),
        )
        if along.requires_grad:  # else the loss is linear
            second = torch.autograd.grad(along, tensors, **known)
    return [g.detach().numpy() for g in first], [h.detach().numpy() for h in second]


@functools.lru_cache(maxsize=16)
def _jax_twice(structure: Structure) -> Callable[..., Any]:
    """Return both derivatives of programs with one structure, compiled."""
    import jax

    from crosscheck.ir.jax_backend import QUICK_COMPILATION, kernels

    def value(leaves: Any, constants: Any) -> Any:
        (output,) = evaluate(structure, leaves, constants, kernels())
        return jax.numpy.reshape(output, ())

    def both(leaves: Any, constants: Any, along: Any) -> Any:
        arrays = [jax.numpy.asarray(constant) for constant in constants]
        return jax.jvp(lambda xs: jax.grad(value)(xs, arrays), (leaves,), (along,))

    compiled: Callable[..., Any] = jax.jit(both, compiler_options=QUICK_COMPILATION)
    return compiled


def _jax(program: Program, leaves: Sequence[Array], vectors: Sequence[Array]) -> Twice:
    from crosscheck.ir.jax_backend import jax_pinned

    with jax_pinned():
        both = _jax_twice(program.structure)
        first, second = both(list(leaves), list(program.constants), list(vectors))
        return [np.asarray(g) for g in first], [np.asarray(h) for h in second]


TWICE = {"torch": _torch, "jax": _jax}
