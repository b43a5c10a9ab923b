"""JAX functions, with their custom_vjp or custom_jvp rules, run forward and backward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from crosscheck.certification.kernels.runner import Pass, is_float
from crosscheck.ir.jax_backend import jax_pinned, run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crosscheck.ir.program import Program

    Array = np.ndarray[Any, Any]


class JaxRunner:
    """JAX on the CPU."""

    key = "jax"

    def rounded(self, array: Array, dtype: str) -> Array:
        """Return a float array rounded to a precision, in float64."""
        with jax_pinned():
            return _array(jax.numpy.asarray(array).astype(dtype))

    def run(
        self,
        function: Callable[..., Any],
        inputs: Sequence[Any],
        dtype: str,
        cotangents: Sequence[Array] | None = None,
    ) -> Pass:
        """Run a function forward and backward; without cotangents forward alone."""
        where = [i for i, value in enumerate(inputs) if is_float(value)]
        with jax_pinned():
            leaves = [jax.numpy.asarray(inputs[i]).astype(dtype) for i in where]

            def call(*floats: Any) -> tuple[Any, ...]:
                arguments = [*inputs]
                for i, leaf in zip(where, floats, strict=True):
                    arguments[i] = leaf
                result = function(*arguments)
                outputs = result if isinstance(result, tuple | list) else (result,)
                return tuple(o for o in outputs if jax.numpy.issubdtype(o.dtype, np.floating))

            if cotangents is None:
                return Pass(tuple(map(_array, call(*leaves))), ())
            outputs, vjp = jax.vjp(call, *leaves)
            faults = [
                f"an output is {o.dtype} for {dtype} inputs" for o in outputs if o.dtype != dtype
            ]
            douts = tuple(
                jax.numpy.asarray(c).astype(o.dtype)
                for c, o in zip(cotangents, outputs, strict=True)
            )
            gradients = vjp(douts)
            return Pass(
                tuple(map(_array, outputs)),
                tuple(map(_array, gradients)),
                tuple(dict.fromkeys(faults)),
            )

    def side_effects(
        self,
        function: Callable[..., Any],  # noqa: ARG002 - JAX's functions are pure
        reference: Callable[..., Any] | None,  # noqa: ARG002
        inputs: Sequence[Any],  # noqa: ARG002
        cotangents: Sequence[Array],  # noqa: ARG002
    ) -> tuple[list[str], list[str]]:
        """Return nothing: JAX refuses what PyTorch allows."""
        return [], []

    def own_checks(
        self,
        function: Callable[..., Any],  # noqa: ARG002 - only PyTorch has checks of that kind
        inputs: Sequence[Any],  # noqa: ARG002
        cotangents: Sequence[Array],  # noqa: ARG002
    ) -> list[tuple[str, str]]:
        """Return nothing."""
        return []

    def gradients(self, program: Program, leaves: Sequence[Array], dtype: str) -> list[Array]:
        """Return the gradients of a recorded loss, computed in a precision, in float64."""
        # JAX brings NumPy's bfloat16, and compiles the program once for all points.
        given = [leaf.astype(np.dtype(dtype)) for leaf in leaves]
        return [g.astype(np.float64) for g in run(program.in_precision(dtype), given)[1]]


def _array(array: Any) -> Array:
    return np.asarray(array.astype("float64"))
