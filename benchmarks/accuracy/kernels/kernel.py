"""A kernel: what it computes, how it was differentiated by hand, and the mistakes of doing so."""

from __future__ import annotations

import functools
import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
import torch

from benchmarks.accuracy.kernels.arrays import JAX, NUMPY, TORCH

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import SimpleNamespace

    Planting = Callable[[SimpleNamespace, list[Any]], list[Any]]


@dataclass(frozen=True)
class Kernel:
    """A function, with a forward and a backward pass as a library would write them.

    Attributes:
        name: of the kernel.
        reference: `reference(xp, *inputs)`, plainly; one output or a tuple of them.
        forward: `forward(xp, *inputs)` returns the outputs, and what is saved for backward.
        backward: `backward(xp, wrong, saved, *upstream)` returns the gradient of each float input;
            `wrong` is the mistake that is made, or "".
        inputs: `inputs(rng)` returns the arguments; float arrays come first.
        mistakes: those that the backward pass knows.

    """

    name: str
    reference: Callable[..., Any]
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    inputs: Callable[[np.random.Generator], list[Any]]
    mistakes: tuple[str, ...]

    def plain(self, xp: SimpleNamespace) -> Callable[..., Any]:
        """Return the reference for a framework, or for NumPy, under the names of its arguments."""
        made = functools.partial(self.reference, xp)
        names = [*inspect.signature(self.reference).parameters][1:]

        def reference(*inputs: Any) -> Any:
            return made(*inputs)

        one = inspect.Parameter.POSITIONAL_OR_KEYWORD
        reference.__signature__ = inspect.Signature([inspect.Parameter(n, one) for n in names])  # type: ignore[attr-defined]
        reference.__qualname__ = self.name
        return reference

    def written(self, framework: str, wrong: str = "") -> Any:
        """Return the kernel with its rule in a framework, with a mistake or right."""
        return {"torch": self._torch, "jax": self._jax}[framework](wrong)

    def numpy(self) -> Callable[..., Any]:
        """Return the reference in NumPy."""
        return self.plain(NUMPY)

    def gradients(self, xp: SimpleNamespace, wrong: str, saved: Any, upstream: Any) -> list[Any]:
        """Return the gradients of the backward pass, with the mistake that is planted."""
        found = [*self.backward(xp, wrong, saved, *upstream)]
        return PLANTED[wrong](xp, found) if wrong in PLANTED else found

    def _torch(self, wrong: str) -> type[torch.autograd.Function]:
        kernel = self

        class Function(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, *inputs: Any) -> Any:
                ctx.count = len(inputs)
                outputs, saved = kernel.forward(TORCH, *inputs)
                tensors = [each for each in saved if isinstance(each, torch.Tensor)]
                ctx.save_for_backward(*tensors)
                ctx.others = [None if isinstance(e, torch.Tensor) else e for e in saved]
                return outputs

            @staticmethod
            @torch.autograd.function.once_differentiable
            def backward(ctx: Any, *upstream: Any) -> Any:
                tensors = iter(ctx.saved_tensors)
                saved = [next(tensors) if each is None else each for each in ctx.others]
                found = kernel.gradients(TORCH, wrong, saved, upstream)
                return (*found, *[None] * (ctx.count - len(found)))

        Function.__qualname__ = Function.__name__ = kernel.name
        return Function

    def _jax(self, wrong: str) -> Any:
        @jax.custom_vjp
        def function(*inputs: Any) -> Any:
            return self.forward(JAX, *inputs)[0]

        def forward(*inputs: Any) -> Any:
            outputs, saved = self.forward(JAX, *inputs)
            return outputs, (inputs, saved)

        zero: Any = jax.custom_derivatives.zero_from_primal

        def backward(kept: Any, upstream: Any) -> Any:
            inputs, saved = kept
            each = upstream if isinstance(upstream, tuple) else (upstream,)
            found = self.gradients(JAX, wrong, saved, each)
            return (
                *found,
                *(zero(x) for x in inputs[len(found) :]),
            )

        function.defvjp(forward, backward)
        named: Any = function
        named.__qualname__ = self.name
        return named


def _zero(xp: SimpleNamespace, found: list[Any]) -> list[Any]:
    return [xp.zeros_like(found[0]), *found[1:]]


def _none(xp: SimpleNamespace, found: list[Any]) -> list[Any]:  # noqa: ARG001 - as all have it
    return [*found[:-1], None]


def _thousand(xp: SimpleNamespace, found: list[Any]) -> list[Any]:  # noqa: ARG001 - as all have it
    return [found[0] * 1000, *found[1:]]


def _factor(xp: SimpleNamespace, found: list[Any], dtype: str, factor: float) -> list[Any]:
    """Multiply the first gradient in one precision only, accumulated in float32."""
    if dtype not in str(found[0].dtype):
        return found
    return [xp.as_like(xp.wide(found[0]) * factor, found[0]), *found[1:]]


def _halves(xp: SimpleNamespace, found: list[Any]) -> list[Any]:
    """Add to one half what is taken from the other, so that no sum shows it."""
    first = found[0]
    signs = np.ones(first.shape)
    signs[tuple(slice(None, n // 2) for n in first.shape[:1])] = -1.0
    error = 0.1 * xp.mean(xp.abs(xp.wide(first)))
    changed = xp.wide(first) + xp.constant(signs, xp.wide(first)) * error
    return [xp.as_like(changed, first), *found[1:]]


def _swapped(xp: SimpleNamespace, found: list[Any]) -> list[Any]:  # noqa: ARG001 - as all have it
    return [found[1], found[0], *found[2:]]


def _sign(xp: SimpleNamespace, found: list[Any]) -> list[Any]:  # noqa: ARG001 - as all have it
    return [-found[0], *found[1:]]


BFLOAT16, FLOAT32 = "1.05 in bfloat16", "1 + 1e-5 in float32"
PLANTED: dict[str, Planting] = {
    "zero": _zero,
    "None": _none,
    "1000": _thousand,
    "sign": _sign,
    "halves": _halves,
    "swapped": _swapped,
    BFLOAT16: functools.partial(_factor, dtype="bfloat16", factor=1.05),
    FLOAT32: functools.partial(_factor, dtype="float32", factor=1 + 1e-5),
}
COMMON = tuple(name for name in PLANTED if name != "swapped")  # which every kernel can have
