"""The two oracles: the rebuilt examples, evaluated by PyTorch and by JAX. Each one's plumbing, once.

An oracle answers requests with quantities, as NumPy arrays in the precision that was asked for.
Both compute on the CPU and leave no configuration of their framework behind.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.quantities import named

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crosscheck.quantities import Oracle, Point, Quantities, Request
    from reference.example import Array


def pytorch(requests: Sequence[Request]) -> list[list[Quantities]]:
    """Answer each request by PyTorch autograd and torch.optim.SGD."""
    return [_pytorch(request) for request in requests]


def jax(requests: Sequence[Request]) -> list[list[Quantities]]:
    """Answer each request by jax.value_and_grad, compiled by jit."""
    import jax as framework

    # Without x64, JAX would round float64 inputs to float32 and say nothing.
    with (
        framework.enable_x64(True),  # noqa: FBT003 - JAX's own signature
        framework.default_device(framework.local_devices(backend="cpu")[0]),
        framework.default_matmul_precision("highest"),
    ):
        return [[_jax(request, point) for point in request.points] for request in requests]


ORACLES: Mapping[str, Oracle] = {"PyTorch": pytorch, "JAX": jax}


def _pytorch(request: Request) -> list[Quantities]:
    """Answer one request; all its descents share an optimiser, which moves each on its own."""
    import torch

    from crosscheck.rebuilt import torch_autograd as rebuilt

    loss = getattr(rebuilt, request.example)
    cast = functools.partial(torch.tensor, dtype=getattr(torch, request.dtype), device="cpu")

    def leaves(point: Point) -> dict[str, torch.Tensor]:
        return {name: cast(array, requires_grad=True) for name, array in point.params.items()}

    data = [{name: cast(array) for name, array in point.data.items()} for point in request.points]
    with torch.enable_grad():
        starts = [leaves(point) for point in request.points]
        losses = [loss(**params, **given) for params, given in zip(starts, data, strict=True)]
        torch.autograd.backward(losses)
        grads = [{name: leaf.grad for name, leaf in params.items()} for params in starts]

        training = rebuilt.TRAINING.get(request.example)
        trajectory: list[list[dict[str, Array]]] = [[] for _ in request.points]
        if training is not None:
            moving = [leaves(point) for point in request.points]
            updated = [params[name] for params in moving for name in training.updated]
            optimizer = torch.optim.SGD(updated, lr=training.learning_rate)
            for _ in range(training.steps):
                optimizer.zero_grad()
                torch.autograd.backward(
                    [loss(**params, **given) for params, given in zip(moving, data, strict=True)]
                )
                optimizer.step()
                for steps, params in zip(trajectory, moving, strict=True):
                    steps.append({k: v.detach().numpy().copy() for k, v in params.items()})

    return [
        _checked(
            named(
                value.detach().numpy(),
                {name: grad.numpy() for name, grad in gradient.items() if grad is not None},
                steps,
            ),
            request.dtype,
        )
        for value, gradient, steps in zip(losses, grads, trajectory, strict=True)
    ]


def _jax(request: Request, point: Point) -> Quantities:
    """Answer one request at one point."""
    value_and_grad, descent = _compiled(request.example)
    params, data = point.cast(request.dtype)
    loss, grads = value_and_grad(params, data)
    stacked = {name: np.asarray(a) for name, a in descent(params, data).items()} if descent else {}
    steps = len(next(iter(stacked.values()), ()))
    trajectory = [{name: a[i] for name, a in stacked.items()} for i in range(steps)]
    grads = {name: np.asarray(grad) for name, grad in grads.items()}
    return _checked(named(np.asarray(loss), grads, trajectory), request.dtype)


@functools.cache
def _compiled(example: str) -> tuple[Any, Any]:
    """Return the example's value_and_grad(params, data), and its descent if it is trained."""
    import jax as framework

    from crosscheck.rebuilt import jax_grad as rebuilt

    loss = getattr(rebuilt, example)
    value_and_grad = framework.jit(
        framework.value_and_grad(lambda params, data: loss(**params, **data))
    )
    training = rebuilt.TRAINING.get(example)
    if training is None:
        return value_and_grad, None

    @framework.jit
    def descent(params: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        def step(params: dict[str, Any], _: None) -> tuple[dict[str, Any], dict[str, Any]]:
            _, grads = value_and_grad(params, data)
            moved = {
                name: value - training.learning_rate * grads[name]
                if name in training.updated
                else value
                for name, value in params.items()
            }
            return moved, moved

        return framework.lax.scan(step, params, length=training.steps)[1]

    return value_and_grad, descent


def _checked(quantities: Quantities, dtype: str) -> Quantities:
    """Return the quantities; raise TypeError if a framework left the precision it was asked for."""
    for name, array in quantities.items():
        if array.dtype != dtype:
            msg = f"{name} came back as {array.dtype} where {dtype} went in; nothing can be judged"
            raise TypeError(msg)
    return quantities
