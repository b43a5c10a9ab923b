"""PyTorch functions, `torch.autograd.Function` among them, run forward and backward."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from crosscheck.certification.kernels.runner import Pass, is_float
from crosscheck.certification.side_effects import attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Array = np.ndarray[Any, Any]

CLOSE = 1e-9  # relative: two passes of the same float64 function


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
        tensors = self._tensors(inputs, dtype)
        before = [t.detach().clone() for t in tensors if isinstance(t, torch.Tensor)]
        leaves = [t for t in tensors if isinstance(t, torch.Tensor) and t.is_floating_point()]
        outputs = _call(function, tensors)
        found = tuple(map(_array, outputs))
        faults = [f"an output is {o.dtype} for {dtype} inputs" for o in outputs if _odd(o, dtype)]
        if cotangents is None:
            return Pass(found, ())
        douts = [self._tensor(c, dtype) for c in cotangents]
        kept = [dout.clone() for dout in douts]
        gradients = _grad(outputs, leaves, douts)
        after = [t for t in tensors if isinstance(t, torch.Tensor)]
        if not all(map(torch.equal, before, (t.detach() for t in after))):
            faults.append("an input is modified in place")
        if not all(map(torch.equal, kept, douts)):
            faults.append("the upstream gradient is modified in place")
        found_gradients = tuple(None if g is None else _array(g) for g in gradients)
        return Pass(found, found_gradients, tuple(dict.fromkeys(faults)))

    def side_effects(
        self,
        function: Callable[..., Any],
        reference: Callable[..., Any],
        inputs: Sequence[Any],
        cotangents: Sequence[Array],
    ) -> tuple[list[str], list[str]]:
        """Return what a function does wrong beside its numbers, in float64, and remarks."""
        plain = self.run(function, inputs, "float64", cotangents)
        faults = []
        again = self.run(function, inputs, "float64", cotangents)
        if not _same(plain.gradients, again.gradients, 0.0):
            faults.append("two passes over the same inputs give two gradients")
        for layout, change in LAYOUTS.items():
            changed = [change(self._tensor(c, "float64")) for c in cotangents]
            contiguous = [np.asarray(c.contiguous().cpu().numpy()) for c in changed]
            expected = self.run(function, inputs, "float64", contiguous).gradients
            found, raised = attempt(functools.partial(self._with, function, inputs, changed))
            if raised or not _same(expected, found, CLOSE):
                why = raised or "other gradients come out"
                faults.append(f"wrong for an upstream gradient that is {layout}: {why}")
        faults += self._alone(function, inputs, cotangents, plain)
        return faults, self._twice(function, reference, inputs, cotangents)

    def _alone(
        self,
        function: Callable[..., Any],
        inputs: Sequence[Any],
        cotangents: Sequence[Array],
        plain: Pass,
    ) -> list[str]:
        """Return for which inputs the gradient is another one if they alone need one."""
        faults = []
        count = sum(map(is_float, inputs))
        for k in range(count if count > 1 else 0):
            tensors = self._tensors(inputs, "float64", only=k)
            leaf = next(t for t in tensors if isinstance(t, torch.Tensor) and t.requires_grad)
            douts = [self._tensor(c, "float64") for c in cotangents]
            found, raised = attempt(functools.partial(_pass, function, tensors, [leaf], douts))
            known = plain.gradients[k]
            got = None if raised or found[0] is None else _array(found[0])
            if raised or not _same((known,), (got,), CLOSE):
                why = raised or "another gradient comes out"
                faults.append(f"wrong where input {k} alone needs a gradient: {why}")
        return faults

    def _twice(
        self,
        function: Callable[..., Any],
        reference: Callable[..., Any],
        inputs: Sequence[Any],
        cotangents: Sequence[Array],
    ) -> list[str]:
        """Return whether a second derivative is computed, and is wrong."""
        second, refused = attempt(lambda: self._second(function, inputs, cotangents))
        expected, unknown = attempt(lambda: self._second(reference, inputs, cotangents))
        if refused or unknown or second is None or expected is None:
            return []
        if _same(expected, second, CLOSE):
            return []
        return [TWICE]

    def _second(
        self, function: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Array]
    ) -> list[Array] | None:
        """Return the gradient of the sum of the gradients' squares; None if it has none."""
        tensors = self._tensors(inputs, "float64")
        leaves = [t for t in tensors if isinstance(t, torch.Tensor) and t.requires_grad]
        douts = [self._tensor(c, "float64") for c in cotangents]
        first = _grad(_call(function, tensors), leaves, douts, create_graph=True)
        total = sum((torch.sum(g**2) for g in first if g is not None), start=torch.zeros(()))
        if not total.requires_grad:
            return None
        found = torch.autograd.grad(total, leaves, allow_unused=True, materialize_grads=True)
        return [_array(g) for g in found]

    def _with(
        self, function: Callable[..., Any], inputs: Sequence[Any], douts: list[torch.Tensor]
    ) -> list[Array | None]:
        tensors = self._tensors(inputs, "float64")
        leaves = [t for t in tensors if isinstance(t, torch.Tensor) and t.requires_grad]
        found = _pass(function, tensors, leaves, douts)
        return [None if g is None else _array(g) for g in found]

    def _tensors(self, inputs: Sequence[Any], dtype: str, only: int | None = None) -> list[Any]:
        """Return the inputs as tensors; all floats need gradients, or only one of them."""
        tensors: list[Any] = []
        number = 0
        for value in inputs:
            if is_float(value):
                tensor = self._tensor(value, dtype)
                tensors.append(tensor.requires_grad_(only in {None, number}))
                number += 1
            elif isinstance(value, np.ndarray):
                tensors.append(torch.tensor(value, device=self.device))
            else:
                tensors.append(value)
        return tensors

    def _tensor(self, array: Array, dtype: str) -> torch.Tensor:
        return torch.tensor(array, dtype=getattr(torch, dtype), device=self.device)


TWICE = (
    "it can be differentiated twice, and the second derivative is wrong: decorate backward with "
    "torch.autograd.function.once_differentiable"
)
LAYOUTS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "not contiguous": lambda d: torch.repeat_interleave(d, 2, -1)[..., ::2] if d.ndim else d,
    "expanded": lambda d: torch.full((), 0.75, dtype=d.dtype, device=d.device).expand(d.shape),
}


def _call(function: Any, tensors: list[Any]) -> tuple[torch.Tensor, ...]:
    """Return the float outputs of a function, or of an autograd.Function."""
    is_class = isinstance(function, type) and issubclass(function, torch.autograd.Function)
    with torch.enable_grad():
        result = (function.apply if is_class else function)(*tensors)
    outputs = result if isinstance(result, tuple | list) else (result,)
    return tuple(o for o in outputs if isinstance(o, torch.Tensor) and o.is_floating_point())


def _pass(
    function: Any, tensors: list[Any], leaves: list[torch.Tensor], douts: list[torch.Tensor]
) -> list[torch.Tensor | None]:
    """Return the gradients of a forward and a backward pass."""
    return _grad(_call(function, tensors), leaves, douts)


def _grad(
    outputs: Sequence[torch.Tensor],
    leaves: Sequence[torch.Tensor],
    douts: Sequence[torch.Tensor],
    *,
    create_graph: bool = False,
) -> list[torch.Tensor | None]:
    """Return the gradients; None for an input that gets none."""
    pairs = [(o, d) for o, d in zip(outputs, douts, strict=True) if o.requires_grad]
    if not pairs:
        return [None for _ in leaves]
    out, dout = zip(*pairs, strict=True)
    return [*torch.autograd.grad(out, leaves, dout, allow_unused=True, create_graph=create_graph)]


def _array(tensor: torch.Tensor) -> Array:
    return np.asarray(tensor.detach().double().cpu().numpy())


def _odd(output: torch.Tensor, dtype: str) -> bool:
    return bool(output.dtype != getattr(torch, dtype))


def _same(expected: Sequence[Any], found: Sequence[Any], close: float) -> bool:
    """Return whether gradients are the same up to a relative error; one that is None is zero."""
    for one, other in zip(expected, found, strict=True):
        if one is None and other is None:
            continue
        a, b = (np.zeros(()) if each is None else each for each in (one, other))
        size = max(np.max(np.abs(a), initial=0.0), 1e-300)
        if not np.allclose(a, b, rtol=0, atol=close * size, equal_nan=True):
            return False
    return True
