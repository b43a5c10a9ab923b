"""One call of a PyTorch function, and the gradients of its outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    Array = np.ndarray[Any, Any]


def call(function: Any, tensors: list[Any]) -> tuple[torch.Tensor, ...]:
    """Return the float outputs of a function, or of an autograd.Function."""
    is_class = isinstance(function, type) and issubclass(function, torch.autograd.Function)
    with torch.enable_grad():
        result = (function.apply if is_class else function)(*tensors)
    outputs = result if isinstance(result, tuple | list) else (result,)
    return tuple(o for o in outputs if isinstance(o, torch.Tensor) and o.is_floating_point())


def grad(
    outputs: Sequence[torch.Tensor],
    leaves: Sequence[torch.Tensor],
    douts: Sequence[torch.Tensor],
    *,
    create_graph: bool = False,
    keep: bool = False,
) -> list[torch.Tensor | None]:
    """Return the gradients; None for an input that gets none. `keep` leaves the graph usable."""
    pairs = [(o, d) for o, d in zip(outputs, douts, strict=True) if o.requires_grad]
    if not pairs:
        return [None for _ in leaves]
    out, dout = zip(*pairs, strict=True)
    kept = {"create_graph": create_graph, "retain_graph": keep or create_graph}
    return [*torch.autograd.grad(out, leaves, dout, allow_unused=True, **kept)]


def as_array(tensor: torch.Tensor) -> Array:
    """Return a tensor as an array of float64."""
    return np.asarray(tensor.detach().double().cpu().numpy())
