"""A Pallas kernel in interpret mode, right and with its gradients swapped."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from jax.experimental import pallas

from crosscheck import certify_custom_vjp
from crosscheck.core.verdict import Verdict

R = np.random.default_rng(2)
A, B = R.standard_normal((2, 4, 8))


def interpreted(body: Any, count: int, *inputs: Any) -> Any:
    """Run a kernel on the CPU; `count` outputs, of the shape and dtype of the first input."""
    struct: Any = jax.ShapeDtypeStruct
    shape = struct(inputs[0].shape, inputs[0].dtype)
    return pallas.pallas_call(body, out_shape=[shape] * count, interpret=True)(*inputs)


def forward(a: Any, b: Any, out: Any) -> None:
    out[...] = jax.nn.silu(a[...]) * b[...]


def backward(a: Any, b: Any, g: Any, da: Any, db: Any) -> None:
    wide = a[...].astype("float32" if a.dtype != "float64" else "float64")
    s = jax.nn.sigmoid(wide)
    da[...] = (g[...] * b[...] * s * (1 + wide * (1 - s))).astype(a.dtype)
    db[...] = (g[...] * wide * s).astype(b.dtype)


def gated(order: int) -> Any:
    function = jax.custom_vjp(lambda a, b: interpreted(forward, 1, a, b)[0])
    function.defvjp(
        lambda a, b: (function(a, b), (a, b)),
        lambda saved, g: tuple(interpreted(backward, 2, *saved, g)[::order]),
    )
    return function


def test_a_pallas_kernel_is_judged_as_it_is() -> None:
    def plain(a: Any, b: Any) -> Any:
        return jax.nn.silu(a) * b

    right = certify_custom_vjp(gated(1), plain, [A, B], points=2)
    assert right.verdict is Verdict.AGREE, str(right)
    wrong = certify_custom_vjp(gated(-1), plain, [A, B], ["float32"], points=2)
    reasons = {f.quantity: f.reason for f in wrong.findings if f.verdict is Verdict.DISAGREE}
    assert reasons["grad a"] == "it is the gradient of b"
