"""A torch.autograd.Function, judged against autograd of its own forward pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crosscheck.discover.judge import Outcome, outcome_of
from crosscheck.discover.results import UNKNOWN, WRONG

if TYPE_CHECKING:
    from collections.abc import Sequence

FLAT = "autograd of its forward pass gives no gradient: it is no reference, or one on purpose"


class Context:
    """What a forward pass keeps for its backward pass; nobody reads it."""

    needs_input_grad = (True,) * 32

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


def judge_function(function: Any, inputs: Sequence[Any]) -> Outcome:
    """Return what a call of an autograd.Function shows.

    Its forward pass is differentiated by autograd. Where that gives nothing (the forward pass
    leaves autograd, or is flat where a surrogate is wanted), it is no reference.

    Args:
        function: the subclass.
        inputs: of its forward pass, without the context.

    Returns:
        The outcome.

    """
    import torch

    from crosscheck.certification.kernels.certify import certify_function

    def reference(*values: Any) -> Any:
        return function.forward(Context(), *values)

    leaves = [v.detach().double().requires_grad_() if _is_float(v) else v for v in inputs]
    outputs = reference(*leaves)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    differentiable = [out for out in outputs if _is_float(out) and out.requires_grad]
    wanted = [leaf for leaf in leaves if _is_float(leaf)]
    if not differentiable:
        return Outcome(UNKNOWN, reason=FLAT)
    total = sum(out.square().sum() for out in differentiable)
    grads: Any = torch.autograd.grad(total, wanted, allow_unused=True)
    if any(grad is None or not bool(grad.any()) for grad in grads):
        return Outcome(UNKNOWN, reason=FLAT)
    outcome = outcome_of(certify_function(function, reference, list(inputs), ["float64"]), "kernel")
    if outcome.verdict == WRONG and not _is_consistent(reference, leaves, grads):
        return Outcome(UNKNOWN, reason="its forward pass leaves autograd on the way")
    return outcome


def _is_consistent(reference: Any, leaves: Sequence[Any], grads: Sequence[Any]) -> bool:
    """Return whether autograd of the forward pass is what central differences of it say."""
    import torch

    from crosscheck.core.differences import along

    generator = torch.Generator().manual_seed(0)
    places = [i for i, leaf in enumerate(leaves) if _is_float(leaf)]
    for i, grad in zip(places, grads, strict=True):
        way = 0.1 * torch.randn(leaves[i].shape, generator=generator, dtype=torch.float64)

        def moved(t: float, i: int = i, way: Any = way) -> float:
            values = [v.detach() if _is_float(v) else v for v in leaves]
            values[i] = values[i] + t * way
            outputs = reference(*values)
            outputs = outputs if isinstance(outputs, tuple) else (outputs,)
            return float(sum(out.square().sum() for out in outputs if _is_float(out)))

        estimate, expected = along(moved), float((grad * way).sum())
        if not abs(float(estimate.value) - expected) <= 1e-6 * max(abs(expected), estimate.gap):
            return False
    return True


def _is_float(value: Any) -> bool:
    return hasattr(value, "is_floating_point") and bool(value.is_floating_point())
