"""The two oracles: the rebuilt examples in PyTorch and in JAX, and each one's plumbing, once.

An oracle answers requests with quantities, as NumPy arrays in the precision that was asked for.
Both compute on the CPU and leave no configuration of their framework behind.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from crosscheck.core.types import named
from crosscheck.examples import page_oracles
from crosscheck.examples.page_oracles import is_page
from crosscheck.ir.jax_backend import jax_pinned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crosscheck.core.types import Oracle, Quantities, Request


def pytorch(requests: Sequence[Request]) -> list[list[Quantities]]:
    """Answer each request by PyTorch autograd and torch.optim.SGD."""
    return [_pytorch(request) for request in requests]


def jax(requests: Sequence[Request]) -> list[list[Quantities]]:
    """Answer each request by jax.value_and_grad, compiled by jit."""
    with jax_pinned():
        return [_jax(request) for request in requests]


ORACLES: Mapping[str, Oracle] = {"PyTorch": pytorch, "JAX": jax}


def _pytorch(request: Request) -> list[Quantities]:
    """Answer one request. All points of an example share one backward pass and one optimiser."""
    if is_page(request.example):
        return [_checked(found, request.dtype) for found in page_oracles.pytorch(request)]
    import torch

    from crosscheck.examples.rebuilt.torch_autograd import document as rebuilt

    loss = getattr(rebuilt, request.example)
    training = rebuilt.TRAINING.get(request.example)
    cast = functools.partial(torch.tensor, dtype=getattr(torch, request.dtype), device="cpu")
    data = [{name: cast(array) for name, array in point.data.items()} for point in request.points]

    def leaves() -> list[dict[str, torch.Tensor]]:
        return [
            {name: cast(array, requires_grad=True) for name, array in point.params.items()}
            for point in request.points
        ]

    def backward(everywhere: list[dict[str, torch.Tensor]]) -> list[torch.Tensor]:
        pairs = zip(everywhere, data, strict=True)
        losses = [loss(**params, **given) for params, given in pairs]
        torch.autograd.backward(losses)
        return losses

    with torch.enable_grad():
        start = leaves()
        losses = backward(start)
        moving = leaves()
        after: list[list[dict[str, torch.Tensor]]] = []  # step, point, parameter
        if training is not None:
            optimizer = torch.optim.SGD(
                [params[name] for params in moving for name in training.updated],
                lr=training.learning_rate,
            )
            for _ in range(training.steps):
                optimizer.zero_grad()
                backward(moving)
                optimizer.step()
                after.append(
                    [{k: v.detach().clone() for k, v in params.items()} for params in moving]
                )

    def quantities(i: int) -> Quantities:
        grads = {k: v.grad.numpy() for k, v in start[i].items() if v.grad is not None}
        trajectory = {
            name: torch.stack([points[i][name] for points in after]).numpy()
            for name in (start[i] if after else ())
        }
        return named(losses[i].detach().numpy(), grads, trajectory)

    return [_checked(quantities(i), request.dtype) for i in range(len(request.points))]


def _jax(request: Request) -> list[Quantities]:
    """Answer one request."""
    if is_page(request.example):
        found = page_oracles.jax(request)
    else:
        run = _compiled(request.example)
        found = [named(*run(*point.cast(request.dtype))) for point in request.points]
    return [_checked(quantities, request.dtype) for quantities in found]


@functools.cache
def _compiled(example: str) -> Any:
    """Return a compiled function: params, data -> loss, gradients, parameters after every step."""
    import jax as framework

    from crosscheck.examples.rebuilt.jax_grad import document as rebuilt

    loss = getattr(rebuilt, example)
    training = rebuilt.TRAINING.get(example)
    value_and_grad = framework.value_and_grad(lambda params, data: loss(**params, **data))

    @framework.jit
    def run(params: dict[str, Any], data: dict[str, Any]) -> tuple[Any, Any, Any]:
        value, grads = value_and_grad(params, data)
        if training is None:
            return value, grads, {}

        def step(params: dict[str, Any], _: None) -> tuple[dict[str, Any], dict[str, Any]]:
            _, grads = value_and_grad(params, data)
            moved = {
                name: params[name] - training.learning_rate * grads[name]
                for name in training.updated
            }
            return {**params, **moved}, {**params, **moved}

        return value, grads, framework.lax.scan(step, params, length=training.steps)[1]

    return run


def _checked(quantities: Quantities, dtype: str) -> Quantities:
    """Return the quantities; raise TypeError if a framework left the precision it was asked for."""
    for name, array in quantities.items():
        if array.dtype != dtype:
            msg = f"{name} came back as {array.dtype} where {dtype} went in; nothing can be judged"
            raise TypeError(msg)
    return quantities
