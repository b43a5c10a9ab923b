"""A loss that somebody rebuilt in a framework, handed in as an oracle: its value and gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crosscheck.certification.user_loss import call_with_note, name_of
from crosscheck.core.pytree import flatten, rebuild
from crosscheck.core.types import named

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crosscheck.certification.user_loss import UserLoss
    from crosscheck.core.types import Point, Quantities, Request


def ask(
    framework: str, loss: Callable[..., Any], user_loss: UserLoss, requests: Sequence[Request]
) -> list[list[Quantities]]:
    """Answer requests by a loss in `framework`, called as the NumPy one but with its own arrays.

    Raises TypeError where the loss or a gradient does not come back in the precision asked for.
    """
    differentiate = {"torch": _torch, "jax": _jax}[framework]
    return [
        [_answer(differentiate, loss, user_loss, point, request.dtype) for point in request.points]
        for request in requests
    ]


def _answer(
    differentiate: Callable[..., Any],
    loss: Callable[..., Any],
    user_loss: UserLoss,
    point: Point,
    dtype: str,
) -> Quantities:
    """Return the rebuilt loss and its gradients at a point, in one precision."""
    arguments = user_loss.arguments(point)
    params = {name: arguments.pop(name) for name in user_loss.params}
    value, grads = differentiate(loss, params, arguments, dtype)
    result = named(value, dict(zip(point.params, grads, strict=True)), {})
    for quantity, array in result.items():
        if array.dtype != dtype or (quantity == "loss" and array.shape != ()):
            msg = (
                f"rebuilt: {quantity} came back as {array.dtype} of shape {array.shape} where "
                f"{dtype} went in; a loss is one number, in the precision of its parameters"
            )
            raise TypeError(msg)
    return result


def _torch(loss: Callable[..., Any], params: Any, data: Any, dtype: str) -> tuple[Any, list[Any]]:
    """Return the loss and the gradients of the leaves of `params`, by autograd on the CPU."""
    import torch

    def tensor(leaf: Any) -> Any:
        kind = getattr(torch, dtype) if leaf.dtype.kind == "f" else None
        return torch.tensor(leaf, dtype=kind, device="cpu")

    leaves = [tensor(np.asarray(leaf)).requires_grad_() for leaf in flatten(params).values()]
    with torch.enable_grad():
        value = call_with_note(loss, **rebuild(params, iter(leaves)), **_converted(data, tensor))
        if not isinstance(value, torch.Tensor) or value.ndim or not value.requires_grad:
            msg = (
                f"rebuilt: {name_of(loss)} returned {value!r} for torch; a loss is a tensor of "
                "shape () that depends on its parameters"
            )
            raise TypeError(msg)
        grads = torch.autograd.grad(value, leaves, allow_unused=True, materialize_grads=True)
    return value.detach().numpy(), [grad.numpy() for grad in grads]


def _jax(loss: Callable[..., Any], params: Any, data: Any, dtype: str) -> tuple[Any, list[Any]]:
    """Return the loss and the gradients of the leaves of `params`, by jax.value_and_grad."""
    import jax

    from crosscheck.ir.jax_backend import jax_pinned

    def array(leaf: Any) -> Any:
        return jax.numpy.asarray(leaf.astype(dtype) if leaf.dtype.kind == "f" else leaf)

    with jax_pinned():
        leaves = [array(np.asarray(leaf)) for leaf in flatten(params).values()]
        given = _converted(data, array)
        value, grads = jax.value_and_grad(
            lambda xs: call_with_note(loss, **rebuild(params, iter(xs)), **given)
        )(leaves)
        return np.asarray(value), [np.asarray(grad) for grad in grads]


def _converted(data: Any, convert: Callable[[Any], Any]) -> Any:
    """Return the data with every array converted."""
    leaves = [convert(x) if isinstance(x, np.ndarray) else x for x in flatten(data).values()]
    return rebuild(data, iter(leaves))
