"""PyTorch functions, `torch.autograd.Function` among them, run forward and backward."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from crosscheck.certification.kernels.runner import Pass, is_float
from crosscheck.certification.kernels.torch_calls import as_array, call, grad
from crosscheck.ir.program import evaluate
from crosscheck.ir.torch_backend import kernels

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crosscheck.ir.program import Program

    Array = np.ndarray[Any, Any]


class TorchRunner:
    """PyTorch on one device."""

    key = "torch"

    def __init__(self, device: str = "cpu") -> None:
        """Run on a device, by PyTorch's name."""
        self.device = device

    def rounded(self, array: Array, dtype: str) -> Array:
        """Return a float array rounded to a precision, in float64."""
        return np.asarray(torch.tensor(array).to(getattr(torch, dtype)).double().numpy())

    def run(
        self,
        function: Callable[..., Any],
        inputs: Sequence[Any],
        dtype: str,
        cotangents: Sequence[Array] | None = None,
    ) -> Pass:
        """Run a function forward and backward; without cotangents forward alone."""
        tensors = self.tensors(inputs, dtype)
        before = [t.detach().clone() for t in tensors if isinstance(t, torch.Tensor)]
        leaves = [t for t in tensors if isinstance(t, torch.Tensor) and t.is_floating_point()]
        outputs = call(function, tensors)
        found = tuple(map(as_array, outputs))
        faults = [f"an output is {o.dtype} for {dtype} inputs" for o in outputs if _odd(o, dtype)]
        if cotangents is None:
            return Pass(found, ())
        douts = [self.array(c, dtype) for c in cotangents]
        kept = [dout.clone() for dout in douts]
        gradients = grad(outputs, leaves, douts)
        after = [t for t in tensors if isinstance(t, torch.Tensor)]
        if not all(map(torch.equal, before, (t.detach() for t in after))):
            faults.append("an input is modified in place")
        if not all(map(torch.equal, kept, douts)):
            faults.append("the upstream gradient is modified in place")
        found_gradients = tuple(None if g is None else as_array(g) for g in gradients)
        return Pass(found, found_gradients, tuple(dict.fromkeys(faults)))

    def side_effects(
        self,
        function: Callable[..., Any],
        reference: Callable[..., Any] | None,
        inputs: Sequence[Any],
        cotangents: Sequence[Array],
    ) -> tuple[list[str], list[str]]:
        """Return what a function does wrong beside its numbers, in float64, and remarks."""
        from crosscheck.certification.kernels.torch_side_effects import Subject, side_effects

        return side_effects(Subject(self, function, inputs, cotangents), reference)

    def own_checks(
        self, function: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Array]
    ) -> list[tuple[str, str]]:
        """Return what gradcheck, and for an operator opcheck, says of a function."""
        from crosscheck.certification.kernels.torch_side_effects import Subject, own_checks

        return [*own_checks(Subject(self, function, inputs, cotangents))]

    def gradients(self, program: Program, leaves: Sequence[Array], dtype: str) -> list[Array]:
        """Return the gradients of a recorded loss, computed in a precision, in float64."""
        wide = program.in_precision("float64")
        nodes = (
            replace(node, static=(dtype,)) if node.static == ("float64",) else node
            for node in wide.structure.nodes
        )
        structure = replace(wide.structure, nodes=tuple(nodes))
        constants = [self.array(constant, dtype) for constant in wide.constants]
        tensors = [self.array(leaf, dtype).requires_grad_() for leaf in leaves]
        with torch.enable_grad():
            (loss,) = evaluate(structure, tensors, constants, kernels())
        found = torch.autograd.grad(
            loss.reshape(()), tensors, allow_unused=True, materialize_grads=True
        )
        return [as_array(g) for g in found]

    def array(self, array: Array, dtype: str) -> torch.Tensor:
        """Return a tensor, a float one in a precision."""
        floats = array.dtype.kind == "f"
        kind = getattr(torch, dtype) if floats else None
        return torch.tensor(array, dtype=kind, device=self.device)

    def tensors(self, inputs: Sequence[Any], dtype: str, only: int | None = None) -> list[Any]:
        """Return the inputs as tensors; all floats need gradients, or only one of them."""
        tensors: list[Any] = []
        number = 0
        for value in inputs:
            if is_float(value):
                tensor = self.array(value, dtype)
                tensors.append(tensor.requires_grad_(only in {None, number}))
                number += 1
            elif isinstance(value, np.ndarray):
                tensors.append(torch.tensor(value, device=self.device))
            else:
                tensors.append(value)
        return tensors


def _odd(output: torch.Tensor, dtype: str) -> bool:
    return bool(output.dtype != getattr(torch, dtype))
